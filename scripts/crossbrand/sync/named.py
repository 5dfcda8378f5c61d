"""Who is named by what has landed, as SQL: the last word of each identifier on each channel."""

from __future__ import annotations

import duckdb

from crossbrand.paths import quoted
from crossbrand.sync.channels import FLAGS, REACHED_AS
from crossbrand.sync.judged import (
    answers_sql,
    as_of_sql,
    consents_judged_sql,
    requests_judged_sql,
    typed,
)
from crossbrand.sync.landing import CONSENTS, MESSAGES, REQUESTS, Newer, landed_rows
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places


def without_what_is_judged(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    newer: Newer,
    places: Places,
    macros: Macros,
) -> Newer:
    """Of the files that the build has read keep only feeds with a row that it has not judged.

    That is one look at a few columns; mostly nothing is left, and the identifiers of a history of
    years need not be read.
    """
    as_of = as_of_sql(connection, generation)
    kept: list[tuple[str, str]] = []
    for feed in (CONSENTS, REQUESTS):
        read = Newer(read=tuple((feed, path) for path in newer.read_of(feed)))
        if not read.read:
            continue
        is_consent = feed == CONSENTS
        judge = consents_judged_sql if is_consent else requests_judged_sql
        row = connection.execute(
            f"select count(*) from ({judge(landed_rows(feed, read, places), macros, as_of)}) "
            "where is_closing and (is_rejected or is_later)"
        ).fetchone()
        if row and row[0]:
            kept += read.read
    kept += _messages_asked_for(connection, newer, places, macros)
    return Newer(newer.files, tuple(kept))


def _messages_asked_for(
    connection: duckdb.DuckDBPyConnection, newer: Newer, places: Places, macros: Macros
) -> list[tuple[str, str]]:
    """The read files of messages, where a newer answer names nobody but its message."""
    read = [(MESSAGES, path) for path in newer.read_of(MESSAGES)]
    if not read or not newer.of(MESSAGES):
        return []
    only = Newer(tuple(one for one in newer.files if one[0] == MESSAGES))
    row = connection.execute(
        f"select count(*) from ({answers_sql(only, places, macros)}) where identifiers[1] is null"
    ).fetchone()
    return read if row and row[0] else []


