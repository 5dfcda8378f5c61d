-- depends_on: {{ ref('int_changes__sessions') }}
{{ config(materialized=made_by_key()) }}

-- Where each visit came from. What the link itself says (a message, a share code, utm parameters)
-- beats the referrer, which browsers often withhold.
with sessions as (
    select
        session_id,
        brand_id,
        landing_message_id,
        landing_share_code,
        landing_source,
        landing_medium,
        landing_page_url,
        landing_referrer_url
    from {{ ref('int_engagement__sessions') }}
),

messages as (
    select brand_id, message_id, channel
    from {{ ref('int_communication__messages') }}
),

landing_channels as (
    select match_on, match_value, channel_group
    from {{ ref('landing_channels') }}
),

-- Query strings and fragments are cut: they hold addresses and tokens of people.
urls_parsed as (
    select
        session_id,
        brand_id,
        landing_message_id,
        landing_share_code,
        {{ lower_case('landing_source') }} as landing_source,
        {{ lower_case('landing_medium') }} as landing_medium,
        split_part(split_part(landing_page_url, '?', 1), '#', 1) as landing_page_url,
        nullif({{ url_domain('landing_page_url') }}, '') as page_domain,
        nullif({{ url_domain('landing_referrer_url') }}, '') as referrer_domain
    from sessions
),

domains as (
    select distinct referrer_domain
    from urls_parsed
    where referrer_domain is not null
),

-- A name of the seed stands as a whole label in the domain: google in www.google.cz and in
-- news.google.com, never in notgoogle.com. Where two do, the first in the alphabet decides.
domains_matched as (
    select
        domains.referrer_domain,
        min(landing_channels.channel_group) as channel_group
    from domains
    inner join landing_channels
        on
            landing_channels.match_on = 'referrer'
            and '.' || domains.referrer_domain || '.'
            like '%.' || landing_channels.match_value || '.%'
    group by domains.referrer_domain
),

landings_grouped as (
    select
        urls_parsed.session_id,
        urls_parsed.landing_page_url,
        case
            when urls_parsed.referrer_domain = urls_parsed.page_domain then null
            else urls_parsed.referrer_domain
        end as referrer_domain,
        case
            when messages.channel <> 'email' then 'message'
            when urls_parsed.landing_message_id is not null then 'email'
            when urls_parsed.landing_share_code is not null then 'referral'
            when mediums.channel_group is not null then mediums.channel_group
            when sources.channel_group is not null then sources.channel_group
            when
                urls_parsed.landing_medium is not null or urls_parsed.landing_source is not null
                then 'other'
            when urls_parsed.referrer_domain is null then 'direct'
            when urls_parsed.referrer_domain = urls_parsed.page_domain then 'direct'
            when domains_matched.channel_group is not null then domains_matched.channel_group
            else 'referral'
        end as channel_group
    from urls_parsed
    left join messages
        on
            urls_parsed.brand_id = messages.brand_id
            and urls_parsed.landing_message_id = messages.message_id
    left join landing_channels as mediums
        on
            mediums.match_on = 'utm_medium'
            and urls_parsed.landing_medium = mediums.match_value
    left join landing_channels as sources
        on
            sources.match_on = 'utm_source'
            and urls_parsed.landing_source = sources.match_value
    left join domains_matched
        on urls_parsed.referrer_domain = domains_matched.referrer_domain
)

select * from landings_grouped
