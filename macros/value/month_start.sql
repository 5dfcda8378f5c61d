{#
    The first day of a month that is given by its number (see month_number), as a date.

    number: SQL integer expression.
    Traps: made from text, because engines agree on no function that adds months to a date.
#}
{% macro month_start(number) -%}
    cast(
        concat(
            cast(cast(floor(({{ number }}) / 12e0) as integer) as {{ dbt.type_string() }}), '-',
            lpad(cast(({{ number }}) % 12 + 1 as {{ dbt.type_string() }}), 2, '0'), '-01'
        ) as date
    )
{%- endmacro %}
