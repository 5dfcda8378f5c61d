{#
    A regular expression as a literal of the engine.

    Arguments: the pattern as a Jinja string, where a backslash is written twice ('\\b').

    Trap: Spark unescapes a literal once before the regex engine sees it, so its backslashes are
    doubled and its quote is escaped by a backslash; DuckDB takes backslashes as they are and
    doubles a quote.
    PostgreSQL knows neither \\p{…} nor \\x{…}, takes \\b for a backspace, lets a point match the end of a line, and looks
    for the longest match where others take the first: the branch writes the pattern in its terms, and no pattern may
    depend on the order of its alternatives.
#}
{% macro regexp_literal(pattern) %}
    {{- return(adapter.dispatch('regexp_literal', 'crossbrand')(pattern)) -}}
{% endmacro %}

{% macro default__regexp_literal(pattern) -%}
    '{{ pattern | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}

{% macro duckdb__regexp_literal(pattern) -%}
    '{{ pattern | replace("'", "''") }}'
{%- endmacro %}

{% macro postgres__regexp_literal(pattern) -%}
    {#- Tokens are brackets and what a backslash begins; between them a point is any sign but the end of a line. -#}
    {%- set word = '[0-9A-Za-z_]' -%}
    {%- set parts = [] -%}
    {%- for part in modules.re.split('(\\[(?:\\\\.|[^\\]\\\\])*\\]|\\\\p\\{[A-Za-z]+\\}|\\\\x\\{[0-9a-f]+\\}|\\\\.)', pattern) -%}
        {%- if loop.index is odd -%}
            {%- do parts.append(part | replace('.', '[^\\n]')) -%}
        {%- elif part == '\\b' -%}
            {%- do parts.append('(?:(?<!' ~ word ~ ')(?=' ~ word ~ ')|(?<=' ~ word ~ ')(?!' ~ word ~ '))') -%}
        {%- elif '\\' in part -%}
            {%- set is_bracket = part.startswith('[') -%}
            {%- set token = namespace(sql=part | replace('\\s', ' \\t\\n\\f\\r' if is_bracket else '[ \\t\\n\\f\\r]')) -%}
            {%- for name in modules.re.findall('\\\\p\\{([A-Za-z]+)\\}', part) -%}
                {%- set signs = unicode_categories()[name] -%}
                {%- set token.sql = token.sql | replace('\\p{' ~ name ~ '}', signs if is_bracket else '[' ~ signs ~ ']') -%}
            {%- endfor -%}
            {%- for code in modules.re.findall('\\\\x\\{?([0-9a-f]+)\\}?', part) -%}
                {%- set sign = '\\u' ~ ('000' ~ code)[-4:] -%}
                {%- set token.sql = token.sql | replace('\\x{' ~ code ~ '}', sign) | replace('\\x' ~ code, sign) -%}
            {%- endfor -%}
            {%- do parts.append(token.sql) -%}
        {%- else -%}
            {%- do parts.append(part) -%}
        {%- endif -%}
    {%- endfor -%}
    '{{ parts | join | replace("'", "''") }}'
{%- endmacro %}
