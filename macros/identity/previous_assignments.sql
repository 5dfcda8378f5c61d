{#
    The query for which customer each node belonged to when the warehouse was last built.

    Returns: SQL text that selects node_key, customer_id, redirect_count; no rows before the first build.
    Traps: it reads int_identity__last_assignments as the previous build left it. That model is rewritten
    after identity_redirects, so it cannot be a ref() there: the graph would be a circle. A warehouse
    that was built before redirects were counted is read as one without any.
#}
{% macro previous_assignments() -%}
    {%- set previous = load_relation(this.incorporate(path={
        'schema': crossbrand.intermediate_schema(), 'identifier': 'int_identity__last_assignments'})) if execute -%}
    {%- if previous -%}
        {%- set columns = adapter.get_columns_in_relation(previous) | map(attribute='name') | list -%}
        select
            node_key,
            customer_id,
            {{ 'redirect_count' if 'redirect_count' in columns else 'cast(0 as bigint) as redirect_count' }}
        from {{ previous }}
    {%- else -%}
        select
            cast(null as {{ type_string() }}) as node_key,
            cast(null as {{ type_string() }}) as customer_id,
            cast(null as bigint) as redirect_count
        where 1 = 2
    {%- endif -%}
{%- endmacro %}


{# The schema of the intermediate models, as generate_schema_name gives it. #}
{% macro intermediate_schema() -%}
    {{ return(generate_schema_name('intermediate', none) | trim) }}
{%- endmacro %}