def named_sql(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    newer: Newer,
    places: Places,
    macros: Macros,
) -> str:
    """Who is named, by which identifier, for what: one row per identifier and channel.

    Among what is fresh (newer, or decided after as_of_at) the last word counts, as if nothing else
    had been said. What the build has rejected is answered by the corrected row that has landed
    under the same id, and by a later word of the same identifier that the build has read.
    """
    consents, requests = (landed_rows(feed, newer, places) for feed in (CONSENTS, REQUESTS))
    as_of = as_of_sql(connection, generation)
    closes = " ".join(f"when '{name}' then '{flag}'" for name, flag in REACHED_AS.items())
    return f"""
create or replace temp table named as
with consents_read as (
    {consents_judged_sql(consents, macros, as_of)}
),
consents_addressed as (
    select
        * exclude (email_landed, phone_landed),
        is_newer or is_later as is_fresh,
        {macros("email_address", typed(macros, "email_landed"))} as email,
        {macros("phone_e164", typed(macros, "phone_landed"), "country_code")} as phone
    from consents_read
),
consents_judged as (
    select
        * exclude (email, purpose, decision),
        {macros("email_key", "email")} as email_key,
        purpose as purpose_read
    from consents_addressed
    qualify
        case
            when is_fresh then rank() over (
                partition by brand_id, coalesce(event_id, row_id::varchar), is_fresh
                order by load_date desc nulls first
            )
            else rank() over (
                partition by brand_id, coalesce(event_id, row_id::varchar)
                order by load_date desc nulls first
            )
        end = 1
),
consents_kept as (
    -- A grant must be readable to count; a refusal, or what is neither, counts in any case.
    select
        * exclude (decided_at),
        case when is_readable then decided_at else timestamp '9999-12-31 00:00:00' end as decided_at
    from consents_judged
    where is_closing or is_readable
    qualify
        is_closing
        or not bool_or(is_closing)
            over (partition by brand_id, coalesce(event_id, row_id::varchar), is_fresh)
),
purposes_spread as (
    select consents_kept.*, spread.purpose
    from consents_kept
    inner join (values ('marketing'), ('profiling'), ('cross_brand_profiling')) as spread (purpose)
        on
            consents_kept.purpose_read = spread.purpose
            or coalesce(consents_kept.purpose_read, '')
            not in ('marketing', 'profiling', 'cross_brand_profiling')
),
channels_spread as (
    select purposes_spread.*, channels_known.channel as channel_named
    from purposes_spread
    inner join channels_known
        on
            purposes_spread.channel in (
                channels_known.channel, lower(channels_known.channel_name)
            )
            or purposes_spread.channel is null
            or (
                purposes_spread.is_closing
                and purposes_spread.channel not in (select channel from channels_known)
                and purposes_spread.channel not in (select lower(channel_name) from channels_known)
            )
),
identifiers_said as (
    select
        row_id, brand_id, is_closing, is_fresh, is_rejected, decided_at, purpose, channel_named,
        load_date,
        unnest(case
            when coalesce(contact_id, email_key, phone) is null then [null]
            else list_filter([
                {{'kind': 'contact_id', 'value': contact_id}},
                {{'kind': 'email', 'value': email_key}},
                {{'kind': 'phone', 'value': phone}}
            ], lambda named: named.value is not null)
        end) as identifier
    from channels_spread
),
answers_judged as (
    {answers_sql(newer, places, macros)}
),
answers_spread as (
    select
        -answers_judged.row_id as row_id,
        answers_judged.brand_id,
        true as is_closing,
        true as is_fresh,
        false as is_rejected,
        answers_judged.said_at as decided_at,
        'marketing' as purpose,
        channels_known.channel as channel_named,
        answers_judged.load_date,
        unnest(answers_judged.identifiers) as identifier
    from answers_judged
    inner join channels_known
        on
            answers_judged.channel in (channels_known.channel, lower(channels_known.channel_name))
            or coalesce(answers_judged.channel, '') not in (
                select channel from channels_known
                union all
                select lower(channel_name) from channels_known
            )
),
identifiers_spread as (
    select * from identifiers_said
    union all by name
    select * from answers_spread
),
last_words as (
    select *
    from identifiers_spread
    qualify row_number() over (
        partition by brand_id, identifier.kind, identifier.value, purpose, channel_named, is_fresh,
            case when identifier is null then row_id end
        order by decided_at desc, is_closing desc
    ) = 1
),
requests_read as (
    {requests_judged_sql(requests, macros, as_of)}
),
requests_kept as (
    select *
    from requests_read
    qualify
        is_newer
        or is_later
        or request_id is null
        or rank() over (
            partition by brand_id, request_id order by load_date desc nulls first
        ) = 1
),
requests_spread as (
    select
        requests_kept.is_newer or requests_kept.is_later as is_fresh,
        requests_kept.brand_id,
        requests_kept.controller_id,
        requests_kept.requested_at,
        requests_kept.request_id,
        requests_kept.load_date,
        kinds.kind,
        case kinds.kind
            when 'email' then {macros("email_address", "identifier_value")}
            when 'phone' then {macros("phone_e164", "identifier_value", "country_code")}
            else identifier_value
        end as address
    from requests_kept
    inner join (values ('email'), ('phone'), ('loyalty_card_id'), ('contact_id')) as kinds (kind)
        on
            requests_kept.identifier_type = kinds.kind
            or coalesce(requests_kept.identifier_type, '')
            not in ('email', 'phone', 'loyalty_card_id', 'contact_id')
    where is_closing and (is_newer or is_later or is_rejected)
)
select
    brand_id,
    brand_id as closed_at_brand_id,
    null as closed_at_controller_id,
    identifier.kind as identifier_type,
    identifier.value as identifier_value,
    case purpose
        when 'marketing' then case channel_named {closes} else channel_named end
        else 'profiling'
    end as closed,
    purpose = 'cross_brand_profiling' as is_everywhere,
    decided_at as said_at,
    cast(load_date + interval '2' day as timestamp) as landed_at,
    case when is_fresh then 'consent ' || row_id end as origin
from last_words
where is_closing and (is_fresh or (is_rejected and identifier is not null))
union
select
    brand_id,
    null,
    controller_id,
    kind,
    case kind when 'email' then {macros("email_key", "address")} else address end,
    unnest([{", ".join(quoted(flag) for flag in (*FLAGS, "profiling"))}]),
    false,
    requested_at,
    cast(load_date + interval '2' day as timestamp),
    case when is_fresh then 'request ' || brand_id || ' ' || coalesce(request_id, '') end
from requests_spread
where is_fresh or address is not null
"""
