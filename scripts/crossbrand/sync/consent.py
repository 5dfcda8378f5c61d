"""Consent at the moment of sending: what has landed since the build, and whom it closes.

It only ever closes. A newer withdrawal, restriction, objection or request for erasure holds at once
for whoever uses the identifier that it names; a newer grant opens nothing before the next build, it
only answers an earlier withdrawal of the same identifier among the newer files. What cannot be read
counts against sending, in the files that the build has read as well: it has rejected such rows,
and the person may have said no. So does a no that was said after the generation's as_of_at.
"""

from __future__ import annotations

import glob
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted
from crossbrand.sync.channels import FLAGS
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places

FEEDS = ("consent_events", "privacy_requests")
# A channel of the landing without a permission of its own closes the one it is reached by.
CLOSES = {"vms": "call"}

FILE_PARTS = 4
ZERO_ROWS = Path("brand=none") / "load_date=1970-01-01" / "zero_rows.parquet"


@dataclass(frozen=True)
class Newer:
    """What has landed since: files by feed, in a total order, with their size."""

    files: tuple[tuple[str, str, int], ...] = ()
    read: tuple[tuple[str, str], ...] = ()
    """Feed and path of the files that the generation has read, as they are now."""

    def of(self, feed: str) -> list[str]:
        """Paths of the newer files of one feed."""
        return [path for name, path, _ in self.files if name == feed]

    def read_of(self, feed: str) -> list[str]:
        """Paths of the files of one feed that the generation has read."""
        return [path for name, path in self.read if name == feed]


def find_newer(
    connection: duckdb.DuckDBPyConnection, generation: Generation, landing: Path
) -> Newer:
    """The consent files that the generation has not read, or not as they are now.

    Raises CrossbrandError where there is no landing folder, or one that has lost what the
    generation read: without it nobody can tell whether a withdrawal has come meanwhile.
    """
    if not landing.is_dir():
        raise CrossbrandError(
            f"There is no landing folder at {landing}, so withdrawals newer than the generation "
            "cannot be seen, and nothing is sent. Name yours in CROSSBRAND_LANDING."
        )
    known = _files_read(connection, generation)
    _check_landing(landing, known)
    files = []
    read = []
    for feed in FEEDS:
        for path in (landing / feed).glob("brand=*/load_date=*/*.parquet"):
            status = path.stat()
            size, modified_at = known.get(path.relative_to(landing).as_posix(), (None, None))
            touched_at = datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None)
            is_as_read = size == status.st_size and modified_at in (None, touched_at)
            if is_as_read:
                read.append((feed, str(path)))
            else:
                files.append((feed, str(path), status.st_size))
    return Newer(tuple(sorted(files)), tuple(sorted(read)))


def _files_read(
    connection: duckdb.DuckDBPyConnection, generation: Generation
) -> dict[str, tuple[int | None, datetime | None]]:
    """Size and time of change, where recorded, of the files that the generation has read."""
    columns = generation.tables["_generation_files"]
    size = next((name for name in ("size_bytes", "size", "byte_count") if name in columns), "null")
    modified = "modified_at" if "modified_at" in columns else "null"
    rows = connection.execute(
        "select feed, brand_id, cast(load_date as varchar), file_name, "
        f"{size}, cast({modified} as timestamp) from published._generation_files"
    ).fetchall()
    known: dict[str, tuple[int | None, datetime | None]] = {}
    for feed, brand, load_date, name, bytes_, modified_at in rows:
        parts = str(name).split("/")[-FILE_PARTS:]
        if len(parts) < FILE_PARTS:
            parts = [feed, f"brand={brand}", f"load_date={load_date}", parts[-1]]
        if Path(*parts[1:]) != ZERO_ROWS:
            known["/".join(parts)] = (bytes_, modified_at)
    return known


def _check_landing(landing: Path, known: Collection[str]) -> None:
    """The newest consent files that the generation read must still be there, at each brand.

    Older ones may have been archived. A generation that read no consents must find one of its
    other files.
    """
    newest: dict[tuple[str, str], list[str]] = {}
    for relative in sorted(known):
        feed, brand, _, _ = relative.split("/")
        if feed in FEEDS:
            day = relative.rsplit("/", 1)[0]
            same_day = [one for one in newest.get((feed, brand), []) if one.startswith(f"{day}/")]
            newest[feed, brand] = [*same_day, relative]
    lost = [one for group in newest.values() for one in group if not (landing / one).is_file()]
    if not newest and known and not any((landing / one).is_file() for one in known):
        lost = [min(known)]
    if lost:
        raise CrossbrandError(
            f"The landing folder {landing} has lost {min(lost)}, which the generation has read, so "
            "newer withdrawals may be missing as well, and nothing is sent. Mount or restore it, "
            "name yours in CROSSBRAND_LANDING, or run `crossbrand build` on what is there."
        )


