{#
    Keeps what an incremental model's hooks know of this build in the view that loading_state names.

    state: a dictionary; a name that ends in _id is a bigint, in _number an integer, and any other a timestamp.
#}
{% macro set_loading_state(state) -%}
    {%- set texts = {} -%}
    {%- set columns = [] -%}
    {%- for name, value in state.items() -%}
        {%- set type = 'bigint' if name.endswith('_id') else 'integer' if name.endswith('_number') else 'timestamp' -%}
        {%- set literal = 'null' if value is none else "'" ~ value ~ "'" -%}
        {%- do texts.update({name: none if value is none else value | string}) -%}
        {%- do columns.append('cast(' ~ literal ~ ' as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace temporary view ' ~ loading_state() ~ ' as select ' ~ columns | join(', ')
        ~ ", '" ~ tojson(texts) ~ "' as state_text"
    ) -%}
{%- endmacro %}
