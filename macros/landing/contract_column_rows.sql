{#
    The columns of every feed as a relation: feed, column_name, position (from 1), data_type.

    Trap: a single row of stand-ins before the project is parsed and in unit tests, as contract_columns says.
#}
{% macro contract_column_rows() -%}
    {%- set rows = [] -%}
    {%- for source in (graph.sources | default({})).values() if source.source_name == 'landing' -%}
        {%- for column in source.columns.values() -%}
            {%- do rows.append("('" ~ source.name ~ "', '" ~ column.name ~ "', " ~ loop.index ~ ", '" ~ column.data_type ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not rows -%}
        {%- do rows.append("('unknown_until_parsed', 'unknown_until_parsed', 1, 'text')") -%}
    {%- endif -%}
    (
        select
            feed,
            column_name,
            position,
            data_type
        from (values {{ rows | sort | join(', ') }})
            as contract_columns(feed, column_name, position, data_type)
    )
{%- endmacro %}
