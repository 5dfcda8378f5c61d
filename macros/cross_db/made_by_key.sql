{#
    How a model is materialized that makes anew only what has changed of its key (docs/incremental.md): `by_key` where the
    engine has that materialization, else a table.
#}
{% macro made_by_key() -%}
    {{ return(adapter.dispatch('made_by_key', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__made_by_key() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro duckdb__made_by_key() -%}
    {{ return('by_key') }}
{%- endmacro %}
