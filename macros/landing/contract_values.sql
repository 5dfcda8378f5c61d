{#
    The values that the contract (the sources YAML, meta `values`) allows in a column.

    feed: name of the source table; column: its column.

    Traps: the same stand-in as contract_columns before the project is parsed. A column without `values`
    is an error, so that a typed_enum cannot quietly turn everything into null.
#}
{% macro contract_values(feed, column) -%}
    {%- for source in (graph.sources | default({})).values() if source.source_name == 'landing' and source.name == feed -%}
        {%- set meta = source.columns[column].config.meta -%}
        {%- if not meta.get('values') -%}
            {{ exceptions.raise_compiler_error("The contract lists no values for " ~ feed ~ "." ~ column ~ ".") }}
        {%- endif -%}
        {{ return(meta['values']) }}
    {%- endfor -%}
    {{ return(['unknown_until_parsed']) }}
{%- endmacro %}
