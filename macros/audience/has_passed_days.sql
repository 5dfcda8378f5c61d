{#
    Whether at least so many days of 24 hours have gone by from a moment until another.

    moment, until_moment: SQL timestamps; days: a number, known when the SQL is compiled.
    Traps: null in, null out. Exactly `days` have gone by.
#}
{% macro has_passed_days(moment, until_moment, days) -%}
    ({{ epoch_microseconds(until_moment) }} - {{ epoch_microseconds(moment) }}
    >= {{ days | int * 86400000000 }})
{%- endmacro %}
