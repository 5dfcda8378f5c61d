-- A balance below 0 is shown as it is and never mended in silence: somebody spent points that the
-- data do not know, and only the programme's own ledger can tell which.
with point_movements as (
    select
        program_id,
        brand_id,
        event_id,
        loyalty_card_id,
        points,
        points_balance,
        occurred_at
    from {{ ref('int_loyalty__point_movements') }}
),

loyalty_cards as (
    select program_id, brand_id, loyalty_card_id, customer_id, points_balance, is_shared
    from {{ ref('loyalty_cards') }}
),

first_overdrafts as (
    select
        program_id,
        loyalty_card_id,
        event_id,
        points_balance,
        occurred_at,
        row_number() over (
            partition by program_id, loyalty_card_id
            order by occurred_at, points desc, brand_id, event_id
        ) as overdraft_rank,
        min(points_balance) over (partition by program_id, loyalty_card_id) as points_lowest
    from point_movements
    where points_balance < 0
),

conflicts_united as (
    select
        loyalty_cards.program_id,
        loyalty_cards.brand_id,
        loyalty_cards.loyalty_card_id,
        loyalty_cards.customer_id,
        case
            when loyalty_cards.points_balance < 0 then 'negative_balance' else 'overdrawn_before'
        end as conflict_kind,
        first_overdrafts.event_id,
        loyalty_cards.points_balance,
        first_overdrafts.points_lowest,
        first_overdrafts.occurred_at
    from loyalty_cards
    inner join first_overdrafts
        on
            loyalty_cards.program_id = first_overdrafts.program_id
            and loyalty_cards.loyalty_card_id = first_overdrafts.loyalty_card_id
            and first_overdrafts.overdraft_rank = 1

    union all

    select
        program_id,
        brand_id,
        loyalty_card_id,
        customer_id,
        'shared_card' as conflict_kind,
        cast(null as {{ type_string() }}) as event_id,
        points_balance,
        cast(null as decimal(18, 2)) as points_lowest,
        cast(null as timestamp) as occurred_at
    from loyalty_cards
    where is_shared
)

select * from conflicts_united
