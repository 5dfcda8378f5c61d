{#
    A phone number in E.164 (+420777123456), or null where the text is not a plausible number.

    Arguments: the raw text; the two-letter country that the number is dialled in (the contact's,
    else the brand's; null is allowed and leaves only numbers that say their country themselves).

    How. The first run of digits and separators is the number (what follows, an extension or a
    remark, is dropped). It is read in up to three ways, which stand one after another in one text,
    and the first that the numbering plan knows wins:
      international   +… or 00…, in the plan of a listed country, or 8 to 15 digits of any other;
      national        of the given country, with or without its trunk prefix;
      bare            the calling code without + or 00: of the given country, or a mobile of another
                      listed one, which is too long to be a number of the given with digits missing.
    One extraction therefore checks every country at once, and the argument stands in the SQL once.
    It begins at the text's start and passes over what is not plausible, though it could look for the
    plausible number itself: then RE2 would read the plan backwards to find where the match began,
    at fifty times the cost.

    Traps. Placeholders of a valid shape (+420777777777, 123456789 in Slovakia) are numbers here;
    the seed placeholder_identifiers and repeated_or_sequential_digits tell them. '.0' at the end is
    what a spreadsheet or a float column adds, and is no digit of the number. Two numbers in one
    field give the first, unless only a blank, a slash or a dot parts them, which gives null.
#}
{% macro phone_e164(raw, country) -%}
    {%- set plan = phone_numbering_plan() -%}
    {%- set separators = '\\s\\p{Z}\\p{Pd}\\x{2212}()./~-' -%}
    {%- set with_zero =
        plan | selectattr('trunk', 'equalto', '0') | map(attribute='calling_code') | join('|')
    -%}
    {%- set with_06 =
        plan | selectattr('trunk', 'equalto', '06') | map(attribute='calling_code') | join('|')
    -%}
    {%- set calling_codes = [] -%}
    {%- set listed = [] -%}
    {%- set listed_mobiles = [] -%}
    {%- for entry in plan -%}
        {%- set code = entry.calling_code -%}
        {%- do calling_codes.append("when '" ~ entry.country ~ "' then '" ~ code ~ "'") -%}
        {%- do listed.append(code ~ '(?:' ~ entry.numbers | join('|') ~ ');(?:i|n|' ~ code ~ ';)') -%}
        {%- do listed_mobiles.append(code ~ '(?:' ~ entry.numbers[1] ~ ')') -%}
    {%- endfor -%}
    {%- set unlisted = unlisted_calling_codes() ~ 'x{5,12};i' -%}
    {%- set plausible =
        '[+](?:' ~ listed | join('|')
        ~ '|(?:' ~ listed_mobiles | join('|') ~ ');x*;|' ~ unlisted ~ ')'
    -%}
    {%- set typed = regexp_extract_match(raw, '(?:[+][+ (]*)?[0-9][0-9' ~ separators ~ ']*') -%}
    {%- set digits = regexp_replace_all(typed, '[.]0$|[^0-9+]') -%}
    {%- set coded =
        'case upper(' ~ country ~ ') ' ~ calling_codes | join(' ')
        ~ " else '' end || ':' || " ~ digits
    -%}
    {%- set readings = regexp_replace_all(
        coded,
        ('^(?:'
        ~ 'x*:(?:[+]+(?:00)?|00)(?:(' ~ with_zero ~ ')0|(' ~ with_06 ~ ')06)?([1-9]x*)'
        ~ '|(' ~ with_zero ~ '):0([1-9]x*)|(' ~ with_06 ~ '):06([1-9]x*)'
        ~ '|(x*):(x+)'
        ~ ')$') | replace('x', '[0-9]'),
        '+\\1\\2\\3;i+\\4\\5\\6\\7\\8\\9;n+\\9;\\8;'
    ) -%}
    {%- set up_to_plausible = regexp_extract_match(
        readings, '^(?:[^;]*;[in])*?(?:' ~ plausible | replace('x', '[0-9]') ~ ')'
    ) -%}
    {%- set first_plausible = regexp_extract_match(
        up_to_plausible, '[+][0-9]*;(?:i|n|[0-9]*;)$'
    ) -%}
    nullif(split_part({{ first_plausible }}, ';', 1), '')
{%- endmacro %}
