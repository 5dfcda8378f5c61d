{#
    Whether the moment from which on rows are kept has passed another one, on or back, since the model's rows were made
    (follow_retention).

    moment: a timestamp column.
#}
{% macro passed_by_retention(moment) -%}
    ({{ moment }} >= {{ moment_followed('retention', 'low') }} and {{ moment }} < {{ moment_followed('retention', 'high') }})
{%- endmacro %}
