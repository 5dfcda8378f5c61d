{#
    What the rows of a model that is made by key depend on for all keys, as one number, and how far in the log they
    can be by now: a mapping of made_by and change_number (by_key).

    told: what told_by_log gives; sql: the model's SQL.

    It is made of the SQL and that of the views below it, the log's id, the content of everything that the log does not
    answer for, and the same of the models made by key that it reads. The number is that of whichever of them lags.
#}
{% macro state_to_follow(told, sql) -%}
    {%- set parts = ["'" ~ local_md5(sql) ~ "'"] -%}
    {%- for other in told.others -%}
        {%- do parts.append('(select sum(cast(hash(other) as hugeint)) from ' ~ other ~ ' as other)') -%}
    {%- endfor -%}
    {%- for view in told.views -%}
        {%- do parts.append("(select max(sql) from duckdb_views() where schema_name = '" ~ view.schema ~ "' and view_name = '" ~ view.identifier ~ "')") -%}
    {%- endfor -%}
    {%- do parts.append('(select log_id from ' ~ crossbrand.followed_relation(told.log, told.log) ~ ')') -%}
    {%- set numbers = ['(select change_number from ' ~ crossbrand.followed_relation(told.log, told.log) ~ ')'] -%}
    {%- for parent in told.by_key -%}
        {%- do parts.append('(select made_by from ' ~ crossbrand.followed_relation(parent, told.log) ~ ')') -%}
        {%- do numbers.append('(select change_number from ' ~ crossbrand.followed_relation(parent, told.log) ~ ')') -%}
    {%- endfor -%}
    {{ return(run_query(
        "select md5(concat_ws('|', " ~ parts | join(', ') ~ ')) as made_by, least(' ~ numbers | join(', ') ~ ') as change_number'
    ).rows[0].dict()) }}
{%- endmacro %}
