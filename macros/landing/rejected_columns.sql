{#
    The columns that every base model has of a refused row, as a select list for rejected_records.

    Trap: fifteen feeds are united by position, so the list is written once, here.
#}
{% macro rejected_columns() -%}
    brand_id, load_date, source_file, source_line, reject_reason_code, reject_column, payload
{%- endmacro %}
