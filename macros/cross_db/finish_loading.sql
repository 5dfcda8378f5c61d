{#
    Post-hook of an incremental model on top of a base model: where the engine has no transaction, keeps the moments that
    the model has followed (follow_moment) now that its rows stand, and drops the keys of what was made anew.

    Trap: as long as the moments are not kept, everything counts as new. So whatever stops a build between the
    rows and this hook, the next one makes the model's rows anew.
#}
{% macro finish_loading() -%}
    {{ return(adapter.dispatch('finish_loading', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__finish_loading() -%}
{%- endmacro %}

{% macro spark__finish_loading() -%}
    {%- if execute -%}
        {%- set state = loading_state_held() -%}
        {%- for name, moment in state.items() if name.endswith('_now') -%}
            {%- set literal = 'null' if moment is none else "'" ~ moment ~ "'" -%}
            {%- do write_beside(beside(this, name[:-4]), 'select cast(' ~ literal ~ ' as timestamp) as moment_at') -%}
        {%- endfor -%}
        {%- do run_query(drop_beside(beside(this, 'changes'))) -%}
    {%- endif -%}
{%- endmacro %}