def write_closures(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    newer: Newer,
    places: Places,
    macros: Macros,
) -> int:
    """Write the temporary table `closures`: customer_id, brand_id, closed (a flag or profiling).

    Returns how many newer rows name nobody that can be read. Raises CrossbrandError where a newer
    file cannot be read, or where the generation cannot tell whose an identifier is.
    """
    connection.execute(
        "create or replace temp table closures "
        "(customer_id varchar, brand_id varchar, closed varchar, said_at double)"
    )
    _write_seeds(connection, places)
    _check_brands(connection, newer)
    try:
        newer = _without_what_is_judged(connection, generation, newer, places, macros)
        if not newer.files and not newer.read:
            return 0
        connection.execute(_named_sql(connection, generation, newer, places, macros))
    except duckdb.Error as error:
        raise CrossbrandError(
            "A consent file of the landing cannot be read, so "
            f"nothing is sent: {str(error).splitlines()[0]}"
        ) from error
    _write_owners(connection, generation, macros)
    connection.execute(_CLOSURES)
    row = connection.execute("select count(*) from named where identifier_value is null").fetchone()
    return int(row[0]) if row else 0


def _write_seeds(connection: duckdb.DuckDBPyConnection, places: Places) -> None:
    seeds = places.project / "seeds"
    for table, name in (("brands_known", "brands.csv"), ("channels_known", "channels.csv")):
        path = quoted(seeds / name)
        connection.execute(
            f"create or replace temp table {table} as from read_csv({path}, all_varchar = true)"
        )


def _check_brands(connection: duckdb.DuckDBPyConnection, newer: Newer) -> None:
    """A consent file of a brand that nobody knows would close nothing, so it stops everything."""
    brands = {
        str(row[0]) for row in connection.execute("select brand_id from brands_known").fetchall()
    }
    paths = [path for _, path, _ in newer.files] + [path for _, path in newer.read]
    for path in paths:
        folder = Path(path).parent.parent
        brand = unquote(folder.name.removeprefix("brand="))
        if brand not in brands:
            raise CrossbrandError(
                f"There are consents or requests in {folder}, and seeds/brands.csv has no brand "
                f"{brand!r}, so nobody can tell whom they close, and nothing is sent. Rename the "
                "folder, or add the brand."
            )


def _landed(feed: str, newer: Newer, places: Places) -> str:
    """The rows of newer files and of those that are to be judged once more, as they landed."""
    zero_rows = str(places.project / "models" / "staging" / "zero_rows" / feed / ZERO_ROWS)
    read = newer.read_of(feed)
    # A name may hold what would be a pattern.
    files = ", ".join(quoted(glob.escape(path)) for path in [*newer.of(feed), *read, zero_rows])
    # Whatever is not known as read is newer, and no file is called by the empty name.
    read_files = ", ".join(quoted(path) for path in ["", *read])
    return (
        f"(select *, landing_file not in ({read_files}) as is_newer, "
        "url_decode(regexp_extract(landing_file, '/brand=([^/]*)/', 1)) as brand_id, "
        "url_decode(regexp_extract(landing_file, '/load_date=([^/]*)/', 1)) as load_date_text "
        f"from read_parquet([{files}], union_by_name = true, hive_partitioning = false, "
        f"filename = 'landing_file') where landing_file <> {quoted(zero_rows)})"
    )


