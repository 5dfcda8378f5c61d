{#
    Microseconds from 1970-01-01 to a UTC timestamp, as a 64-bit integer.

    Every length of time in the project is a difference of two of these, because `datediff` counts
    the midnights, hours or minutes that are crossed and not the time that has gone by.

    Arguments: moment, a timestamp expression.
    Traps: null in, null out. Integer arithmetic is exact; divide by a literal in the form 1e6 only
    where a fraction is wanted.
#}
{% macro epoch_microseconds(moment) %}
    {{- return(adapter.dispatch('epoch_microseconds', 'crossbrand')(moment)) -}}
{% endmacro %}

{% macro default__epoch_microseconds(moment) %}
    {{- return('unix_micros(' ~ moment ~ ')') -}}
{% endmacro %}

{% macro duckdb__epoch_microseconds(moment) %}
    {{- return('epoch_us(' ~ moment ~ ')') -}}
{% endmacro %}

{% macro postgres__epoch_microseconds(moment) -%}
    {{- return('cast(extract(epoch from ' ~ moment ~ ') * 1000000 as bigint)') -}}
{%- endmacro %}
