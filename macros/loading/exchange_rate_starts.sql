{#
    Query for what base_transaction__orders asks of the exchange rates: from which day on there is one. A new rate for
    a day changes nothing there; a new currency does.
#}
{% macro exchange_rate_starts() -%}
    select
        from_currency,
        to_currency,
        min(rate_date) as first_rate_date
    from {{ ref('exchange_rates') }}
    group by from_currency, to_currency
{%- endmacro %}
