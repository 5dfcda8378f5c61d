{#
    A type as the YAML files name it, as the engine names it.

    data_type: name of a type, e.g. varchar or decimal(18, 2).

    Trap: Spark has no varchar without a length; its text is string.
#}
{% macro portable_type(data_type) -%}
    {{ return(adapter.dispatch('portable_type', 'crossbrand')(data_type)) }}
{%- endmacro %}

{% macro default__portable_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro spark__portable_type(data_type) -%}
    {{ return('string' if data_type | lower in ('varchar', 'text') else data_type) }}
{%- endmacro %}

{% macro postgres__portable_type(data_type) -%}
    {{ return('double precision' if data_type | lower == 'double' else data_type) }}
{%- endmacro %}
