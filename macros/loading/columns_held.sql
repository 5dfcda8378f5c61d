{#
    The columns that {{ this }} holds, as a select list, without those that are made after the versions are united.

    Trap: only where is_incremental(). Both sides of a union take this list, so that columns meet by their names.
#}
{% macro columns_held() -%}
    {%- set made_later = ['version_rank', 'first_updated_at', 'reading_id', 'read_number'] -%}
    {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | reject('in', made_later) -%}
    {{ return(columns | join(', ')) }}
{%- endmacro %}
