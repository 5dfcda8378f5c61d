{#
    Schemas are an interface (staging, intermediate, marts, reference), so they carry their plain name
    and not dbt's default of <target schema>_<custom schema>.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
