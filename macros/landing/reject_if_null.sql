{#
    'reason_code:column' where a column that the row cannot do without came out null, else null. Base models
    coalesce these, so a row has the first reason in the order of the contract.

    column: the typed column; contract_column: its name in the contract, where staging renames it;
    otherwise: the reason where something had landed (unreadable_value, unknown_value; a text column
    needs none: what is null was missing).
#}
{% macro reject_if_null(column, contract_column=none, otherwise=none) -%}
    {%- set contract_column = contract_column or column -%}
    {%- if otherwise is none -%}
    case when {{ column }} is null then 'missing_value:{{ contract_column }}' end
    {%- else -%}
    case
        when {{ column }} is not null then null
        when {{ typed_text('(raw).' ~ contract_column) }} is null then 'missing_value:{{ contract_column }}'
        else '{{ otherwise }}:{{ contract_column }}'
    end
    {%- endif -%}
{%- endmacro %}
