{#
    The host of a web address in lower case, without `www.`, user, port, path or query.

    Arguments: url, a text expression with or without the scheme.
    Traps: '' where there is no host; a bare path ('/cart') has none, an address without a scheme
    is taken to begin with its host.
#}
{% macro url_domain(url) %}
    {{- return(
        "regexp_replace(regexp_replace(" ~ lower_case(url)
        ~ ", '^([a-z][a-z0-9+.-]*:)?(//)?([^/?#@]*@)?(www[.])?', ''), '[:/?#].*$', '')"
    ) -}}
{% endmacro %}
