{#
    The statement that brings an incremental model's new rows into its table on Spark. dbt finds this macro by
    its name, in place of its Spark adapter's own.

    strategy: append or delete+insert; source: the temporary view of the new rows; target, existing: the
    table; unique_key: for delete+insert, the columns (or a constant, for all rows) that the new rows share
    with those that they replace; incremental_predicates: unused.

    Models that are loaded by file, which have the column reading_id, forget besides what find_changes has found.

    Delta and Iceberg tables take each change in one step. Spark's Parquet tables know no DELETE and no
    transaction: where nothing is to be forgotten rows are appended, under the mark <model>__unfinished; else the
    rows that stay and the new ones are written beside the table, to <model>__rewritten, and in its place once that
    is whole, which the table <model>__whole marks. mend_table tells what the next build makes of either. Histories of builds, which nothing could make
    anew, are always written the second way.

    Trap: the moments that a model has followed are forgotten before its rows change (finish_loading).
#}
{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {%- set is_by_file = 'reading_id' in columns -%}
    {%- set listed = columns | join(', ') -%}
    {%- set new_rows = beside(target, 'new') -%}
    {%- set keys = [] -%}
    {%- set forgotten = namespace(all=false, relation=new_rows, count=0) -%}
    {%- if not is_by_file -%}
        {%- do mend_table() -%}
    {%- endif -%}
    {#- The model's query is run once, and its files are parsed once, whatever is made of its rows. -#}
    {%- do write_beside(new_rows, 'select ' ~ listed ~ ' from ' ~ source) -%}
    {%- if strategy == 'delete+insert' -%}
        {%- for key in ([unique_key] if unique_key is string else unique_key) -%}
            {%- if modules.re.match('^[a-z_]+$', key) -%}
                {%- do keys.append(key) -%}
            {%- else -%}
                {%- set forgotten.all = true -%}
            {%- endif -%}
        {%- endfor -%}
    {%- elif is_by_file -%}
        {%- set forgotten.relation = beside(target, 'changes') -%}
        {%- do keys.extend(adapter.get_columns_in_relation(forgotten.relation) | map(attribute='name')) -%}
        {%- set state = loading_state_held() -%}
        {%- set forgotten.all = state['followed_number'] | int == 0 -%}
        {%- for name in state if name.endswith('_now') -%}
            {%- do run_query(drop_beside(beside(target, name[:-4]))) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set matches = [] -%}
    {%- for key in keys -%}
        {%- do matches.append('held.' ~ key ~ ' = forgotten.' ~ key) -%}
    {%- endfor -%}
    {%- set gone -%}
        from {{ target }} as held left {{ '%s' }} join {{ forgotten.relation }} as forgotten on {{ matches | join(' and ') }}
    {%- endset -%}
    {%- if keys and not forgotten.all -%}
        {%- set forgotten.count = first_row('select count(*) ' ~ gone % 'semi')[0] -%}
    {%- endif -%}
    {%- if is_one_step(target) -%}
        {%- if forgotten.all -%}
            {%- do overwrite_table(target, new_rows) -%}
        {%- elif forgotten.count > 0 -%}
            {%- set incoming_keys = [] -%}
            {%- for column in columns -%}
                {%- do incoming_keys.append('forgotten.' ~ column if column in keys else 'null') -%}
            {%- endfor -%}
            {%- set merged -%}
                merge into {{ target }} as held
                using (
                    select false as is_forgotten, {{ listed }} from {{ new_rows }}
                    union all
                    select true, {{ incoming_keys | join(', ') }}
                    from (select distinct {{ keys | join(', ') }} from {{ forgotten.relation }}) as forgotten
                ) as incoming
                on incoming.is_forgotten
                    {%- for key in keys %}
                    and held.{{ key }} = incoming.{{ key }}
                    {%- endfor %}
                when matched then delete
                when not matched and not incoming.is_forgotten
                    then insert ({{ listed }}) values (incoming.{{ columns | join(', incoming.') }})
            {%- endset -%}
            {%- do run_query(merged) -%}
        {%- else -%}
            {%- do run_query('insert into ' ~ target ~ ' select ' ~ listed ~ ' from ' ~ new_rows) -%}
        {%- endif -%}
    {%- elif is_by_file and not forgotten.all and forgotten.count == 0 -%}
        {%- if run_query('select 1 from ' ~ new_rows ~ ' limit 1').rows -%}
            {%- set unfinished = beside(target, 'unfinished') -%}
            {%- do run_query('create table ' ~ unfinished ~ ' (nothing integer)') -%}
            {%- do run_query('insert into ' ~ target ~ ' select ' ~ listed ~ ' from ' ~ new_rows) -%}
            {%- do run_query('drop table ' ~ unfinished) -%}
        {%- endif -%}
    {%- else -%}
        {%- set rewritten = beside(target, 'rewritten') -%}
        {%- set whole = beside(target, 'whole') -%}
        {%- set stays = '' if forgotten.all else 'select held.* ' ~ (gone % 'anti' if keys else 'from ' ~ target ~ ' as held') -%}
        {%- do write_beside(
            rewritten,
            ('select ' ~ listed ~ ' from (' ~ stays ~ ') as stays union all ' if stays else '')
            ~ 'select ' ~ listed ~ ' from ' ~ new_rows
        ) -%}
        {%- do run_query('create table ' ~ whole ~ ' (nothing integer)') -%}
        {%- do overwrite_table(target, rewritten) -%}
        {%- do run_query('drop table ' ~ whole) -%}
        {%- do run_query('drop table ' ~ rewritten) -%}
    {%- endif -%}
    {{ drop_beside(new_rows) }}
{%- endmacro %}
