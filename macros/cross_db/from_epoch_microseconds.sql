{#
    The UTC timestamp some microseconds after 1970-01-01: the inverse of epoch_microseconds.

    microseconds: SQL 64-bit integer expression.
#}
{% macro from_epoch_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('from_epoch_microseconds', 'crossbrand')(microseconds)) }}
{%- endmacro %}

{% macro default__from_epoch_microseconds(microseconds) -%}
    {{ return('timestamp_micros(' ~ microseconds ~ ')') }}
{%- endmacro %}

{% macro duckdb__from_epoch_microseconds(microseconds) -%}
    {{ return('make_timestamp(' ~ microseconds ~ ')') }}
{%- endmacro %}

{% macro postgres__from_epoch_microseconds(microseconds) -%}
    {{ return("(timestamp '1970-01-01 00:00:00' + (" ~ microseconds ~ ") * interval '1 microsecond')") }}
{%- endmacro %}