def _without_what_is_judged(
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
    as_of = _as_of_sql(connection, generation)
    kept: list[tuple[str, str]] = []
    for feed in FEEDS:
        read = Newer(read=tuple((feed, path) for path in newer.read_of(feed)))
        if not read.read:
            continue
        is_consent = feed == "consent_events"
        judge = _consents_judged_sql if is_consent else _requests_judged_sql
        row = connection.execute(
            f"select count(*) from ({judge(_landed(feed, read, places), macros, as_of)}) "
            "where is_closing and (is_rejected or is_later)"
        ).fetchone()
        if row and row[0]:
            kept += read.read
    return Newer(newer.files, tuple(kept))


def _as_of_sql(connection: duckdb.DuckDBPyConnection, generation: Generation) -> str:
    """As of when the generation was built; what was decided later it has not heard."""
    if "as_of_at" in generation.tables["_generation"]:
        row = connection.execute("select as_of_at::varchar from published._generation").fetchone()
        if row and row[0] is not None:
            return f"timestamp {quoted(row[0])}"
    return "timestamp '9999-12-31 00:00:00'"


def _text(macros: Macros, column: str) -> str:
    return macros("typed_text", f"cast({column} as varchar)")


def _plausible(column: str) -> str:
    return (
        f"coalesce({column} >= timestamp '1990-01-01 00:00:00' "
        f"and {column} <= load_date + interval '2' day, false)"
    )


def _consents_judged_sql(consents: str, macros: Macros, as_of: str) -> str:
    """Consents as they landed: whether they close, can be read, have been judged by the build."""
    return f"""
    with typed as (
        select
            row_number() over () as row_id,
            landed.is_newer,
            landed.brand_id,
            brands_known.country_code,
            {macros("typed_date", "load_date_text")} as load_date,
            {_text(macros, "consent_event_id")} as event_id,
            {_text(macros, "contact_id")} as contact_id,
            landed.email as email_landed,
            landed.phone as phone_landed,
            lower({_text(macros, "purpose")}) as purpose,
            lower({_text(macros, "channel")}) as channel,
            lower({_text(macros, "decision")}) as decision,
            {macros("typed_timestamp", _text(macros, "decided_at"))} as decided_at
        from {consents} as landed
        inner join brands_known on landed.brand_id = brands_known.brand_id
    ),
    judged as (
        select
            *,
            coalesce(decision, '') <> 'granted' as is_closing,
            {_plausible("decided_at")}
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


def _requests_judged_sql(requests: str, macros: Macros, as_of: str) -> str:
    """Requests as they landed, like consents."""
    return f"""
    with typed as (
        select
            landed.is_newer,
            landed.brand_id,
            brands_known.controller_id,
            brands_known.country_code,
            {macros("typed_date", "load_date_text")} as load_date,
            {_text(macros, "request_id")} as request_id,
            lower({_text(macros, "request_type")}) as request_type,
            lower({_text(macros, "identifier_type")}) as identifier_type,
            {_text(macros, "identifier_value")} as identifier_value,
            {macros("typed_timestamp", _text(macros, "requested_at"))} as requested_at
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
        or not {_plausible("requested_at")} as is_rejected,
        coalesce(requested_at > {as_of}, false) as is_later
    from typed
"""


def _named_sql(
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
    consents, requests = (_landed(feed, newer, places) for feed in FEEDS)
    as_of = _as_of_sql(connection, generation)
    closes = " ".join(f"when '{name}' then '{flag}'" for name, flag in CLOSES.items())
    return f"""
create or replace temp table named as
with consents_read as (
    {_consents_judged_sql(consents, macros, as_of)}
),
consents_addressed as (
    select
        * exclude (email_landed, phone_landed),
        is_newer or is_later as is_fresh,
        {macros("email_address", _text(macros, "email_landed"))} as email,
        {macros("phone_e164", _text(macros, "phone_landed"), "country_code")} as phone
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
identifiers_spread as (
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
    {_requests_judged_sql(requests, macros, as_of)}
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
    cast(load_date + interval '2' day as timestamp) as landed_at
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
    cast(load_date + interval '2' day as timestamp)
from requests_spread
where is_fresh or address is not null
"""


def _write_owners(
    connection: duckdb.DuckDBPyConnection, generation: Generation, macros: Macros
) -> None:
    """Whose the named identifiers are: `owners`, by customer_identifiers and by the profiles."""
    has_identifiers = "customer_identifiers" in generation.tables
    if not has_identifiers:
        row = connection.execute(
            "select count(*) from named where identifier_type = 'contact_id'"
        ).fetchone()
        if row and row[0]:
            raise CrossbrandError(
                f"{row[0]} newer decisions name a contact by its id, and the generation has no "
                "customer_identifiers to tell whose it is, so nothing is sent. Publish that mart "
                "to the role activation, or build again, which reads those decisions."
            )
    identifiers = """
        union
        select customer_id, identifier_type, identifier_value, brand_id
        from published.customer_identifiers
        where unusable_reason is distinct from 'placeholder'
    """
    connection.execute(f"""
create or replace temp table owners as
with profiles as (
    select customer_id, brand_id, email, phone, loyalty_card_id from published.sync_profiles
),
known as (
    select customer_id, 'email' as identifier_type,
        {macros("email_key", "email")} as identifier_value, null as brand_id
    from profiles where email is not null
    union
    select customer_id, 'phone', phone, null from profiles where phone is not null
    union
    select customer_id, 'loyalty_card_id', loyalty_card_id, brand_id
    from profiles where loyalty_card_id is not null
    {identifiers if has_identifiers else ""}
)
select known.*
from known
semi join named using (identifier_type, identifier_value)
""")


_CLOSURES = """
insert into closures
select
    owners.customer_id,
    brands_known.brand_id,
    named.closed,
    -- Of a no that nobody knows the time of: when it landed, at the latest.
    max(epoch(least(coalesce(named.said_at, timestamp '9999-12-31 00:00:00'), named.landed_at)))
from named
inner join owners
    on
        named.identifier_type = owners.identifier_type
        and named.identifier_value = owners.identifier_value
        and coalesce(owners.brand_id, named.brand_id) = named.brand_id
inner join brands_known
    on
        brands_known.brand_id = named.closed_at_brand_id
        or brands_known.controller_id = named.closed_at_controller_id
        or named.is_everywhere
group by owners.customer_id, brands_known.brand_id, named.closed
"""
