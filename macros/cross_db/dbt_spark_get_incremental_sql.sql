{#
    The statement that brings an incremental model's new rows into its table on Spark. dbt finds this macro by
    its name, in place of its Spark adapter's own.

    strategy: append or delete+insert; source: the temporary view of the new rows; target, existing: the
    table; unique_key: for delete+insert, the columns (or a constant, for all rows) that the new rows share
    with those that they replace; incremental_predicates: unused.

    Traps. Spark's Parquet tables know no DELETE, and Spark overwrites no table that it reads from. So the
    rows that stay and the new ones are written beside it, and the two tables change names. Between the two
    renames there is no table: a build that is killed there leaves the rows under <model>__rewritten.
#}
{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
    {%- if strategy == 'append' -%}
        insert into table {{ target }}
        select {{ columns }} from {{ source }}
    {%- else -%}
        {%- set keys = [unique_key] if unique_key is string else unique_key -%}
        {%- set matches = [] -%}
        {%- for key in keys -%}
            {%- set is_column = modules.re.match('^[a-z_]+$', key) -%}
            {%- do matches.append('held.' ~ key ~ ' <=> new_rows.' ~ key if is_column else 'true') -%}
        {%- endfor -%}
        {%- set rewritten = target.incorporate(path={'identifier': target.identifier ~ '__rewritten'}) -%}
        {%- set replaced = target.incorporate(path={'identifier': target.identifier ~ '__replaced'}) -%}
        {%- do run_query('drop table if exists ' ~ rewritten) -%}
        {%- do run_query(
            'create table ' ~ rewritten ~ ' ' ~ file_format_clause() ~ ' as select ' ~ columns ~ ' from ' ~ target
            ~ ' as held where not exists (select 1 from ' ~ source ~ ' as new_rows where ' ~ matches | join(' and ')
            ~ ') union all select ' ~ columns ~ ' from ' ~ source
        ) -%}
        {%- do run_query('drop table if exists ' ~ replaced) -%}
        {%- do run_query('alter table ' ~ target ~ ' rename to ' ~ replaced) -%}
        {%- do run_query('alter table ' ~ rewritten ~ ' rename to ' ~ target) -%}
        drop table {{ replaced }}
    {%- endif -%}
{%- endmacro %}
