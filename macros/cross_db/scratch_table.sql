{#
    How a scratch table (create_scratch_table) is named in SQL.

    name: identifier, unique within the project run.
#}
{% macro scratch_table(name) -%}
    {{ return(adapter.dispatch('scratch_table', 'crossbrand')(name)) }}
{%- endmacro %}

{% macro default__scratch_table(name) -%}
    {{ return(target.schema ~ '.' ~ name) }}
{%- endmacro %}

{% macro postgres__scratch_table(name) -%}
    {{ return(this.schema ~ '.' ~ name) }}
{%- endmacro %}

{% macro spark__scratch_table(name) -%}
    {{ return(this.schema ~ '.' ~ name) }}
{%- endmacro %}

{% macro duckdb__scratch_table(name) -%}
    {{ return('temp.main.' ~ name) }}
{%- endmacro %}
