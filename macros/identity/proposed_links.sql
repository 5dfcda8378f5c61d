{#
    The query for what `crossbrand link-candidates` proposed last: <landing_root>/_candidates/
    identity_candidates.parquet, or no rows where there is no such file.

    Returns: SQL text that selects node_key_a, node_key_b, match_weight, match_probability, the weight of
    each comparison, contradiction and parameters_hash.
    Traps: whether the file exists is asked when the model is compiled, so that a project without
    proposals reads nothing at all. Only DuckDB reads the file; elsewhere there are no proposals.
#}
{% macro proposed_links() -%}
    {{ return(adapter.dispatch('proposed_links', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__proposed_links() -%}
    select
        cast(null as {{ type_string() }}) as node_key_a,
        cast(null as {{ type_string() }}) as node_key_b,
        cast(null as decimal(9, 4)) as match_weight,
        cast(null as decimal(9, 8)) as match_probability,
        cast(null as decimal(9, 4)) as given_name_weight,
        cast(null as decimal(9, 4)) as surname_weight,
        cast(null as decimal(9, 4)) as birth_date_weight,
        cast(null as decimal(9, 4)) as street_weight,
        cast(null as decimal(9, 4)) as postal_code_weight,
        cast(null as {{ type_string() }}) as contradiction,
        cast(null as {{ type_string() }}) as parameters_hash
    where 1 = 2
{%- endmacro %}

{% macro duckdb__proposed_links() -%}
    {%- set path = landing_path() ~ '/_candidates/identity_candidates.parquet' -%}
    {%- if execute and run_query("select count(*) from glob('" ~ path ~ "')").columns[0].values()[0] -%}
        select
            node_key_a,
            node_key_b,
            match_weight,
            match_probability,
            given_name_weight,
            surname_weight,
            birth_date_weight,
            street_weight,
            postal_code_weight,
            contradiction,
            parameters_hash
        from read_parquet('{{ path }}')
    {%- else -%}
        {{ crossbrand.default__proposed_links() }}
    {%- endif -%}
{%- endmacro %}
