{#
    First of all hooks of an incremental model on Spark: brings its table out of the state in which a build that was
    killed has left it, before anything is asked of it.

    Parquet tables know no transaction, so a build leaves beside the table what tells how far it came:
        <model>__whole        <model>__rewritten has all rows that the table shall have, and the table was being
                              written from it: it is written again.
        <model>__unfinished   rows were being appended or taken away. What the table holds now is no state that it ever
                              had: it is emptied, and made anew by the hooks and the model as an empty table is.

    Traps. Neither stands beside a Delta or Iceberg table, each of whose changes is one step. Where the model is built
    as a whole, both are dropped. The folder that is left where a table was made for the first time is not mended:
    Spark refuses to write there and names it.
#}
{% macro mend_table() -%}
    {%- set rewritten = beside(this, 'rewritten') -%}
    {%- set whole = beside(this, 'whole') -%}
    {%- set unfinished = beside(this, 'unfinished') -%}
    {%- if is_incremental() and has_table(whole) -%}
        {%- do log('Writing ' ~ this ~ ' again from ' ~ rewritten ~ ': an earlier build was stopped while it did.', info=true) -%}
        {%- do overwrite_table(this, rewritten) -%}
    {%- elif is_incremental() and has_table(unfinished) -%}
        {%- do log('Making ' ~ this ~ ' anew: an earlier build was stopped while it wrote there.', info=true) -%}
        {%- do empty_table(this) -%}
    {%- endif -%}
    {%- do run_query('drop table if exists ' ~ whole) -%}
    {%- do run_query('drop table if exists ' ~ rewritten) -%}
    {%- do run_query('drop table if exists ' ~ unfinished) -%}
{%- endmacro %}
