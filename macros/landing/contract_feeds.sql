{#
    The feeds of the contract (the sources YAML), sorted by name.

    Trap: an empty list before the project is parsed, as contract_columns says.
#}
{% macro contract_feeds() -%}
    {%- set feeds = [] -%}
    {%- for source in (graph.sources | default({})).values() if source.source_name == 'landing' -%}
        {%- do feeds.append(source.name) -%}
    {%- endfor -%}
    {{ return(feeds | sort) }}
{%- endmacro %}
