with candidates as (
    select
        audience_name,
        customer_id,
        brand_id,
        about,
        about_id,
        channel,
        send_at_hour,
        send_at_weekday,
        is_held_out,
        entered_at
    from {{ ref('audience_candidates') }}
    where excluded_reason is null
)

select * from candidates
