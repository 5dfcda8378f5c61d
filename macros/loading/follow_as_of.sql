{#
    Pre-hook of an incremental model that leaves out what came after as_of (follow_moment).
#}
{% macro follow_as_of() -%}
    {{ follow_moment('as_of', 'select as_of_at as moment_at from ' ~ ref('int_operations__as_of')) }}
{%- endmacro %}
