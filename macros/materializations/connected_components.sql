{#
    connected_components: turns a model that selects edges into the table of their components.

        {{ config(materialized='connected_components') }}
        select email_id as node_a, contact_id as node_b from ...

    gives one row per node: node_id, component_id. node_id is bigint where both ends are whole numbers,
    else text. component_id is a bigint: the component's least node, or the least of the numbers that
    hash_bigint gives to its texts, so the same whatever the order of the rows. A lone node is written as
    an edge to itself. An edge with a null end is an error.

    How it works, why it ends, what it costs: docs/connected-components.md. The rounds are in
    contract_to_components.
#}
{% materialization connected_components, default %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set components = crossbrand.contract_to_components(this.identifier, sql) -%}
    {%- set written = crossbrand.write_components_table(post_hooks, components.query) -%}
    {%- for scratch_name in components.scratch_names -%}
        {%- do drop_scratch_table(scratch_name) -%}
    {%- endfor -%}
    {{ return(written) }}
{% endmaterialization %}
