{#
    Pre-hook of a base model, the last one: numbers this reading of the landing, in the variables
    reading_id and read_number (reading_id(), read_number()).

    reading_id stays as long as the table only grows; it is another one when everything was read anew. Within it
    read_number counts up from 1. What is built on the table can tell by both what it has not taken yet.

    Trap: it asks no clock, which may be put back. invocation_id, which dbt draws anew for each run, tells readings apart.
#}
{% macro number_reading() -%}
    {{ return(adapter.dispatch('number_reading', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__number_reading() -%}
{%- endmacro %}

{% macro duckdb__number_reading() -%}
    {%- set first = "cast(hash('" ~ invocation_id ~ "', '" ~ this ~ "') >> 1 as bigint)" -%}
    {%- if is_incremental() -%}
    set variable reading_id = (select coalesce(max(reading_id), {{ first }}) from {{ this }});
    set variable read_number = (select coalesce(max(read_number), 0) + 1 from {{ this }})
    {%- else -%}
    set variable reading_id = {{ first }};
    set variable read_number = 1
    {%- endif -%}
{%- endmacro %}

{% macro spark__number_reading() -%}
    {%- if execute -%}
        {%- set first = "shiftrightunsigned(xxhash64('" ~ invocation_id ~ "', '" ~ this ~ "'), 1)" -%}
        {%- if is_incremental() -%}
            {%- set numbers = first_row(
                'select coalesce(max(reading_id), ' ~ first ~ '), coalesce(max(read_number), 0) + 1 from ' ~ this
            ) -%}
        {%- else -%}
            {%- set numbers = first_row('select ' ~ first ~ ', 1') -%}
        {%- endif -%}
        {%- do set_loading_state({'reading_id': numbers[0], 'read_number': numbers[1]}) -%}
    {%- endif -%}
{%- endmacro %}
