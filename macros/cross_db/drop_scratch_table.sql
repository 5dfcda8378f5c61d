{#
    Drops a scratch table (create_scratch_table) as soon as it is not needed, to give its memory back.

    name: identifier of the scratch table; nothing happens where it does not exist.
#}
{% macro drop_scratch_table(name) -%}
    {% do run_query("drop table if exists " ~ scratch_table(name)) %}
{%- endmacro %}
