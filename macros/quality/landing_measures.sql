{#
    What one aggregation over a feed's base model says of a delivery, as an array of structs:
    measure, column_name ('*': the row as a whole), column_value ('' but for value_share), number.

    row_count; rejected_share; hours_behind (from the newest happening to the end of the load date, negative
    where the newest is later); value_share (rows with a value that the contract lists); distinct_share
    (distinct values among the rows that have one: keys and the ids of people); p05, p50 and p95 of
    numbers. Quantiles are values that stand in the data, so no engine interpolates its own way.

    feed: name of the source table.

    Traps. The select groups by brand and load date. Distinct values and quantiles cost memory in
    proportion to the delivery, hence only the columns named here. A stand-in before the
    project is parsed and in unit tests, as contract_columns says.
#}
{% macro landing_measures(feed) -%}
    {%- set names = ['measure', 'column_name', 'column_value', 'number'] -%}
    {%- set people = ['contact_id', 'email', 'phone', 'device_id', 'loyalty_card_id'] -%}
    {%- set found = namespace(rows=[["'row_count'", "'*'", "''", 'cast(count(*) as decimal(24, 6))']]) -%}
    {%- for source in (graph.sources | default({})).values() if source.source_name == 'landing' and source.name == feed -%}
        {%- set key = source.config.meta['key'] -%}
        {%- set event_time = contract_event_time(source.columns.values() | list) -%}
        {%- do found.rows.append(["'rejected_share'", "'*'", "''", decimal_quotient('count(reject_reason_code)', 'count(*)', 6)]) -%}
        {%- if event_time -%}
            {%- do found.rows.append([
                "'hours_behind'", "'" ~ event_time ~ "'", "''",
                decimal_quotient(
                    epoch_microseconds("cast(load_date as timestamp) + interval '1' day") ~ ' - '
                    ~ epoch_microseconds('max(' ~ event_time ~ ')'), 3600000000, 6)
            ]) -%}
        {%- endif -%}
        {%- for column in source.columns.values() -%}
            {%- set typed = typed_column_name(column.name) -%}
            {%- set named = "'" ~ column.name ~ "'" -%}
            {%- for listed in column.config.meta.get('values', []) -%}
                {%- do found.rows.append([
                    "'value_share'", named, "'" ~ listed ~ "'",
                    decimal_quotient("sum(case when " ~ typed ~ " = '" ~ listed ~ "' then 1 else 0 end)", 'count(*)', 6)
                ]) -%}
            {%- endfor -%}
            {%- if column.name in people or (column.name in key and key | length == 1) -%}
                {%- do found.rows.append([
                    "'distinct_share'", named, "''",
                    decimal_quotient('count(distinct ' ~ typed ~ ')', 'count(' ~ typed ~ ')', 6)
                ]) -%}
            {%- endif -%}
            {%- if column.data_type in ('decimal', 'integer') and column.name not in key -%}
                {%- for point in ['05', '50', '95'] -%}
                    {%- do found.rows.append([
                        "'p" ~ point ~ "'", named, "''",
                        'percentile_disc(0.' ~ point ~ ') within group (order by ' ~ typed ~ ')'
                    ]) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set typed_rows = [] -%}
    {%- for row in found.rows -%}
        {%- do typed_rows.append(row[:3] + ['cast(\n' ~ row[3] ~ '\nas decimal(24, 6))']) -%}
    {%- endfor -%}
    {{ return(array_of_structs(names, typed_rows)) }}
{%- endmacro %}
