{#
    A UTC timestamp from text, or null. Read are ISO 8601 with T or a blank, seconds and fraction optional,
    with an offset or else UTC; a date alone (midnight UTC); epoch seconds (9 to 11 digits) and
    milliseconds (12 to 14 digits), either with a fraction. Everything else is null.

    expression: SQL text expression.

    Traps. DuckDB's cast to timestamp drops an offset without a word (10:00+02:00 becomes 10:00), and also
    reads 2025/1/5, `infinity` and `epoch`. So a text is cast directly only in a shape that cannot deceive: those
    are nearly all, and LIKE tells them at a fraction of the price of a regex. The rest goes the slow way.
    Epoch digits are taken apart as text: a cast of text to a decimal of more than 18 digits takes 25
    microseconds a value, a thousand times what a cast to bigint takes. Both engines cut a fraction after the
    microsecond, and DuckDB reads 24:00 as the midnight that follows, which Spark has to be told.
#}
{% macro safe_timestamp(expression) -%}
    {{ return(adapter.dispatch('safe_timestamp', 'crossbrand')(expression)) }}
{%- endmacro %}

{% macro duckdb__safe_timestamp(expression) -%}
    {%- set text = "upper(trim(" ~ expression ~ "))" -%}
    {%- set local_time = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?" -%}
    {%- set offset = "[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?" -%}
    case
        when {{ expression }} is null
            then null
        when
            {{ expression }} like '____-__-__ __:__:__'
            or {{ expression }} like '____-__-__T__:__:__Z'
            or {{ expression }} like '____-__-__ __:__:__+00'
            or {{ expression }} like '____-__-__T__:__:__.%Z'
            or (
                {{ expression }} like '____-__-__ __:__:__.%'
                and not contains({{ expression }}, '+')
                and {{ expression }} not like '____-__-__ %-%'
            )
            then try_cast({{ expression }} as timestamp)
        when
            {{ expression }} like '____-__-__T__:__:__+0_:00'
            or {{ expression }} like '____-__-__T__:__:__-0_:00'
            or {{ expression }} like '____-__-__ __:__:__+0_:00'
            or {{ expression }} like '____-__-__ __:__:__-0_:00'
            then try_cast({{ expression }} as timestamptz) at time zone 'UTC'
        when regexp_full_match({{ text }}, '[0-9]{9,11}([.][0-9]+)?')
            then make_timestamp(
                try_cast(split_part({{ text }}, '.', 1) as bigint) * 1000000
                + try_cast(rpad(left(split_part({{ text }}, '.', 2), 6), 6, '0') as bigint)
            )
        when regexp_full_match({{ text }}, '[0-9]{12,14}([.][0-9]+)?')
            then make_timestamp(
                try_cast(split_part({{ text }}, '.', 1) as bigint) * 1000
                + try_cast(rpad(left(split_part({{ text }}, '.', 2), 3), 3, '0') as bigint)
            )
        when regexp_full_match({{ text }}, '{{ local_time }}( ?(Z|[+]00(:?00)?))?')
            then try_cast(replace(regexp_extract({{ text }}, '^{{ local_time }}'), ',', '.') as timestamp)
        when regexp_full_match({{ text }}, '{{ local_time }} ?{{ offset }}')
            then
                try_cast(
                    regexp_replace(
                        replace(regexp_extract({{ text }}, '^{{ local_time }}'), ',', '.'), '([T ]..:..)$', '\1:00'
                    )
                    || regexp_extract({{ text }}, '{{ offset }}$') as timestamptz
                ) at time zone 'UTC'
    end
{%- endmacro %}

{% macro spark__safe_timestamp(expression) -%}
    {%- set text = "upper(trim(" ~ expression ~ "))" -%}
    {%- set offset = "( ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?" -%}
    {#- Spark reads neither a time without seconds before an offset nor an offset without a colon. -#}
    {%- set iso -%}
        regexp_replace(
            regexp_replace(
                replace(regexp_replace({{ text }}, ' (?=Z|[+-])', ''), ',', '.'),
                '([T ][0-9]{2}:[0-9]{2})(Z|[+-]|$)', '$1:00$2'
            ),
            '([+-][0-9]{2})([0-9]{2})$', '$1:$2'
        )
    {%- endset -%}
    case
        when {{ expression }} is null
            then null
        when regexp({{ text }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]24:00(:00([.,]0+)?)?{{ offset }}$')
            then try_cast(regexp_replace({{ iso }}, '[T ]24:', ' 00:') as timestamp) + interval '1' day
        when regexp({{ text }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?{{ offset }})?$')
            then try_cast({{ iso }} as timestamp)
        when regexp({{ text }}, '^[0-9]{9,11}([.][0-9]+)?$')
            then timestamp_micros(
                cast(split_part({{ text }}, '.', 1) as bigint) * 1000000
                + cast(rpad(left(split_part({{ text }}, '.', 2), 6), 6, '0') as bigint)
            )
        when regexp({{ text }}, '^[0-9]{12,14}([.][0-9]+)?$')
            then timestamp_micros(
                cast(split_part({{ text }}, '.', 1) as bigint) * 1000
                + cast(rpad(left(split_part({{ text }}, '.', 2), 3), 3, '0') as bigint)
            )
    end
{%- endmacro %}

{% macro postgres__safe_timestamp(expression) -%}
    crossbrand_functions.safe_timestamp({{ expression }})
{%- endmacro %}
