{#
    A timestamp, or null where it cannot be true: before 1990, or later than the end of the load date
    plus a day. A clock that is wrong must not become a customer's last order.

    timestamp: a timestamp column; load_date: the row's load date.

    Trap: it names the timestamp twice, so give it a column and not a long expression.
#}
{% macro plausible_time(timestamp, load_date='load_date') -%}
    case
        when {{ timestamp }} >= timestamp '1990-01-01 00:00:00' and {{ timestamp }} <= {{ load_date }} + interval '2' day
            then {{ timestamp }}
    end
{%- endmacro %}
