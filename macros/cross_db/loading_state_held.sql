{#
    What the hooks before this one have kept for the model (loading_state), as a dictionary of texts.
#}
{% macro loading_state_held() -%}
    {{ return(fromjson(run_query('select state_text from ' ~ loading_state()).columns[0].values()[0])) }}
{%- endmacro %}
