{#
    'reason_code:column' where a timestamp that the row cannot do without is missing, unreadable, before
    1990 or in the future, else null. Its bounds are those of plausible_time.

    column: the timestamp as typed_timestamp reads it, named as in the contract.
#}
{% macro reject_if_no_time(column) -%}
    case
        when {{ plausible_time(column) }} is not null then null
        when {{ column }} is null then {{ reject_if_null(column, otherwise='unreadable_value') }}
        when {{ column }} < timestamp '1990-01-01 00:00:00' then 'ancient_time:{{ column }}'
        when load_date is not null then 'future_time:{{ column }}'
    end
{%- endmacro %}
