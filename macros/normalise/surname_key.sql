{#
    A surname for matching in which the forms of one family compare equal: Novák and Nováková,
    Veselý and Veselá, Svoboda and Svobodová, Dvořáček and Dvořáčková, Němec and Němcová, Novotný
    and Novotná, Kowalski and Kowalska, Horecký and Horecká. The key is a stem, not a name
    ('Svobodová' gives 'svobod').

    Arguments: a text expression that holds surnames only.

    How, for each word of name_key: -ová (and -ov) is cut after three letters or more; vowels at the
    end are cut after two; an e before the last consonant is dropped (the moving e of -ek, -ec, -el,
    -er), on the masculine and on what was left of the feminine alike, so that both meet.

    Traps. The stem joins more than families: Veselý, Vesela and Vesel; Novák and Novek no, but
    Marek and Mark yes; Petr and Petrov too. It therefore never links anybody by itself: it only
    says that two records that share an identifier do not contradict one another, where a false
    'same' costs less than a false 'different'. Short names are spared by the lengths above (Nová
    gives 'nov' with Nový; Sova and Sovová 'sov'). A stem that changes in another way does not meet:
    Hrůza and Hrůzová do, Kůň and Koňová do not. A maiden name that was given up altogether is no
    form of the new one, and Hungarian -né (Kovácsné) and Polish -owa, -ówna stay apart. A double
    name keeps both words.
#}
{% macro surname_key(expression) -%}
    {%- set name = name_key(expression) -%}
    {%- set without_ova = regexp_replace_all(name, '([a-z]{3})(?:ov){1,2}a?\\b', '\\1') -%}
    {%- set without_vowels = regexp_replace_all(without_ova, '([a-z]{2})[aeiouy]+\\b', '\\1') -%}
    {{ regexp_replace_all(without_vowels, '([a-z]{2})e([b-df-hj-np-tv-z])\\b', '\\1\\2') }}
{%- endmacro %}
