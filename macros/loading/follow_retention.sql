{#
    Pre-hook of an incremental model on a staging view that leaves out what is over age (is_retained, follow_moment).

    feed: name of the feed.

    A feed that is kept for good has its cut before all that may have happened.
#}
{% macro follow_retention(feed) -%}
    {{ follow_moment(
        'retention',
        "select coalesce(max(cut_at), cast('0001-01-01' as timestamp)) as moment_at from "
        ~ ref('stg_privacy__retention_cuts') ~ " where feed = '" ~ feed ~ "'"
    ) }}
{%- endmacro %}
