{{ config(materialized=tells_changes(), key='customer_id') }}

with product_signs as (
    select * from {{ ref('int_value__product_signs') }}
),

product_attributes as (
    select * from {{ ref('int_value__product_attributes') }}
),

profiling_stops as (
    select * from {{ ref('int_privacy__profiling_stops') }}
),

rows_united as (
    select
        product_signs.customer_id,
        {{ hash_relation_row('product_signs') }} as row_hash,
        {{ hash_relation_row('product_attributes') }} as product_hash
    from product_signs
    left join product_attributes
        on
            product_signs.brand_id = product_attributes.brand_id
            and product_signs.product_id = product_attributes.product_id

    union all

    select
        customer_id,
        {{ hash_relation_row('profiling_stops') }} as row_hash,
        null as product_hash
    from profiling_stops
),

-- A sum, since it asks for no order of the rows.
states_summed as (
    select
        customer_id,
        sum(cast({{ hash_relation_row('rows_united') }} as decimal(20, 0))) as state
    from rows_united
    group by customer_id
)

select * from states_summed
