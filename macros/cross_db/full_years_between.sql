{#
    Whole years from one date to another, the way ages are counted: it goes up on the birthday.

    start_date, end_date: SQL date expressions; null where either is null. Somebody born on 29 February
    turns a year older on 1 March of a common year.
#}
{% macro full_years_between(start_date, end_date) -%}
    cast(
        extract(year from {{ end_date }}) - extract(year from {{ start_date }})
        - case
            when
                extract(month from {{ end_date }}) * 100 + extract(day from {{ end_date }})
                < extract(month from {{ start_date }}) * 100 + extract(day from {{ start_date }})
                then 1
            else 0
        end
        as integer
    )
{%- endmacro %}
