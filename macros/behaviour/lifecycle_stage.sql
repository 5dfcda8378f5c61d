{#
    The stage of a customer in a scope as of a moment, from what had happened until then: exactly one
    of eight, so that stages partition the customers of a scope. It is written once; the marts of
    today and the replay of past months both call it.

    The first that fits:
      cart_open     no order yet and a cart is open
      contact_only  no order and no visit yet: a contact is all there is
      inactive      no sign of life for `inactive_after_days` (an order and a visit are signs of life)
      browsing      visits, no order yet
      at_risk       still alive, but no order for `at_risk_after_days`
      won_back      the last order came `inactive_after_days` or more after the one before it
      first_order   one order
      repeat        two orders or more

    Arguments, all SQL expressions over one row, taken as of the moment: moment_at, a timestamp;
    order_count, null or 0 for none; last_order_at; previous_order_at, of the order before the last;
    last_visit_at, any event of the last session; last_activity_at, the last sign of life;
    has_open_cart, null counts as false.
    Traps: nothing later than moment_at may enter any argument. Lengths are of 24 hours, and a length of
    exactly the variable's days has gone by. Of orders at the same moment, the one before the last is
    there and the pause is 0.
#}
{% macro lifecycle_stage(
    moment_at,
    order_count,
    last_order_at,
    previous_order_at,
    last_visit_at,
    last_activity_at,
    has_open_cart
) %}
    {%- set inactive = var('inactive_after_days') | int * 86400000000 -%}
    {%- set at_risk = var('at_risk_after_days') | int * 86400000000 -%}
    {%- set moment = epoch_microseconds(moment_at) -%}
    {%- set no_order = 'coalesce(' ~ order_count ~ ', 0) = 0' -%}
    {%- set alive = [] -%}
    {%- for sign in (last_order_at, last_visit_at, last_activity_at) -%}
        {%- do alive.append(
            'coalesce(' ~ moment ~ ' - ' ~ epoch_microseconds(sign) ~ ' < ' ~ inactive ~ ', false)'
        ) -%}
    {%- endfor -%}
    {{- return(
        'case'
        ~ ' when ' ~ no_order ~ ' and coalesce(' ~ has_open_cart ~ ", false) then 'cart_open'"
        ~ ' when ' ~ no_order ~ ' and ' ~ last_visit_at ~ " is null then 'contact_only'"
        ~ ' when not (' ~ alive | join(' or ') ~ ") then 'inactive'"
        ~ ' when ' ~ no_order ~ " then 'browsing'"
        ~ ' when ' ~ moment ~ ' - ' ~ epoch_microseconds(last_order_at) ~ ' >= ' ~ at_risk
        ~ " then 'at_risk'"
        ~ ' when ' ~ epoch_microseconds(last_order_at) ~ ' - '
        ~ epoch_microseconds(previous_order_at) ~ ' >= ' ~ inactive ~ " then 'won_back'"
        ~ ' when ' ~ order_count ~ " = 1 then 'first_order'"
        ~ " else 'repeat' end"
    ) -}}
{% endmacro %}
