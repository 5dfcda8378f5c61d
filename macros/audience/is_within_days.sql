{#
    Whether a moment lies at or before another by less than so many days of 24 hours.

    moment, until_moment: SQL timestamps; days: a number, known when the SQL is compiled.
    Traps: null in, null out. Exactly `days` before is outside, and there has_passed_days begins.
#}
{% macro is_within_days(moment, until_moment, days) -%}
    ({{ epoch_microseconds(until_moment) }} - {{ epoch_microseconds(moment) }}
    between 0 and {{ days | int * 86400000000 - 1 }})
{%- endmacro %}
