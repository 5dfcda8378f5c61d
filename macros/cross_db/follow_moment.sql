{#
    Pre-hook of an incremental model that leaves out what lies on one side of a moment, between follow_reading and
    find_changes: keeps the moment for the next build, and makes moment_followed give what it was when the model's rows were
    made and what it is now, the earlier of both and the later.

    What happened between the two was left out then and counts now, or the other way round (passed_by_as_of,
    passed_by_retention).

    name: of the moment, a word; moments: a query for it, of one timestamp column moment_at and one row.

    Traps. It is kept in a table of its own, <model>__<name>: where the moment goes back, a build only deletes, and no row
    would tell of it. It is written in the model's own transaction. Where it is missing, or was no time, everything
    counts as new. On Spark, which has no transaction, finish_loading keeps it once the rows stand.
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

{% macro spark__follow_moment(name, moments) -%}
    {%- if execute -%}
        {%- set kept = beside(this, name) -%}
        {%- if not is_incremental() -%}
            {%- do run_query(drop_beside(kept)) -%}
        {%- endif -%}
        {%- set held = 'select moment_at, true as was_kept from ' ~ kept ~ ' union all ' if has_table(kept) else '' -%}
        {%- set found = first_row(
            "select cast(min(moment_at) as string), cast(max(moment_at) as string), count(case when was_kept then moment_at end),"
            ~ " cast(max(case when not was_kept then moment_at end) as string) from (" ~ held
            ~ "select moment_at, false as was_kept from (" ~ moments ~ ") as now) as moments"
        ) -%}
        {%- set state = loading_state_held() -%}
        {%- do state.update({name ~ '_low': found[0], name ~ '_high': found[1], name ~ '_now': found[3]}) -%}
        {%- if found[2] == 0 -%}
            {%- do state.update({'followed_number': 0}) -%}
        {%- endif -%}
        {%- do set_loading_state(state) -%}
    {%- endif -%}
{%- endmacro %}
