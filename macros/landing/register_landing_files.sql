{#
    Pre-hook of the base models (and of landing_files): finds the files that have landed and keeps their
    list in the variable that the source reads, landing_<feed>.

    feeds: one feed or a list of them; variable: name behind `landing_`, the feed's by default.

    Traps. A file without rows is always in the list (models/staging/zero_rows): it holds every column of the
    contract as text, so a feed, a brand or a column that never came builds all the same, and a column
    that is text in one file and a number in the next is text. A hook is a statement, not an expression.
    What other engines do stands in macros/cross_db/landing_tables.sql.
#}
{% macro register_landing_files(feeds, variable=none) -%}
    {{ return(adapter.dispatch('register_landing_files', 'crossbrand')(feeds, variable)) }}
{%- endmacro %}

{% macro default__register_landing_files(feeds, variable=none) -%}
    {{ landing_tables([feeds] if feeds is string else feeds) }}
{%- endmacro %}

{% macro duckdb__register_landing_files(feeds, variable=none) -%}
    {%- set feeds = [feeds] if feeds is string else feeds -%}
    set variable landing_{{ variable or feeds[0] }} = (
        select list(file order by file)
        from glob([
            {%- for feed in feeds %}
            '{{ landing_path() }}/{{ feed }}/brand=*/load_date=*/*.parquet',
            'models/staging/zero_rows/{{ feed }}/brand=none/load_date=1970-01-01/zero_rows.parquet'{{ ',' if not loop.last }}
            {%- endfor %}
        ])
    )
{%- endmacro %}
