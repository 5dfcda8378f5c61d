{#
    An e-mail address as it can be written to, lower case, or null where the text is no plausible
    address.

    Arguments: a text expression, best already through clean_text.

    `Name <a@b.cz>` and `mailto:a@b.cz` are unwrapped; quotes, brackets and punctuation around the
    address go. Plausible is: one @; a local part of at most 64 characters in ASCII without blanks,
    quotes, or dots at an edge or in a row; a domain of two labels or more, letters, digits and
    inner hyphens, that ends in a top-level domain of letters or in punycode; at most 254 characters
    in all.

    Traps. Nothing inside the address is guessed: 'jan@seznam,cz' and two addresses in one field are
    null, since a wrong guess would give one person another's mailbox. Diacritics are refused before
    the @ and accepted after it; docs/normalisation.md says why. Placeholders (unknown@…) are
    addresses here. The length is a second extraction and not a part of the first, because counted
    repetitions multiply the states of a regex.
#}
{% macro email_address(expression) -%}
    {%- set atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+" -%}
    {%- set label = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]*[\\p{L}\\p{M}\\p{N}])?' -%}
    {%- set top_level = '(?:xn--[a-z0-9-]*[a-z0-9]|[a-z]{2,63})' -%}
    {%- set opening = "(?:mailto:|[\"'“”„‘’‚<(\\[{ ,;:])" -%}
    {%- set closing = "[\"'“”„‘’‚>)\\]} .,;:]" -%}
    {%- set unwrapped = regexp_replace_all(
        lower_case(expression),
        '^(?:[^<]*<' ~ opening ~ '*|' ~ opening ~ '+)|(?:>.*|' ~ closing ~ '+)$'
    ) -%}
    {%- set well_formed = regexp_extract_match(
        unwrapped,
        '^' ~ atom ~ '(?:[.]' ~ atom ~ ')*@(?:' ~ label ~ '[.])+' ~ top_level ~ '$'
    ) -%}
    nullif({{ regexp_extract_match(well_formed, '^[^@]{1,64}@[^@]{4,189}$') }}, '')
{%- endmacro %}
