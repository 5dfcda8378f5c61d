{#
    Whether as_of has passed a moment, on or back, since the model's rows were made (follow_as_of).

    moment: a timestamp column.
#}
{% macro passed_by_as_of(moment) -%}
    ({{ moment }} > {{ moment_followed('as_of', 'low') }} and {{ moment }} <= {{ moment_followed('as_of', 'high') }})
{%- endmacro %}
