{#
    Order in which a customer's contact records are believed about one attribute, 1 first.

    attribute: column name, a row of seeds/survivorship_rules.csv; the query joins the seed, pivoted to
    one row, as `rules` and has the ranks of int_customer__contacts.
    Traps: a row that is missing from the seed means by source.
#}
{% macro survivorship_rank(attribute) -%}
    case rules.{{ attribute }}
        when 'recency' then contacts.recency_rank
        when 'registration' then contacts.registration_rank
        else contacts.belief_rank
    end
{%- endmacro %}
