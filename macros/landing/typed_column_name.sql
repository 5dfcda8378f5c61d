{#
    What staging calls a column of the contract: the same, but for money, which says that it is still in
    the currency of the delivery (total_amount_original, unit_price_amount_original).

    column: name in the contract.
#}
{% macro typed_column_name(column) -%}
    {%- if column.endswith('_amount') -%}
        {{ return(column ~ '_original') }}
    {%- elif column.endswith('_price') -%}
        {{ return(column ~ '_amount_original') }}
    {%- endif -%}
    {{ return(column) }}
{%- endmacro %}
