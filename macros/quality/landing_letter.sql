{#
    One letter for what became of one landed value: '.' kept as it was, 'n' nothing landed, 'r' repaired,
    'u' unreadable, 'v' not in the contract's list of values, 'o' out of range.

    column: the column as the contract (the sources YAML) describes it. Its bounds are those of staging: a
    time by plausible_time unless meta says `may_be_planned`, a date from 1900 to the load date, a number
    by meta `minimum` and `maximum`.

    Traps. It stands where both the struct `raw` and the typed column, not yet cut to its range, are in
    sight. The common case comes first and is a plain comparison, since this runs for every value that
    ever landed; whether a text that gave nothing was a mere blank is asked last.
#}
{% macro landing_letter(column) -%}
    {%- set raw = '(raw).' ~ column.name -%}
    {%- set typed = typed_column_name(column.name) -%}
    {%- set meta = column.config.meta -%}
    {%- set unreadable = 'v' if meta.get('values') else 'u' -%}
    case
        {%- if column.data_type == 'timestamp' %}
        when {{ raw }} is null then 'n'
        when {{ typed if meta.get('may_be_planned') else plausible_time(typed) }} is not null
            then case when {{ raw }} like '____-__-__%' then '.' else 'r' end
        when {{ typed }} is not null then 'o'
        {%- elif column.data_type == 'date' %}
        when {{ raw }} is null then 'n'
        when {{ typed }} between date '1900-01-01' and load_date
            then case when {{ raw }} = cast({{ typed }} as {{ type_string() }}) then '.' else 'r' end
        when {{ typed }} is not null then 'o'
        {%- elif column.data_type in ('decimal', 'integer') %}
        when {{ raw }} is null then 'n'
        {%- if meta.get('minimum') is not none %}
        when {{ typed }} < {{ meta['minimum'] }} then 'o'
        {%- endif %}
        {%- if meta.get('maximum') is not none %}
        when {{ typed }} > {{ meta['maximum'] }} then 'o'
        {%- endif %}
        when {{ typed }} is not null then case
            {%- if column.data_type == 'integer' %}
            when {{ raw }} = cast({{ typed }} as {{ type_string() }}) then '.'
            {%- else %}
            when {{ regexp_is_match(raw, '^-?[0-9]+(?:[.][0-9]+)?$') }} then '.'
            {%- endif %}
            else 'r'
        end
        {%- elif column.data_type == 'boolean' %}
        when {{ raw }} is null then 'n'
        when {{ typed }} is not null then case
            when lower({{ raw }}) in ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', '1', '0') then '.'
            else 'r'
        end
        {%- else %}
        when {{ typed }} = {{ raw }} then '.'
        when {{ raw }} is null then 'n'
        when {{ typed }} is not null then 'r'
        {%- endif %}
        when {{ typed_text(raw) }} is null then 'n'
        else '{{ unreadable }}'
    end
{%- endmacro %}
