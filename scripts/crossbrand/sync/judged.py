"""What has landed of consents, requests and answers to messages, judged row by row, as SQL."""

from __future__ import annotations

import duckdb

from crossbrand.paths import quoted
from crossbrand.sync.landing import MESSAGES, Newer, landed_rows
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places


def as_of_sql(connection: duckdb.DuckDBPyConnection, generation: Generation) -> str:
    """As of when the generation was built; what was decided later it has not heard."""
    if "as_of_at" in generation.tables["_generation"]:
        row = connection.execute("select as_of_at::varchar from published._generation").fetchone()
        if row and row[0] is not None:
            return f"timestamp {quoted(row[0])}"
    return "timestamp '9999-12-31 00:00:00'"


def typed(macros: Macros, column: str) -> str:
    return macros("typed_text", f"cast({column} as varchar)")


def plausible(column: str) -> str:
    return (
        f"coalesce({column} >= timestamp '1990-01-01 00:00:00' "
        f"and {column} <= load_date + interval '2' day, false)"
    )


def consents_judged_sql(consents: str, macros: Macros, as_of: str) -> str:
    """Consents as they landed: whether they close, can be read, have been judged by the build."""
    return f"""
    with typed as (
        select
            row_number() over () as row_id,
            landed.is_newer,
            landed.brand_id,
            brands_known.country_code,
            {macros("typed_date", "load_date_text")} as load_date,
            {typed(macros, "consent_event_id")} as event_id,
            {typed(macros, "contact_id")} as contact_id,
            landed.email as email_landed,
            landed.phone as phone_landed,
            lower({typed(macros, "purpose")}) as purpose,
            lower({typed(macros, "channel")}) as channel,
            lower({typed(macros, "decision")}) as decision,
            {macros("typed_timestamp", typed(macros, "decided_at"))} as decided_at
        from {consents} as landed
        inner join brands_known on landed.brand_id = brands_known.brand_id
    ),
    judged as (
        select
            *,
            coalesce(decision, '') <> 'granted' as is_closing,
            {plausible("decided_at")}
            and coalesce(purpose in ('marketing', 'profiling', 'cross_brand_profiling'), false)
            as is_readable
        from typed
        where purpose is distinct from 'third_party_sharing'
    )
    select
        *,
        event_id is null or coalesce(decision, '') not in ('granted', 'withdrawn')
        or not is_readable as is_rejected,
        coalesce(decided_at > {as_of}, false) as is_later
    from judged
"""


def requests_judged_sql(requests: str, macros: Macros, as_of: str) -> str:
    """Requests as they landed, like consents."""
    return f"""
    with typed as (
        select
            landed.is_newer,
            landed.brand_id,
            brands_known.controller_id,
            brands_known.country_code,
            {macros("typed_date", "load_date_text")} as load_date,
            {typed(macros, "request_id")} as request_id,
            lower({typed(macros, "request_type")}) as request_type,
            lower({typed(macros, "identifier_type")}) as identifier_type,
            {typed(macros, "identifier_value")} as identifier_value,
            {macros("typed_timestamp", typed(macros, "requested_at"))} as requested_at
        from {requests} as landed
        inner join brands_known on landed.brand_id = brands_known.brand_id
    )
    select
        *,
        coalesce(request_type, '') <> 'access' as is_closing,
        request_id is null
        or coalesce(request_type, '') not in ('erasure', 'restriction', 'objection', 'access')
        or coalesce(identifier_type, '')
        not in ('email', 'phone', 'loyalty_card_id', 'contact_id')
        or identifier_value is null
        or not {plausible("requested_at")} as is_rejected,
        coalesce(requested_at > {as_of}, false) as is_later
    from typed
"""


def answers_sql(newer: Newer, places: Places, macros: Macros) -> str:
    """What people answered to messages: an unsubscription or a complaint, by whoever it names.

    Where the event names nobody, the other events of its message may, in older files as well. A
    complaint is not answered by any grant, and neither is a time that cannot be read.
    """
    landed = landed_rows(MESSAGES, newer, places)
    return f"""
    with typed as (
        select
            row_number() over () as row_id,
            landed.is_newer,
            landed.brand_id,
            {macros("typed_date", "load_date_text")} as load_date,
            {typed(macros, "message_id")} as message_id,
            lower({typed(macros, "event_type")}) as event_type,
            lower({typed(macros, "channel")}) as channel,
            {typed(macros, "contact_id")} as contact_id,
            {typed(macros, "device_id")} as device_id,
            {macros("email_address", typed(macros, "email"))} as email,
            {macros("phone_e164", typed(macros, "phone"), "brands_known.country_code")} as phone,
            {macros("typed_timestamp", typed(macros, "occurred_at"))} as occurred_at
        from {landed} as landed
        inner join brands_known on landed.brand_id = brands_known.brand_id
    ),
    named as (
        select *, {macros("email_key", "email")} as email_key from typed
    ),
    answers as (
        select * from named
        where is_newer and event_type similar to '(unsubscri|complain).*'
    ),
    together as (
        select answers.row_id, named.contact_id, named.device_id, named.email_key, named.phone
        from answers
        inner join named
            on
                answers.row_id = named.row_id
                or (
                    answers.brand_id = named.brand_id and answers.message_id = named.message_id
                    and coalesce(
                        answers.contact_id, answers.device_id, answers.email_key, answers.phone
                    ) is null
                )
    ),
    listed as (
        select
            row_id,
            list_distinct(flatten(list(list_filter([
                {{'kind': 'contact_id', 'value': contact_id}},
                {{'kind': 'device_id', 'value': device_id}},
                {{'kind': 'email', 'value': email_key}},
                {{'kind': 'phone', 'value': phone}}
            ], lambda one: one.value is not null)))) as identifiers
        from together
        group by row_id
    )
    select
        answers.row_id,
        answers.brand_id,
        answers.load_date,
        answers.channel,
        case
            when {plausible("occurred_at")} and event_type like 'unsubscri%' then occurred_at
            else timestamp '9999-12-31 00:00:00'
        end as said_at,
        case
            when len(coalesce(listed.identifiers, [])) > 0 then listed.identifiers
            else [null]
        end as identifiers
    from answers
    left join listed on answers.row_id = listed.row_id
"""
