{#
    Whether the engine changes a table's rows in one step, wholly or not at all: Delta and Iceberg do, Parquet does not.

    relation: a table on Spark that stands.

    Trap: it asks for the table's description, since the list of tables calls one of Iceberg's a table of Hive.
#}
{% macro is_one_step(relation) -%}
    {%- set provider = namespace(name='') -%}
    {%- for row in run_query('describe table extended ' ~ relation).rows if row[0] == 'Provider' -%}
        {%- set provider.name = row[1] | lower -%}
    {%- endfor -%}
    {{ return(provider.name in ('delta', 'iceberg')) }}
{%- endmacro %}
