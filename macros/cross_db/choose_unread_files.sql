{#
    Pre-hook of a base model, after register_file_readings: leaves in the variable landing_<feed>, which the source
    reads, only the files that the table does not hold yet.

    feed: name of the source table.

    Where a file that the table holds is gone, has changed, or would now be read otherwise, the table is emptied and
    all files are read: its rows may have been what kept another row from being the latest, or a repeat.

    Traps. It runs in the model's own transaction, so a build that fails or is killed leaves the table as it was. A
    file without rows leaves no trace and is read every time. Emptying makes a new table, since deleting fifty
    million rows one by one would keep a mark for each until the transaction ends. On Spark, which has no transaction,
    mend_table puts right first what an earlier build has left, and a temporary view holds what is to be read.
#}
{% macro choose_unread_files(feed) -%}
    {{ return(adapter.dispatch('choose_unread_files', 'crossbrand')(feed)) }}
{%- endmacro %}

{% macro default__choose_unread_files(feed) -%}
{%- endmacro %}

{% macro duckdb__choose_unread_files(feed) -%}
    {%- if is_incremental() -%}
        {%- do refuse_earlier_state() -%}
        {%- set outdated = run_query("
            select count(*)
            from (select distinct landing_file_id from " ~ this ~ ") as held
            left join " ~ landing_file_readings(feed) ~ " as found on held.landing_file_id = found.landing_file_id
            where found.landing_file_id is null
        ").columns[0].values()[0] -%}
        {%- if outdated > 0 -%}
            create or replace table {{ this }} as select * from {{ this }} limit 0
        {%- else -%}
            set variable landing_{{ feed }} = (
                select list(found.landed_file order by found.landed_file)
                from {{ landing_file_readings(feed) }} as found
                left join (select distinct landing_file_id from {{ this }}) as held
                    on found.landing_file_id = held.landing_file_id
                where held.landing_file_id is null
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__choose_unread_files(feed) -%}
    {%- if execute -%}
        {%- set files = namespace(unread=none) -%}
        {%- do mend_table() -%}
        {%- if is_incremental() -%}
            {%- do refuse_earlier_state() -%}
            {%- set outdated = first_row("
                select count(*)
                from (select distinct landing_file_id from " ~ this ~ ") as held
                left join " ~ landing_file_readings(feed) ~ " as found on held.landing_file_id = found.landing_file_id
                where found.landing_file_id is null
            ")[0] -%}
            {%- if outdated > 0 -%}
                {%- do empty_table(this) -%}
            {%- else -%}
                {%- set files.unread = run_query("
                    select found.landed_file
                    from " ~ landing_file_readings(feed) ~ " as found
                    left join (select distinct landing_file_id from " ~ this ~ ") as held
                        on found.landing_file_id = held.landing_file_id
                    where held.landing_file_id is null
                    order by found.landed_file
                ").columns[0].values() -%}
            {%- endif -%}
        {%- endif -%}
        {%- set literals = [] -%}
        {%- for file in files.unread or [] -%}
            {%- do literals.append("'" ~ file | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") -%}
        {%- endfor -%}
        {%- set chosen -%}
            create or replace temporary view {{ unread_rows(source('landing', feed)) }} as
            select
                *,
                _metadata.file_path as _landing_file
            from {{ source('landing', feed) }}
            {%- if files.unread is not none %}
            where {{ '_metadata.file_path in (' ~ literals | join(', ') ~ ')' if literals else '1 = 2' }}
            {%- endif -%}
        {%- endset -%}
        {%- do run_query(chosen) -%}
    {%- endif -%}
{%- endmacro %}
