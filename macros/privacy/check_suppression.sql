{#
    on-run-start: stops a run that would read landing files which were not held against the list of erased
    people. `crossbrand build` and `crossbrand land` do that by themselves; a plain `dbt build` of files that
    another loader wrote does not.

    Returns nothing; raises a compiler error that names the mend.

    Traps. Where nobody was ever erased this is one look for a folder. Only files of the landing that dbt reads
    are looked at, by name, size and second of change: the command has looked at what is in them. The folder is
    CROSSBRAND_PRIVACY, or `privacy` beside CROSSBRAND_PUBLISHED, as the command has it.
#}
{% macro check_suppression() -%}
    {{ return(adapter.dispatch('check_suppression', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__check_suppression() -%}
{%- endmacro %}

{% macro duckdb__check_suppression() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set published = env_var('CROSSBRAND_PUBLISHED', 'published').rstrip('/') -%}
        {%- set beside = published.rsplit('/', 1)[0] ~ '/privacy' if '/' in published else 'privacy' -%}
        {%- set folder = (env_var('CROSSBRAND_PRIVACY', '') or beside).rstrip('/') | replace("'", "''") -%}
        {%- set listed = run_query("select coalesce(md5(string_agg(parse_filename(file), ',' order by parse_filename(file))), '') from glob('" ~ folder ~ "/suppressed/*.json')").rows[0][0] -%}
        {%- if listed -%}
            {%- set checked = run_query("select count(*) from glob('" ~ folder ~ "/checked.parquet')").rows[0][0] -%}
            {%- set known -%}
                {%- if checked -%}
                    select file, size, modified_second from read_parquet('{{ folder }}/checked.parquet') where list_state = '{{ listed }}'
                {%- else -%}
                    select null as file, null as size, null as modified_second where false
                {%- endif -%}
            {%- endset -%}
            {%- set patterns = [] -%}
            {%- for feed in contract_feeds() -%}
                {%- do patterns.append("'" ~ landing_path() ~ "/" ~ feed ~ "/brand=*/load_date=*/*.parquet'") -%}
            {%- endfor -%}
            {%- do patterns.append("'" ~ landing_path() ~ "/_rejects/*/brand=*/load_date=*/*.parquet'") -%}
            {#- read_blob refuses a list of which nothing exists, so the files are listed first. -#}
            {%- do run_query("set variable privacy_landed = (select coalesce(list(file), []) from glob([" ~ patterns | join(', ') ~ "]))") -%}
            {%- set any_file = run_query("select len(getvariable('privacy_landed'))").rows[0][0] -%}
            {%- if any_file -%}
                {%- set unchecked = run_query(
                    "select count(*), min(landed.name) from (select regexp_extract(filename, '((_rejects/)?[^/]+/brand=[^/]*/load_date=[^/]*/[^/]*)$', 1) as name, "
                    ~ "size, cast(floor(epoch(last_modified)) as bigint) as modified_second from read_blob(getvariable('privacy_landed'))) as landed "
                    ~ "left join (" ~ known ~ ") as known on landed.name = known.file and landed.size = known.size "
                    ~ "and landed.modified_second = known.modified_second where known.file is null").rows[0] -%}
                {%- if unchecked[0] -%}
                    {{ exceptions.raise_compiler_error(
                        unchecked[0] ~ " landing files, " ~ unchecked[1] ~ " among them, were not held against the list of erased people, who might come back with them. "
                        ~ "Run `crossbrand build`, which does it, or `crossbrand erase --scrub` before `dbt build`."
                    ) }}
                {%- endif -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
