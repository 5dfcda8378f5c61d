{#
    Stops a model that is made by key (by_key) where rows have no key, or are of a key that they must not be of.

    Rows without a key are let pass where keyless is `anew`.

    relation: the rows; key: names of the key's columns, joined by commas; is_stray: a condition on further rows.
#}
{% macro refuse_stray_rows(relation, key, is_stray) -%}
    {%- set stray = run_query(
        'select count(*) from ' ~ relation ~ ' where '
        ~ ('not (' ~ crossbrand.key_is_missing(key) ~ ') and ' if config.get('keyless') == 'anew' else crossbrand.key_is_missing(key) ~ ' or ')
        ~ '(' ~ is_stray ~ ')'
    ).columns[0].values()[0] -%}
    {%- if stray > 0 -%}
        {{ exceptions.raise_compiler_error(this ~ " is made by " ~ key ~ ", and " ~ stray ~ " of its rows belong to none, or to one of which nothing has changed. A model is made by key only where each row depends on rows of the same key; make this one a table.") }}
    {%- endif -%}
{%- endmacro %}

{# The condition that a row has no key. #}
{% macro key_is_missing(key) -%}
    {{ return(key.replace(', ', ' is null or ') ~ ' is null') }}
{%- endmacro %}
