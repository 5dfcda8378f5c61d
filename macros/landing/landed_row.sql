{#
    What a row of a feed held when it landed, as one struct of texts in the order of the contract.
    Base models carry it beside the typed columns until the row is judged.

    feed: name of the source table.
#}
{% macro landed_row(feed) -%}
    {{ struct_of_text(contract_columns(feed), landed_row_type(feed)) }}
{%- endmacro %}
