{#
    Writes what a query returns to a table beside an incremental model's own, on Spark.

    relation: the table, which is dropped first where it stands.

    Trap: not by `create table as`, which puts the table into the metastore only after its files. A build that is killed
    meanwhile would leave a folder that no statement removes, and every later build would refuse to write there. This
    way the table stands before its rows: that it stands does not say that it has them all.
#}
{% macro write_beside(relation, query) -%}
    {%- set view = relation.identifier ~ '__query' -%}
    {%- do run_query('create or replace temporary view ' ~ view ~ ' as ' ~ query) -%}
    {%- do run_query(drop_beside(relation)) -%}
    {%- do run_query('create table ' ~ relation ~ ' like ' ~ view ~ ' using parquet') -%}
    {%- do run_query('insert into ' ~ relation ~ ' select * from ' ~ view) -%}
{%- endmacro %}
