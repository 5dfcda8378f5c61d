"""Consent at the moment of sending: what has landed since the build, and whom it closes.

It only ever closes. A newer withdrawal, restriction, objection or request for erasure holds at once
for whoever uses the identifier that it names; a newer grant opens nothing before the next build, it
only answers an earlier withdrawal of the same identifier among the newer files. What cannot be read
counts against sending, in the files that the build has read as well: it has rejected such rows,
and the person may have said no. So does a no that was said after the generation's as_of_at.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted
from crossbrand.sync.landing import Newer, check_brands, feeds_of, newer_of_all, rows_of
from crossbrand.sync.named import named_sql, without_what_is_judged
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places


@dataclass(frozen=True)
class Unplaced:
    """Newer decisions that close nobody: they name nobody readable, or nobody that is known."""

    nameless: int = 0
    strangers: int = 0


def write_closures(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    newer: Newer,
    places: Places,
    macros: Macros,
) -> Unplaced:
    """Write the temporary table `closures`: customer_id, brand_id, closed (a flag or profiling).

    Returns how many newer decisions close nobody. Raises CrossbrandError where a newer file cannot
    be read, or where the generation cannot tell whose an identifier is.
    """
    connection.execute(
        "create or replace temp table closures "
        "(customer_id varchar, brand_id varchar, closed varchar, said_at double)"
    )
    _write_seeds(connection, places)
    check_brands(connection, newer)
    try:
        newer = without_what_is_judged(connection, generation, newer, places, macros)
        if not newer.files and not newer.read:
            return Unplaced()
        connection.execute(named_sql(connection, generation, newer, places, macros))
        _write_owners(connection, generation, macros)
        _follow_links(connection, generation, places, macros)
    except duckdb.Error as error:
        raise CrossbrandError(
            "A consent file of the landing cannot be read, so "
            f"nothing is sent: {str(error).splitlines()[0]}"
        ) from error
    connection.execute(_CLOSURES)
    row = connection.execute("""
        select
            count(*) filter (where is_nameless),
            count(*) filter (where not is_nameless and not is_known)
        from (
            select
                bool_and(named.identifier_value is null) as is_nameless,
                bool_or(owners.customer_id is not null) as is_known
            from named
            left join owners
                on named.identifier_type = owners.identifier_type
                and named.identifier_value = owners.identifier_value
                and coalesce(owners.brand_id, named.brand_id) = named.brand_id
            where named.origin is not null
            group by named.origin
        )
    """).fetchone()
    return Unplaced(int(row[0]), int(row[1])) if row else Unplaced()


def _write_seeds(connection: duckdb.DuckDBPyConnection, places: Places) -> None:
    seeds = places.project / "seeds"
    for table, name in (("brands_known", "brands.csv"), ("channels_known", "channels.csv")):
        path = quoted(seeds / name)
        connection.execute(
            f"create or replace temp table {table} as from read_csv({path}, all_varchar = true)"
        )


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
create temp table if not exists identifiers_known as
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
select * from known
""")
    connection.execute(_OWNERS)


_OWNERS = """
create or replace temp table owners as
select identifiers_known.*
from identifiers_known
semi join named using (identifier_type, identifier_value)
"""

LINKED = ("contact_id", "email", "phone", "loyalty_card_id", "device_id")
HOPS = 5
"""Rows of newer files that may lie between the identifier that is named and one that is known."""


def _follow_links(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    places: Places,
    macros: Macros,
) -> None:
    """Close whoever only newer files tie to the identifier that is named.

    Somebody who changed their e-mail yesterday and withdraws under the new one today is known by
    the old one. Contacts are always looked at, whoever has the identifier; the other feeds where
    nobody known has it. What stands in one row belongs to one person.
    """
    fresh = connection.execute("select count(*) from named where origin is not null").fetchone()
    if not fresh or not fresh[0]:
        return
    for feed in ["contacts", *(one for one in feeds_of(places) if one != "contacts")]:
        if feed != "contacts" and not connection.execute(_STRANGERS).fetchall():
            return
        files = newer_of_all(connection, generation, places.landing, feed)
        if not files:
            continue
        rows = rows_of(feed, files, places)
        columns = {
            row[0] for row in connection.execute(f"describe select * from {rows}").fetchall()
        }
        forms = [
            f"{{'kind': '{name}', 'value': {_form(macros, name)}}}"
            for name in LINKED
            if name in columns
        ]
        if len(forms) < 2:
            continue
        connection.execute(f"""
create or replace temp table links as
select row_id, brand_id, unnest(identifiers) as identifier
from (
    select
        row_number() over () as row_id,
        landed.brand_id,
        list_filter([{", ".join(forms)}], lambda one: one.value is not null) as identifiers
    from (
        select landed.*, brands_known.country_code as brand_country
        from {rows} as landed
        inner join brands_known on landed.brand_id = brands_known.brand_id
    ) as landed
)
where len(identifiers) > 1
""")
        for _ in range(HOPS):
            before = _count(connection)
            connection.execute(_LINKED if feed == "contacts" else _LINKED + _OF_NOBODY)
            if _count(connection) == before:
                break
            connection.execute(_OWNERS)


def _form(macros: Macros, name: str) -> str:
    text = macros("typed_text", f"cast({name} as varchar)")
    if name == "email":
        return macros("email_key", macros("email_address", text))
    return macros("phone_e164", text, "brand_country") if name == "phone" else text


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select count(*) from named").fetchone()
    return int(row[0]) if row else 0


_STRANGERS = """
select 1
from named
left join owners
    on named.identifier_type = owners.identifier_type
    and named.identifier_value = owners.identifier_value
    and coalesce(owners.brand_id, named.brand_id) = named.brand_id
where
    named.origin is not null
    and named.identifier_value is not null
    and owners.customer_id is null
limit 1
"""

_OF_NOBODY = """
    and not exists (
        select 1 from owners
        where
            owners.identifier_type = named.identifier_type
            and owners.identifier_value = named.identifier_value
            and coalesce(owners.brand_id, named.brand_id) = named.brand_id
    )
"""

_LINKED = """
insert into named
select distinct named.* replace (
    theirs.identifier.kind as identifier_type, theirs.identifier.value as identifier_value
)
from named
inner join links as mine
    on
        named.identifier_type = mine.identifier.kind
        and named.identifier_value = mine.identifier.value
        -- An id of a brand is nobody's at another.
        and (named.brand_id = mine.brand_id or mine.identifier.kind in ('email', 'phone'))
inner join links as theirs
    on
        mine.row_id = theirs.row_id
        and (named.brand_id = theirs.brand_id or theirs.identifier.kind in ('email', 'phone'))
where
    named.origin is not null
    and not exists (
        select 1 from named as there
        where
            there.origin = named.origin
            and there.closed = named.closed
            and there.identifier_type = theirs.identifier.kind
            and there.identifier_value = theirs.identifier.value
    )
"""

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
