{#
    Nothing is lost between the landing and staging. Fails with one row of figures where
        landed rows = distinct valid versions + repeats + rejected rows
    does not hold for the feed, or where staging has not exactly one row per valid key, but for the records that
    landing_retention counts as over age. Landed rows are what
    the files' footers say (landing_files), rejected ones what people see (rejected_records), so a
    join that multiplies rows or a filter that drops them cannot cancel out. What `crossbrand land` put aside
    has not landed, and does not count.

    model: the feed's staging model; feed: its name; base_model: the feed's base model; key: the columns that
    identify a record within its brand.
#}
{% test landed_rows_accounted_for(model, feed, base_model, key) %}

with

landed as (
    select coalesce(sum(row_count), 0) as row_count
    from {{ ref('landing_files') }}
    where feed = '{{ feed }}'
),

rejected as (
    select count(*) as row_count
    from {{ ref('rejected_records') }}
    where feed = '{{ feed }}' and refused_by = 'staging'
),

versions as (
    select
        brand_id,
        {{ key | join(', ') }},
        version_hash,
        count(*) as row_count
    from {{ base_model }}
    where reject_reason_code is null
    group by brand_id, {{ key | join(', ') }}, version_hash
),

version_keys as (
    select
        count(*) as version_count,
        sum(row_count - 1) as repeat_count
    from versions
    group by brand_id, {{ key | join(', ') }}
),

valid as (
    select
        count(*) as key_count,
        coalesce(sum(version_count), 0) as version_count,
        coalesce(sum(repeat_count), 0) as repeat_count
    from version_keys
),

-- Over age by seeds/retention.csv: in the landing, and in no mart.
expired as (
    select coalesce(sum(expired_count), 0) as row_count
    from {{ ref('landing_retention') }}
    where feed = '{{ feed }}'
),

staged as (
    select count(*) as row_count
    from {{ model }}
),

figures as (
    select
        landed.row_count as landed_count,
        valid.version_count,
        valid.repeat_count,
        rejected.row_count as rejected_count,
        valid.key_count,
        expired.row_count as expired_count,
        staged.row_count as staged_count
    from landed
    cross join rejected
    cross join valid
    cross join expired
    cross join staged
)

select *
from figures
where
    landed_count <> version_count + repeat_count + rejected_count
    or staged_count + expired_count <> key_count

{% endtest %}
