{#
    A name for matching: lower case, no diacritics, letters only, words parted by one blank, academic
    titles removed. 'Ing. Jana NOVÁKOVÁ-Dvořáčková, Ph.D.' gives 'jana novakova dvorackova'.

    Arguments: a text expression (a given name, a surname or both). Null where no letter is left.

    Traps. An apostrophe joins (O'Brien: obrien), every other sign parts. Letters that are no letter and accent
    are folded by convention: ł l, đ d, ø o, ı i, ß ss, æ ae, œ oe, þ th. German ü becomes u and not ue, so that
    Müller and Mueller differ. A title is a whole word of the list below; a person whose only name is such a
    word has no key. Junior and senior (ml., st., jr.) stay, for they tell a father from his son. Other
    scripts are kept, not transliterated.
#}
{% macro name_key(expression) -%}
    {%- set titles = [
        'ing', 'mgr', 'mga', 'bc', 'bca', 'dr', 'drs', 'mudr', 'mddr', 'mvdr', 'judr', 'phdr', 'rndr', 'pharmdr',
        'paeddr', 'thdr', 'icdr', 'rsdr', 'phmr', 'prof', 'doc', 'ph[. ]*d', 'th[. ]*d', 'csc', 'drsc', 'dsc', 'dis', 'mba', 'mpa',
        'llm', 'll[. ]*m', 'bsc', 'msc', 'inz', 'lek', 'dipl[. -]+ing', 'mag',
    ] -%}
    {%- set fields = ['arch', 'hab', 'med', 'dent', 'vet', 'jur', 'rer', 'nat', 'phil', 'univ', 'h[. ]*c'] -%}
    {%- set title = '\\b(?:et[. ]+)?(?:' ~ titles | join('|') ~ ')(?:[. ]+(?:' ~ fields | join('|') ~ '))*\\b' -%}
    {%- set folded -%}
        replace(replace(replace(replace(
            translate({{ strip_accents('lower(' ~ expression ~ ')') }}, 'łđøıðħ''’ʼ`´', 'ldoidh'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
    {%- endset -%}
    nullif(trim({{ regexp_replace_all(folded, '(?:' ~ title ~ '|[^\\p{L}])+', ' ') }}), '')
{%- endmacro %}
