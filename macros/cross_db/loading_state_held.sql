{#
    What the hooks before this one have kept for the model (loading_state), as a dictionary of texts.
#}
{% macro loading_state_held() -%}
    {{ return(fromjson(first_row('select state_text from ' ~ loading_state())[0] or '{}')) }}
{%- endmacro %}
