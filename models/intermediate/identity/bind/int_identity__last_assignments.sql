{#
    What the next build compares itself with. It waits for identity_redirects, which still reads the
    assignments of the build before this one.
#}
{{ config(full_refresh=false) }}

-- depends_on: {{ ref('identity_redirects') }}
with

customer_nodes as (
    select * from {{ ref('int_identity__customer_nodes') }}
),

assignments as (
    select
        node_key,
        customer_id
    from customer_nodes
)

select * from assignments
