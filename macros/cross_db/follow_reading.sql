{#
    First pre-hook of an incremental model on top of a base model: sets reading_id and read_number to those of the
    relation that the model reads, and the variable followed_number to how far the model's own rows have followed.

    read_from: the relation that the model takes its rows from; it has the columns reading_id and read_number.
    through: the view between them, where there is one, since its SQL makes the rows as well.

    followed_number is 0, so that everything counts as new, where the upstream was read anew or the model's SQL
    (code_hash) is another one than its rows were made by.
#}
{% macro follow_reading(read_from, through=none) -%}
    {{ return(adapter.dispatch('follow_reading', 'crossbrand')(read_from, through)) }}
{%- endmacro %}

{% macro default__follow_reading(read_from, through=none) -%}
{%- endmacro %}

{% macro duckdb__follow_reading(read_from, through=none) -%}
    {%- do refuse_earlier_state() -%}
    set variable reading_id = (
        select cast(hash(
            max(reading_id),
            '{{ code_hash() }}',
            (
                select list(sql order by sql)
                from duckdb_views()
                where schema_name = '{{ (through or this).schema }}' and view_name = '{{ (through or this).identifier }}'
            )
        ) >> 1 as bigint)
        from {{ read_from }}
    );
    set variable read_number = (select coalesce(max(read_number), 0) from {{ read_from }});
    {%- if is_incremental() %}
    set variable followed_number = (
        select coalesce(max(case when reading_id = getvariable('reading_id') then read_number end), 0)
        from {{ this }}
    )
    {%- else %}
    set variable followed_number = 0
    {%- endif -%}
{%- endmacro %}

{% macro spark__follow_reading(read_from, through=none) -%}
    {%- if execute -%}
        {%- do mend_table() -%}
        {%- do refuse_earlier_state() -%}
        {%- set view = namespace(text='') -%}
        {%- if through is not none -%}
            {%- for row in run_query('describe table extended ' ~ through).rows if row[0] == 'View Text' -%}
                {%- set view.text = row[1] -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set numbers = first_row(
            "select shiftrightunsigned(xxhash64(coalesce(max(reading_id), 0), '" ~ code_hash() ~ "', '" ~ local_md5(view.text)
            ~ "'), 1), coalesce(max(read_number), 0) from " ~ read_from
        ) -%}
        {%- set reading = numbers[0] -%}
        {%- set followed = namespace(number=0) -%}
        {%- if is_incremental() -%}
            {%- set followed.number = first_row(
                'select coalesce(max(case when reading_id = ' ~ reading ~ ' then read_number end), 0) from ' ~ this
            )[0] -%}
        {%- endif -%}
        {%- do set_loading_state({
            'reading_id': reading,
            'read_number': numbers[1],
            'followed_number': followed.number,
        }) -%}
    {%- endif -%}
{%- endmacro %}
