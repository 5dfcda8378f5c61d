{#
    The column that says when a row of a feed happened: the first timestamp that a row cannot do without and
    that is not updated_at, else updated_at, else the first timestamp; none where the feed has no time.

    columns: the feed's columns as the contract (the sources YAML) describes them.
#}
{% macro contract_event_time(columns) -%}
    {%- set times = columns | selectattr('data_type', 'equalto', 'timestamp') | list -%}
    {%- set required = times | selectattr('config.meta.required', 'defined') | map(attribute='name') | list -%}
    {%- set names = times | map(attribute='name') | list -%}
    {%- set happened = required | reject('equalto', 'updated_at') | list -%}
    {{ return((happened + (names | select('equalto', 'updated_at') | list) + names + [none])[0]) }}
{%- endmacro %}
