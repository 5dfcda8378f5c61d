{#
    Takes all rows out of a table that stays, outside of any transaction.

    Trap: the files of a Parquet table go one after the other. A build that is killed meanwhile leaves the mark
    <table>__unfinished, and the next one empties the table again (mend_table): what is left in it is no state
    that it ever had.
#}
{% macro empty_table(relation) -%}
    {%- if is_one_step(relation) -%}
        {%- do run_query('delete from ' ~ relation) -%}
    {%- else -%}
        {%- set unfinished = beside(relation, 'unfinished') -%}
        {%- do run_query('create table if not exists ' ~ unfinished ~ ' (nothing integer)') -%}
        {%- do run_query('truncate table ' ~ relation) -%}
        {%- do run_query('drop table ' ~ unfinished) -%}
    {%- endif -%}
{%- endmacro %}
