{#
    First of all hooks of an incremental model on Spark: brings its table out of the state in which a build that was
    killed has left it, before anything is asked of it.

    Parquet tables know no transaction, so a build leaves beside the table what tells how far it came:
        <model>__rewritten    the table's new rows, all of them. It stands in the metastore only once it is whole, and
                              is dropped once the table holds the same, so the table is written from it again.
        <model>__unfinished   rows were being appended or taken away. What the table holds now is no state that it ever
                              had: it is emptied, and made anew by the hooks and the model as an empty table is.

    Traps. Neither stands beside a Delta or Iceberg table, each of whose changes is one step. Where the model is built
    as a whole, both are dropped. A folder without a table, as a killed `create table` leaves it, is written over
    (spark.sql.legacy.allowNonEmptyLocationInCTAS in profiles.yml).
#}
{% macro mend_table() -%}
    {%- set rewritten = this.incorporate(path={'identifier': this.identifier ~ '__rewritten'}) -%}
    {%- set unfinished = this.incorporate(path={'identifier': this.identifier ~ '__unfinished'}) -%}
    {%- set has_rewritten = has_table(rewritten) -%}
    {%- set has_unfinished = has_table(unfinished) -%}
    {%- if is_incremental() and has_rewritten -%}
        {%- do log('Writing ' ~ this ~ ' again from ' ~ rewritten ~ ': an earlier build was stopped while it did.', info=true) -%}
        {%- do overwrite_table(this, rewritten) -%}
    {%- elif is_incremental() and has_unfinished -%}
        {%- do log('Making ' ~ this ~ ' anew: an earlier build was stopped while it wrote there.', info=true) -%}
        {%- do empty_table(this) -%}
    {%- endif -%}
    {%- do run_query('drop table if exists ' ~ rewritten) -%}
    {%- do run_query('drop table if exists ' ~ unfinished) -%}
{%- endmacro %}
