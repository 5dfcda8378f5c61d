{#
    Pre-hook of an incremental model that leaves out what lies on one side of a moment, between follow_reading and
    find_changes: keeps the moment for the next build, and makes moment_followed give what it was when the model's rows were
    made and what it is now, the earlier of both and the later.

    What happened between the two was left out then and counts now, or the other way round (passed_by_as_of,
    passed_by_retention).

    name: of the moment, a word; moments: a query for it, of one timestamp column moment_at and one row.

    Traps. It is kept in a table of its own, <model>__<name>: where the moment goes back, a build only deletes, and no row
    would tell of it. It is written in the model's own transaction. Where it is missing, or was no time, everything
    counts as new.
#}
{% macro follow_moment(name, moments) -%}
    {{ return(adapter.dispatch('follow_moment', 'crossbrand')(name, moments)) }}
{%- endmacro %}

{% macro default__follow_moment(name, moments) -%}
{%- endmacro %}

{% macro duckdb__follow_moment(name, moments) -%}
    {%- set kept = api.Relation.create(this.database, this.schema, this.identifier ~ '__' ~ name) -%}
    create table if not exists {{ kept }} (moment_at timestamp);
    set variable {{ name }}_low = (
        select min(moment_at)
        from (select moment_at from {{ kept }} union all {{ moments }}) as moments
    );
    set variable {{ name }}_high = (
        select max(moment_at)
        from (select moment_at from {{ kept }} union all {{ moments }}) as moments
    );
    set variable followed_number = (
        select case when count(moment_at) = 0 then 0 else getvariable('followed_number') end
        from {{ kept }}
    );
    create or replace table {{ kept }} as {{ moments }}
{%- endmacro %}
