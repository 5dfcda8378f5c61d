{#
    The moment that a model follows (follow_moment), as it was when the model's rows were made or as it is now.

    name: of the moment; which: 'low' for the earlier of both, 'high' for the later.

    Null where models are always built whole: nothing is asked then.
#}
{% macro moment_followed(name, which) -%}
    {{ return(adapter.dispatch('moment_followed', 'crossbrand')(name, which)) }}
{%- endmacro %}

{% macro default__moment_followed(name, which) -%}
    cast(null as timestamp)
{%- endmacro %}

{% macro duckdb__moment_followed(name, which) -%}
    getvariable('{{ name }}_{{ which }}')
{%- endmacro %}

{% macro spark__moment_followed(name, which) -%}
    (select {{ name }}_{{ which }} from {{ loading_state() }})
{%- endmacro %}
