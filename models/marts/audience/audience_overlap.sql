with members as (
    select distinct audience_name, customer_id
    from {{ ref('audience_members') }}
),

sizes as (
    select
        audience_name,
        count(*) as customer_count
    from members
    group by audience_name
),

-- Pairs are made through the customers, so the work follows the memberships, not the audiences.
pairs_counted as (
    select
        members.audience_name,
        others.audience_name as other_audience_name,
        count(*) as both_count
    from members
    inner join members as others
        on members.customer_id = others.customer_id
    where members.audience_name <> others.audience_name
    group by members.audience_name, others.audience_name
),

overlaps_measured as (
    select
        pairs_counted.audience_name,
        pairs_counted.other_audience_name,
        sizes.customer_count,
        other_sizes.customer_count as other_customer_count,
        pairs_counted.both_count,
        {{ decimal_quotient('pairs_counted.both_count', 'sizes.customer_count', 6) }}
            as both_share,
        {{ decimal_quotient(
            'pairs_counted.both_count',
            '(sizes.customer_count + other_sizes.customer_count - pairs_counted.both_count)',
            6
        ) }} as jaccard_share
    from pairs_counted
    inner join sizes
        on pairs_counted.audience_name = sizes.audience_name
    inner join sizes as other_sizes
        on pairs_counted.other_audience_name = other_sizes.audience_name
)

select * from overlaps_measured
