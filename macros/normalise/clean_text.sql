{#
    Text as a person would have typed it: Unicode NFC, zero-width characters removed, white space of
    every kind trimmed from both ends, and nothing at all is null.

    Arguments: a text expression.

    Traps. White space inside the text stays as it is: a note or a street may have reasons. One
    regex and not trim(), because trim() with a list of characters builds that list anew for every
    row: measured at more than ten times the cost (docs/normalisation.md). \p{Z} is every space,
    line and paragraph separator of Unicode; \s, VT and U+0085 are the control characters that count
    as blanks. Composition comes last, for a zero-width character may stand between a letter and its
    accent.
#}
{% macro clean_text(expression) -%}
    {%- set zero_width = '\\x{ad}\\x{200b}-\\x{200d}\\x{2060}\\x{feff}' -%}
    {%- set blank = '\\s\\x0b\\x{85}\\p{Z}' -%}
    {%- set stripped = regexp_replace_all(
        expression,
        '^[' ~ blank ~ zero_width ~ ']+|[' ~ blank ~ zero_width ~ ']+$|[' ~ zero_width ~ ']+'
    ) -%}
    nullif({{ unicode_nfc(stripped) }}, '')
{%- endmacro %}
