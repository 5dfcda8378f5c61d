{#
    The characters below U+2130 that Unicode writes as another single one (the sign for Kelvin is a K), and in
    the same order what they are written as. For engines that have no normalisation of their own (unicode_nfc).

    Arguments: none. Gives a dict: signs, letters.

    Trap: generated from the Unicode character database; tests/properties/test_normalise.py holds it against that.
#}
{% macro unicode_singletons() %}
    {{ return({
        'signs': '\u0374\u037e\u0387\u1f71\u1f73\u1f75\u1f77\u1f79\u1f7b\u1f7d\u1fbb\u1fbe\u1fc9\u1fcb\u1fd3\u1fdb\u1fe3\u1feb\u1fee\u1fef\u1ff9\u1ffb\u1ffd\u2000\u2001\u2126\u212a\u212b',
        'letters': '\u02b9\u003b\u00b7\u03ac\u03ad\u03ae\u03af\u03cc\u03cd\u03ce\u0386\u03b9\u0388\u0389\u0390\u038a\u03b0\u038e\u0385\u0060\u038c\u038f\u00b4\u2002\u2003\u03a9\u004b\u00c5',
    }) }}
{% endmacro %}
