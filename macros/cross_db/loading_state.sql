{#
    The temporary view of what an incremental model's hooks know of this build, one row, where the engine has no
    variables of a connection: reading_id, read_number, followed_number, and of each moment that the model follows
    what it was and is (<name>_low, <name>_high, <name>_now). state_text holds all of them as JSON.

    Trap: it is named like the model, since the threads of a build may share one session.
#}
{% macro loading_state() -%}
    {{ return(this.identifier ~ '__loading_state') }}
{%- endmacro %}
