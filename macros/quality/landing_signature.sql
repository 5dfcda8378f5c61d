{#
    What became of a landed row's values, as a text of one letter a column in the order of the contract
    (landing_letter). Rows have few different signatures, so counting them costs one pass over one
    narrow column, where counting five fates of twenty columns would be a hundred sums.

    feed: name of the source table.

    Trap: null before the project is parsed and in unit tests, which do not see the contract.
#}
{% macro landing_signature(feed) -%}
    {%- for source in (graph.sources | default({})).values() if source.source_name == 'landing' and source.name == feed -%}
        {%- set letters = [] -%}
        {%- for column in source.columns.values() -%}
            {%- do letters.append(landing_letter(column)) -%}
        {%- endfor -%}
        {{ return(letters | join('\n || ')) }}
    {%- endfor -%}
    {{ return('cast(null as ' ~ type_string() ~ ')') }}
{%- endmacro %}
