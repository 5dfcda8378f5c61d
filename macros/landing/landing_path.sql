{#
    The landing root as a glob pattern for SQL, without a slash at its end.

    Trap: the root is a path and not a pattern, so its own [, * and ? are escaped, and so is a quote.
#}
{% macro landing_path() -%}
    {{ return(var('landing_root').rstrip('/') | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') | replace("'", "''")) }}
{%- endmacro %}
