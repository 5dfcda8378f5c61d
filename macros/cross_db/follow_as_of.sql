{#
    Pre-hook of an incremental model that leaves out what came after as_of, between follow_reading and find_changes: sets
    the variables as_of_low and as_of_high to as_of as it was when the model's rows were made and as it is now, whichever
    is the earlier and the later one, and keeps the present one for the next build.

    What happened between the two was left out then and counts now, or the other way round (passed_by_as_of).

    Traps. It is kept in a table of its own, <model>__as_of: where as_of goes back, a build only deletes, and no row would
    tell of it. It is written in the model's own transaction. Where it is missing, or as_of was no time, everything
    counts as new.
#}
{% macro follow_as_of() -%}
    {{ return(adapter.dispatch('follow_as_of', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__follow_as_of() -%}
{%- endmacro %}

{% macro duckdb__follow_as_of() -%}
    {%- set kept = api.Relation.create(this.database, this.schema, this.identifier ~ '__as_of') -%}
    create table if not exists {{ kept }} (as_of_at timestamp);
    set variable as_of_low = (
        select min(as_of_at)
        from (select as_of_at from {{ kept }} union all select as_of_at from {{ ref('int_operations__as_of') }}) as moments
    );
    set variable as_of_high = (
        select max(as_of_at)
        from (select as_of_at from {{ kept }} union all select as_of_at from {{ ref('int_operations__as_of') }}) as moments
    );
    set variable followed_number = (
        select case when count(as_of_at) = 0 then 0 else getvariable('followed_number') end
        from {{ kept }}
    );
    create or replace table {{ kept }} as select as_of_at from {{ ref('int_operations__as_of') }}
{%- endmacro %}
