{#
    The values of a group as one text, in ascending order, with commas between them.

    Arguments: value, a text expression.
    Traps: nulls are left out; a group without a value gives null on one engine and '' on the other,
    hence the nullif.
#}
{% macro joined_text(value) %}
    {{- return(adapter.dispatch('joined_text', 'crossbrand')(value)) -}}
{% endmacro %}

{% macro default__joined_text(value) %}
    {{- return("nullif(array_join(array_sort(collect_list(" ~ value ~ ")), ','), '')") -}}
{% endmacro %}

{% macro duckdb__joined_text(value) %}
    {{- return("nullif(string_agg(" ~ value ~ ", ',' order by " ~ value ~ "), '')") -}}
{% endmacro %}

{% macro postgres__joined_text(value) -%}
    {{- return("nullif(string_agg(" ~ value ~ ", ',' order by " ~ value ~ "), '')") -}}
{%- endmacro %}
