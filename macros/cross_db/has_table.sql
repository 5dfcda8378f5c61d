{#
    Whether a table stands, asked of the engine and not of what dbt remembers from the start of the build.
#}
{% macro has_table(relation) -%}
    {{ return(run_query('show tables in ' ~ relation.schema ~ " like '" ~ relation.identifier ~ "'").rows | length > 0) }}
{%- endmacro %}
