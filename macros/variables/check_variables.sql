{#
    on-run-start: refuses variables of the command line (--vars) that could be more than a value. Variables
    stand in the SQL of models, so a text with a quote in it would be SQL too.

    Returns nothing; raises a compiler error that names the variable.

    Traps. Only what comes from outside is looked at: dbt_project.yml is code, and reviewed as such. Paths
    and identifiers (o'hara@example.org) may hold any character, since landing_path and identity_path escape
    them.
#}
{% macro check_variables() -%}
    {%- set escaped = ['landing_root', 'published_root', 'warehouse', 'from_identifier', 'to_identifier'] -%}
    {%- set texts = ['as_of', 'reporting_currency', 'cross_controller_linking', 'probabilistic_linking'] -%}
    {%- set given = invocation_args_dict.get('vars') or {} -%}
    {%- set given = fromyaml(given) if given is string else given -%}
    {%- for name, value in given.items() if name not in escaped -%}
        {%- set text = value | string -%}
        {%- if not modules.re.match('^[A-Za-z0-9_ .:+-]*$', text) -%}
            {{ exceptions.raise_compiler_error("The variable " ~ name ~ " may hold letters, digits, blanks and . : + - _ only; it is " ~ text | tojson) }}
        {%- endif -%}
        {%- if name == 'as_of' and text not in ('', 'None') and not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}[0-9:.]*([+-][0-9:]+|Z)?)?$', text) -%}
            {{ exceptions.raise_compiler_error("The variable as_of is a time in UTC such as 2025-06-30 04:00:00; it is " ~ text | tojson) }}
        {%- endif -%}
        {%- if name not in texts and value is not boolean and modules.re.search('[A-Za-z] |[ ][A-Za-z]', text) -%}
            {{ exceptions.raise_compiler_error("The variable " ~ name ~ " must be one number or one word; it is " ~ text | tojson) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
