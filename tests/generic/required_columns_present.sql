{#
    Fails with one row per column that has a null, and how many. One test node for all the columns that a
    feed's rows cannot do without, where a not_null each would cost ten.

    columns: list of column names.
#}
{% test required_columns_present(model, columns) %}

with

counted as (
    select
        count(*) as row_count,
        {%- for column in columns %}
        count({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

missing as (
    {%- for column in columns %}
    select
        '{{ column }}' as column_name,
        row_count - {{ column }} as null_count
    from counted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from missing where null_count > 0

{% endtest %}
