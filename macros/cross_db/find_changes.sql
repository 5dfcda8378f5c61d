{#
    Second pre-hook of an incremental model on top of a base model: keeps the keys of what must be made anew in a scratch
    table, which changes() names.

    changed: a query for the keys.

    Trap: the keys are kept before forget_changes deletes rows, since the query may ask the very rows.
#}
{% macro find_changes(changed) -%}
    {{ return(adapter.dispatch('find_changes', 'crossbrand')(changed)) }}
{%- endmacro %}

{% macro default__find_changes(changed) -%}
{%- endmacro %}

{% macro duckdb__find_changes(changed) -%}
    {%- if is_incremental() -%}
    create or replace temp table {{ changes() }} as {{ changed }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__find_changes(changed) -%}
    {%- if execute and is_incremental() -%}
        {%- do write_beside(beside(this, 'changes'), changed) -%}
    {%- endif -%}
{%- endmacro %}
