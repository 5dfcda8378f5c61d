{#
    The relation of a feed's files and the numbers that register_file_readings gave them: landed_file,
    landing_file_id.

    feed: name of the source table.

    Trap: a join, since looking a file up in a map for every row takes as long as reading the rows.
#}
{% macro landing_file_readings(feed) -%}
    {{ return(adapter.dispatch('landing_file_readings', 'crossbrand')(feed)) }}
{%- endmacro %}

{% macro default__landing_file_readings(feed) -%}
    (select cast(null as string) as landed_file, cast(null as bigint) as landing_file_id where 1 = 2)
{%- endmacro %}

{% macro duckdb__landing_file_readings(feed) -%}
    (
        select
            unnest(map_keys(readings)) as landed_file,
            unnest(map_values(readings)) as landing_file_id
        from (select cast(getvariable('landing_{{ feed }}_readings') as map(varchar, bigint)) as readings) as registered
    )
{%- endmacro %}

{% macro postgres__landing_file_readings(feed) -%}
    (select cast(null as text) as landed_file, cast(null as bigint) as landing_file_id where false)
{%- endmacro %}

{% macro spark__landing_file_readings(feed) -%}
    {{ source('landing', feed).schema }}.{{ feed }}_readings
{%- endmacro %}
