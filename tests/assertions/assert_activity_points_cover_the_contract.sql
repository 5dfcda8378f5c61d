-- An event type of the landing contract without points would be worth nothing by accident and not
-- by decision.
with activity_points as (
    select activity_kind
    from {{ ref('activity_points') }}
),

kinds_needed as (
    select activity_kind
    from (
        values
        {%- for feed, prefix in {
            'events': 'web', 'message_events': 'message', 'loyalty_events': 'loyalty'
        }.items() %}
            {%- for source in graph.sources.values() | selectattr('name', 'equalto', feed) %}
                {%- for kind in source.columns['event_type'].config.meta['values'] %}
                    ('{{ prefix }}_{{ kind }}'),
                {%- endfor %}
            {%- endfor %}
        {%- endfor %}
        ('order'),
        ('return'),
        ('review'),
        ('survey_answer'),
        ('service_interaction')
    ) as kinds (activity_kind)
)

select kinds_needed.activity_kind
from kinds_needed
left join activity_points
    on kinds_needed.activity_kind = activity_points.activity_kind
where activity_points.activity_kind is null
