{#
    The md5 of the model's SQL as it is compiled: with every macro, variable and value of the contract that
    stands in it. Rows that were made by other SQL are recognised by it and made anew, so that nobody has to
    remember --full-refresh after a change of code or of a variable.

    Traps. Only a hook may ask: a model is not compiled before it runs. What stands between the lines
    `-- incremental or whole` and `-- in any case` is left out, since it differs from build to build
    by design; an is_incremental() outside of them would make every second build read everything.
#}
{% macro code_hash() -%}
    {%- set code = compiled_code or '' -%}
    {%- if code.count('-- incremental or whole') != code.count('-- in any case') -%}
        {{ exceptions.raise_compiler_error("In " ~ this ~ " a line `-- incremental or whole` has no `-- in any case` after it, or the other way round.") }}
    {%- endif -%}
    {%- set lasting = modules.re.sub('(?s)-- incremental or whole.*?-- in any case', ' ', code) -%}
    {{ return(local_md5(lasting.split() | join(' '))) }}
{%- endmacro %}
