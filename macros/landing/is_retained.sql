{#
    Whether a row is young enough to be kept: seeds/retention.csv says how many days, stg_privacy__retention_cuts
    from which moment on that is. Without days for the feed every row is kept, and so is one without a time.

    feed: name of the feed; happened_at: the row's event time, an SQL timestamp expression.

    Traps. Staging views filter by it, so that no mart sees an older row; whatever reads a base model past its view
    has to do so too. A "no" must outlive what it is about, so consents and requests are never asked.
#}
{% macro is_retained(feed, happened_at) -%}
    coalesce({{ happened_at }} >= (
        select retention_cuts.cut_at
        from {{ ref('stg_privacy__retention_cuts') }} as retention_cuts
        where retention_cuts.feed = '{{ feed }}'
    ), true)
{%- endmacro %}
