{#
    Fails with one row per combination of columns that stands more than once or has a null in it: a key is
    both unique and complete. On a big table this is one pass over the key columns.

    columns: list of column names.
#}
{% test unique_combination(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
