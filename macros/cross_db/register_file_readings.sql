{#
    Pre-hook of a base model, after register_landing_files: gives each landed file a number for everything that
    the reading of it depends on, and keeps them in the variable landing_<feed>_readings. A file that has
    been read under the same number need not be read again.

    feed: name of the source table; also: a query whose rows the model joins to the feed, besides the brand's.

    The number is made of the path below the landing root, size, time of change, the figures of the file's footer
    (sizes and bounds of its columns), the brand's row, the rows of `also`, the model's SQL (code_hash) and the
    engine's version, since version_hash is the engine's own.

    Traps. The engine gives the time of change in whole seconds, and a tool may set it at will: the footer tells a
    file apart that was replaced by one of the same size in the same second. Contents are not read. The numbers are
    taken before the files are read: one that is replaced in between has another number in the next build. Spark gives
    the time in milliseconds and no footer, and its numbers are a table, landing.<feed>_readings.
#}
{% macro register_file_readings(feed, also='select 1 as nothing') -%}
    {{ return(adapter.dispatch('register_file_readings', 'crossbrand')(feed, also)) }}
{%- endmacro %}

{% macro default__register_file_readings(feed, also) -%}
{%- endmacro %}

{% macro duckdb__register_file_readings(feed, also) -%}
    set variable landing_{{ feed }}_readings = (
        with

        files as (
            select
                filename as landed_file,
                regexp_extract(filename, '[^/]+/brand=[^/]*/load_date=[^/]*/[^/]*$') as file_name,
                url_decode(regexp_extract(filename, '/brand=([^/]*)/load_date=[^/]*/[^/]*$', 1)) as brand_id,
                size,
                last_modified
            from read_blob(getvariable('landing_{{ feed }}'))
        ),

        footers as (
            select
                file_name as landed_file,
                hash(list(
                    hash(path_in_schema, type, num_values, total_compressed_size, stats_min_value, stats_max_value, stats_null_count)
                    order by row_group_id, column_id
                )) as footer_hash
            from parquet_metadata(getvariable('landing_{{ feed }}'))
            group by file_name
        ),

        joined as (
            select hash(list(row_hash order by row_hash)) as joined_hash
            from (select hash(also_joined) as row_hash from ({{ also }}) as also_joined) as hashed
        )

        select map(list(files.landed_file order by files.landed_file), list(
            cast(hash(
                files.file_name,
                files.size,
                files.last_modified,
                footers.footer_hash,
                brands.brand_id,
                brands.country_code,
                joined.joined_hash,
                '{{ code_hash() }}',
                version()
            ) >> 1 as bigint)
            order by files.landed_file
        ))
        from files
        left join footers on files.landed_file = footers.landed_file
        left join {{ ref('brands') }} as brands on files.brand_id = brands.brand_id
        cross join joined
    )
{%- endmacro %}

{% macro spark__register_file_readings(feed, also) -%}
    {%- if execute -%}
        {%- set schema = source('landing', feed).schema -%}
        {%- set root = var('landing_root').rstrip('/') | replace("'", "\\'") -%}
        {%- do run_query('drop table if exists ' ~ schema ~ '.' ~ feed ~ '_files') -%}
        {%- do run_query(
            'create table ' ~ schema ~ '.' ~ feed ~ '_files (path string, modificationTime timestamp, length bigint,'
            ~ " content binary) using binaryFile options (pathGlobFilter '*.parquet', recursiveFileLookup 'true')"
            ~ " location '" ~ root ~ '/' ~ feed ~ "'"
        ) -%}
        {%- do run_query('drop table if exists ' ~ landing_file_readings(feed)) -%}
        {%- set numbered -%}
            create table {{ landing_file_readings(feed) }} as
            with

            listed as (
                select
                    _metadata.file_path as landed_file,
                    url_decode(replace(_metadata.file_path, '+', '%2B')) as whole_path,
                    _metadata.file_size as byte_count,
                    _metadata.file_modification_time as modified_at
                from {{ schema }}.{{ feed }}_files
            ),

            named as (
                select
                    *,
                    regexp_extract(whole_path, '[^/]+/brand=[^/]*/load_date=[^/]*/[^/]*$', 0) as file_name,
                    regexp_extract(whole_path, '/brand=([^/]*)/load_date=[^/]*/[^/]*$', 1) as brand_folder
                from listed
            ),

            files as (
                select
                    *,
                    case
                        when regexp(brand_folder, '%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)') then brand_folder
                        else url_decode(replace(brand_folder, '+', '%2B'))
                    end as brand_id
                from named
            ),

            joined as (
                select xxhash64(array_sort(collect_list(row_hash))) as joined_hash
                from (select xxhash64(*) as row_hash from ({{ also }}) as also_joined) as hashed
            )

            select
                files.landed_file,
                shiftrightunsigned(xxhash64(
                    files.file_name,
                    files.byte_count,
                    files.modified_at,
                    coalesce(brands.brand_id, ''),
                    coalesce(brands.country_code, ''),
                    joined.joined_hash,
                    '{{ code_hash() }}',
                    version()
                ), 1) as landing_file_id
            from files
            left join {{ ref('brands') }} as brands on files.brand_id = brands.brand_id
            cross join joined
            where files.file_name <> ''
        {%- endset -%}
        {%- do run_query(numbered) -%}
    {%- endif -%}
{%- endmacro %}
