"""`crossbrand access`: everything that is held on a person, for each brand, and nothing else.

What is theirs is found as for an erasure (docs/privacy.md): the rows that an erasure would remove
are the rows that are shown. So a relative who shares a mailbox is in neither.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml
from rich.console import Console

from crossbrand import __version__
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, open_warehouse, quoted
from crossbrand.privacy import audit
from crossbrand.privacy.access_page import page
from crossbrand.privacy.access_records import Held, held_on
from crossbrand.privacy.described import marts_described, personal_columns
from crossbrand.privacy.merges import keyed
from crossbrand.privacy.places import privacy_folder, write_private
from crossbrand.privacy.resolve import Resolver, Wanted, open_resolver
from crossbrand.privacy.rows import RowReader, seed
from crossbrand.sync.places import find_places

VERSION = 1

# What tells how records were joined, which may speak of others.
INTERNAL = ("identity_", "loyalty_conflicts")

SEEN_AT = """({}, identifier_type, identifier_value) in (
    select
        observations.brand_id, observations.identifier_type, observations.identifier_value
    from intermediate.int_identity__observations as observations
    inner join intermediate.int_identity__set_customers as set_customers
        on observations.identifier_set_id = set_customers.identifier_set_id
    where set_customers.customer_id = $customer
)"""

UNKNOWN = "unknown-brand"
"""Stands for the brands that seeds/brands.csv does not have: nobody can use their rows."""

PURPOSES = {
    "contract": "To deliver what was ordered, to take it back, and to keep accounts.",
    "marketing": "To write to you on the channels that you permitted.",
    "profiling": "To work out what may interest you from what you bought and looked at.",
    "cross_brand_profiling": "To do so over several brands, where you permitted it at each.",
    "third_party_sharing": "To pass data on to others, where you permitted it.",
}
DECISION_COLUMNS = ("decided_at", "purpose", "channel", "decision", "legal_basis", "_source")


@dataclass(frozen=True)
class AccessRequest:
    """The command line as it was given; one of identifier, request and customer."""

    identifier: str | None = None
    request: str | None = None
    customer: str | None = None
    brand: str | None = None
    controller: str | None = None
    out: Path | None = None


def access(request: AccessRequest, paths: Paths, console: Console) -> list[Path]:
    """Write a JSON file and a page for each brand that knows the person; returns the pages.

    Raises CrossbrandError where nobody, or more than one, is found.
    """
    reader = RowReader(paths.project)
    with open_warehouse(paths.warehouse) as connection:
        resolver = open_resolver(connection, paths, reader)
        controller, customer = _find(request, resolver)
        brands = [request.brand] if request.brand else list(resolver.brands_of(controller))
        with console.status("looking through the landing"):
            held = held_on(resolver, controller, customer, paths)
        if unread := resolver.unread_files(paths):
            console.print(
                f"{unread:,} landing files have not been read by the warehouse, which might know "
                "more of the person with them: `crossbrand build` first."
            )
        written = {}
        out = (request.out or privacy_folder(paths).root / "access").resolve()
        for brand in [*brands, *([] if request.brand else [UNKNOWN])]:
            document = _document(connection, resolver, paths, customer, brand, controller, held)
            if document is None:
                continue
            # What came under an unknown brand is looked for as each controller reads it.
            stem = f"{brand}-{controller}" if brand == UNKNOWN else brand
            stem += f"-{customer}"
            text = json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"
            write_private(out / f"{stem}.json", text)
            write_private(out / f"{stem}.html", page(document))
            rows = sum(len(feed["records"]) for feed in document["feeds"].values())
            console.print(f"{brand}: {rows:,} records, {out / f'{stem}.html'}", soft_wrap=True)
            written[brand] = out / f"{stem}.html"
    if not written:
        raise CrossbrandError("No brand that was named holds anything on this person.")
    audit.record(
        privacy_folder(paths),
        "access",
        access_id=secrets.token_hex(4),
        customer=keyed(privacy_folder(paths), "customer", customer),
        brands=list(written),
        request=request.request,
        answers_in=str(out),
    )
    return list(written.values())


def _find(request: AccessRequest, resolver: Resolver) -> tuple[str, str]:
    given = [request.identifier, request.request, request.customer]
    if sum(one is not None for one in given) != 1:
        raise CrossbrandError("Say who: --identifier TYPE=VALUE, --request ID or --customer ID.")
    if request.request is not None:
        found = [
            one
            for one in resolver.pending("access")
            if one.request and request.request in (one.request[1], ":".join(one.request))
        ]
        if len(found) != 1:
            raise CrossbrandError(
                f"{request.request!r} names {'no' if not found else 'more than one'} request for "
                "access that the warehouse has read. Give it as BRAND:REQUEST_ID."
            )
        wanted = found[0]
    else:
        controller, brand = resolver.controller_of(request.brand, request.controller)
        if request.customer is not None:
            _refuse_suspect(resolver, request.customer)
            return controller, request.customer
        kind, value = resolver.read_identifier(request.identifier or "", brand)
        wanted = Wanted(controller, kind, value, brand=request.brand)
    customers = resolver.customers(wanted)
    if len(customers) != 1:
        why = "Nobody is" if not customers else f"{len(customers)} people are"
        raise CrossbrandError(
            f"{why} known under {wanted.label}. Name a contact id or a card of the one who asked, "
            "or the customer with --customer."
        )
    _refuse_suspect(resolver, customers[0])
    return wanted.controller_id, customers[0]


def _refuse_suspect(resolver: Resolver, customer: str) -> None:
    """An answer to one of two people would tell them of the other."""
    if resolver.suspects([customer]):
        raise CrossbrandError(
            "The records of this customer contradict one another, so they may be two people's "
            "(identity_conflicts says why). Part them in seeds/identity_decisions.csv and build."
        )


def _document(
    connection: duckdb.DuckDBPyConnection,
    resolver: Resolver,
    paths: Paths,
    customer: str,
    brand: str,
    controller: str,
    held: Held,
) -> dict[str, Any] | None:
    feeds: dict[str, dict[str, Any]] = {}
    for (name, of), rows in sorted(held.records.items()):
        if of == brand or (brand == UNKNOWN and of not in resolver.brands):
            feed = {"description": _feed_description(resolver, name), "records": []}
            feeds.setdefault(name, feed)["records"] += rows
    derived = {} if brand == UNKNOWN else _derived(connection, paths, customer, brand)
    if not feeds and not any(
        _is_of(brand, row) for mart in derived.values() for row in mart["rows"]
    ):
        return None
    consents = sorted(
        (
            {name: row.get(name) for name in DECISION_COLUMNS}
            for row in feeds.get("consent_events", {}).get("records", ())
        ),
        key=lambda row: str(row["decided_at"]),
    )
    about = resolver.brands.get(brand) or {
        "brand_name": "brands that are not set up here",
        "controller_id": controller,
    }
    return {
        "version": VERSION,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": __version__,
        "as_of_at": resolver.as_of(),
        "brand_id": brand,
        "brand_name": about["brand_name"],
        "controller_id": about["controller_id"],
        "customer_id": customer,
        "purposes": PURPOSES,
        "consents": consents,
        "feeds": feeds,
        "derived": derived,
        "decisions": held.decisions,
        "recipients": _recipients(paths, customer, brand),
        "retention": _retention(paths),
        "left_out": [
            "Records that name only an identifier which several people share: whose they are is "
            "not known.",
            "Which identifiers joined your records, since these may be of others, too.",
            *(
                [f"{held.doubtful} rows that name you and may be somebody else's."]
                if held.doubtful
                else []
            ),
            "Backups, and what platforms keep that were told of you; ask them as well.",
        ],
    }


def _is_of(brand: str, row: dict[str, Any]) -> bool:
    """Whether a row of a mart is about them at the brand, and not at all brands together."""
    return brand in (row.get("brand_id"), row.get("scope"))


def _feed_description(resolver: Resolver, name: str) -> str:
    if name in resolver.reader.contract:
        return resolver.reader.contract[name].description
    return "Lines of a delivery that could not be read and were put aside."


def _derived(
    connection: duckdb.DuckDBPyConnection, paths: Paths, customer: str, brand: str
) -> dict[str, Any]:
    """Rows of the marts on the person at the brand, each with what its columns mean."""
    described = marts_described(paths.project)
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
        "and database_name = 'warehouse' order by table_name, column_index"
    ).fetchall():
        columns.setdefault(str(table), []).append(str(column))
    found: dict[str, Any] = {}
    for table, names in columns.items():
        if "customer_id" not in names or table.startswith(INTERNAL):
            continue
        # Another customer, who shared a link say, is nobody's business.
        shown = [name for name in names if not name.endswith("_customer_id")]
        place = next((name for name in ("brand_id", "scope") if name in names), None)
        # A row of all brands together is on them as much as one of this brand.
        where = f"and coalesce({place}, 'all') in ({quoted(brand)}, 'all')" if place else ""
        if "identifier_value" in names:
            # An e-mail is of a controller and has no brand: it is told where it was seen.
            seen = SEEN_AT.format(quoted(brand))
            where = f"and ({place} = {quoted(brand)} or ({place} is null and {seen}))"
        if place is None:
            # An address or a name of another brand belongs into that brand's answer.
            personal = personal_columns(paths.project, table)
            shown = [name for name in shown if name not in personal]
        rows = connection.execute(
            f"select {', '.join(shown)} from marts.{table} where customer_id = $customer {where} "
            "order by all",
            {"customer": customer},
        ).fetchall()
        if rows:
            about, meanings = described.get(table, ("", {}))
            found[table] = {
                "meaning": about,
                "is_over_all_brands": place is None,
                "columns": {name: meanings.get(name, "") for name in shown},
                "rows": [
                    {
                        name: _plain(value)
                        for name, value in zip(shown, row, strict=True)
                        if value is not None
                    }
                    for row in rows
                ],
            }
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def _recipients(paths: Paths, customer: str, brand: str) -> list[dict[str, Any]]:
    """The platforms that were told of the person at the brand, when, and of which fields."""
    state = find_places(paths).state
    if not state.is_file():
        return []
    connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "select destination, stream, max(acknowledged_at) from acknowledged "
            "where customer_id = ? and brand_id = ? group by destination, stream order by 1, 2",
            [customer, brand],
        ).fetchall()
    except sqlite3.DatabaseError as error:
        raise CrossbrandError(f"{state} cannot be read, so recipients are not known.") from error
    finally:
        connection.close()
    return [
        {
            "destination": name,
            "stream": stream,
            "last_told_at": datetime.fromtimestamp(told, UTC).isoformat(timespec="seconds"),
            "fields": _mapped(paths, name),
        }
        for name, stream, told in rows
    ]


def _mapped(paths: Paths, destination: str) -> list[str]:
    path = paths.project / "destinations" / f"{destination}.yml"
    if not path.is_file():
        return []
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    fields = document.get("fields") or ()
    return sorted(
        str(field.get("from", field.get("field", "")) if isinstance(field, dict) else field)
        for field in fields
    )


def _retention(paths: Paths) -> list[dict[str, str]]:
    """Rows of the seed that says how long what is kept, where the project has it."""
    if not (paths.project / "seeds" / "retention.csv").is_file():
        return []
    return seed(paths.project, "retention")
