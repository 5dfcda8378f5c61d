{#
    A name for matching: lower case, no diacritics, letters only, words parted by one blank,
    academic titles removed. 'Ing. Jana NOVÁKOVÁ-Dvořáčková, Ph.D.' gives 'jana novakova
    dvorackova'.

    Arguments: a text expression (a given name, a surname or both). Null where no letter is left.

    Traps. An apostrophe joins (O'Brien: obrien), every other sign parts. Letters that are no letter
    and accent are folded by convention: ł l, đ d, ø o, ı i, ß ss, æ ae, œ oe, þ th. German ü
    becomes u and not ue, so that Müller and Mueller differ. A title is a whole word of the list
    below; a person whose only name is such a word has no key. Junior and senior (ml., st., jr.)
    stay, for they tell a father from his son. Other scripts are kept, not transliterated. chr(39)
    is the apostrophe: Spark reads a doubled quote as none.
#}
{% macro name_key(expression) -%}
    {%- set titles = [
        'ing', 'mgr', 'mga', 'bc', 'bca', 'dr', 'drs', 'mudr', 'mddr', 'mvdr', 'judr', 'phdr', 'rndr',
        'pharmdr', 'paeddr', 'thdr', 'icdr', 'rsdr', 'phmr', 'prof', 'doc', 'csc', 'drsc', 'dsc', 'dis',
        'ph[. ]*d', 'th[. ]*d', 'mba', 'mpa', 'll[. ]*m', 'bsc', 'msc', 'mag', 'inz', 'lek',
        'dipl[. -]+ing',
    ] -%}
    {%- set fields = [
        'arch', 'hab', 'med', 'dent', 'vet', 'jur', 'rer', 'nat', 'phil', 'univ', 'h[. ]*c',
    ] -%}
    {%- set title =
        '\\b(?:et[. ]+)?(?:' ~ titles | join('|') ~ ')(?:[. ]+(?:' ~ fields | join('|') ~ '))*\\b'
    -%}
    {%- set plain = strip_accents(lower_case(expression)) -%}
    {%- set folded -%}
        replace(replace(replace(replace(
            translate({{ plain }}, 'łđøıðħ’ʼ`´' || chr(39), 'ldoidh'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
    {%- endset -%}
    nullif(trim({{ regexp_replace_all(folded, '(?:' ~ title ~ '|[^\\p{L}])+', ' ') }}), '')
{%- endmacro %}
