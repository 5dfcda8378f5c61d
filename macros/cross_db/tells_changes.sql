{#
    How a model is materialized that tells which keys have changed (docs/incremental.md): `key_changes` where the
    engine makes models by key, else a view that nobody reads.
#}
{% macro tells_changes() -%}
    {{ return(adapter.dispatch('tells_changes', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__tells_changes() -%}
    {{ return('view') }}
{%- endmacro %}

{% macro duckdb__tells_changes() -%}
    {{ return('key_changes') }}
{%- endmacro %}
