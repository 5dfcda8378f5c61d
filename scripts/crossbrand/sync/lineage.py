"""What became of people between two generations: erased, or one with another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.sync.places import Generation, Places

UNITING = frozenset({"merge", "earlier_founder", "founder_gone"})
"""Reasons of a redirect with which the whole customer has become another one."""


@dataclass(frozen=True)
class Deletion:
    """An erasure that has been done here and is to be done at the destinations."""

    deletion_id: str
    customer_id: str
    brand_id: str | None
    erased_at: datetime


def load_deletions(
    connection: duckdb.DuckDBPyConnection, generation: Generation, places: Places
) -> list[Deletion]:
    """From the file of deletions and the table `deletions` of the generation, where there are any.

    Raises CrossbrandError for a line that cannot be read: an erasure must not be passed over.
    """
    rows: list[tuple[str, Mapping[str, Any]]] = []
    if "deletions" in generation.tables:
        names = ("deletion_id", "customer_id", "brand_id", "erased_at")
        for row in connection.execute(
            f"select {', '.join(names)} from published.deletions"
        ).fetchall():
            rows.append(("the table deletions", dict(zip(names, row, strict=True))))
    if places.deletions.is_file():
        text = places.deletions.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                where = f"{places.deletions}, line {number}"
                try:
                    rows.append((where, dict(json.loads(line))))
                except (ValueError, TypeError) as error:
                    raise CrossbrandError(
                        f"{where} is no JSON object, so nothing is sent: an erasure must not be "
                        "passed over."
                    ) from error
    # One erasure is of as many people as asked at once.
    found: dict[tuple[str, str, str], Deletion] = {}
    for where, document in rows:
        try:
            at = document["erased_at"]
            at = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
            at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            deletion_id, customer_id = str(document["deletion_id"]), str(document["customer_id"])
        except (KeyError, ValueError) as error:
            raise CrossbrandError(
                f"{where} needs deletion_id, customer_id and erased_at (ISO 8601), so nothing is "
                "sent: an erasure must not be passed over."
            ) from error
        brand_id = document.get("brand_id")
        brand = str(brand_id) if brand_id else None
        key = (deletion_id, customer_id, brand or "")
        found[key] = Deletion(deletion_id, customer_id, brand, at)
    return [found[key] for key in sorted(found)]


def redirects(
    connection: duckdb.DuckDBPyConnection, generation: Generation, told: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Of these customers those that have become another one: the id now, and which redirect.

    Who is alive under the old id has not, and neither has one whose identifiers went to several
    customers or for another reason than those of UNITING: a merge would give one of the pieces
    what belongs to the others. Chains are followed to their end.
    """
    latest = _latest(connection, generation)
    if not latest:
        return {}
    alive = {
        str(row[0])
        for row in connection.execute("select distinct customer_id from judged").fetchall()
    }
    found = {}
    for old in set(told):
        if old in alive or old not in latest:
            continue
        passed, (new, redirect, _) = {old}, latest[old]
        while new not in alive and new in latest and new not in passed:
            passed.add(new)
            new = latest[new][0]
        if new in alive:
            found[old] = (new, redirect)
    return found


def _latest(
    connection: duckdb.DuckDBPyConnection, generation: Generation
) -> dict[str, tuple[str, str, datetime | None]]:
    """Whom each id that is gone has become as a whole, by which redirect, and when."""
    if "identity_redirects" not in generation.tables:
        return {}
    columns = generation.tables["identity_redirects"]
    count = "earlier_redirect_count"
    earlier = f"coalesce({count}, 0)" if count in columns else "0"
    # The last thing that became of an id: all its redirects of one build.
    rows = connection.execute(f"""
        select old_customer_id, new_customer_id, redirect_id, redirected_at, reason
        from published.identity_redirects
        where not coalesce(is_old_id_alive, false)
        qualify rank() over (
            partition by old_customer_id order by redirected_at desc, {earlier} desc
        ) = 1
        order by redirect_id
    """).fetchall()
    pieces: dict[str, list[tuple[Any, ...]]] = {}
    for old, *piece in rows:
        pieces.setdefault(str(old), []).append(tuple(piece))
    return {
        old: (str(found[0][0]), str(found[0][1]), found[0][2])
        for old, found in pieces.items()
        if len({new for new, *_ in found}) == 1
        and found[0][0] is not None
        and all(reason in UNITING for *_, reason in found)
    }


def erased_since(
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    deletions: Iterable[Deletion],
    told: Iterable[str],
) -> list[tuple[Deletion, str]]:
    """Deletions, and those of these customers who had become the one that was erased.

    What a destination holds under an old id, of somebody whose merge it was never told, is theirs.
    """
    found = []
    latest = _latest(connection, generation)
    by_customer: dict[str, list[Deletion]] = {}
    for one in deletions:
        by_customer.setdefault(one.customer_id, []).append(one)
    for old in sorted(set(told) & latest.keys()):
        passed, customer = {old}, old
        newest = datetime.min
        while customer in latest:
            customer, _, at = latest[customer]
            newest = max(newest, at or newest)
            if customer in passed:
                break
            passed.add(customer)
            found += [
                (one, old) for one in by_customer.get(customer, ()) if newest <= one.erased_at
            ]
    return found


def vanished_by_erasure(
    connection: duckdb.DuckDBPyConnection, generation: Generation, told: Iterable[str]
) -> dict[str, str]:
    """Of these customers those that identity_redirects says were erased, with the redirect."""
    if "identity_redirects" not in generation.tables:
        return {}
    rows = connection.execute(
        "select old_customer_id, min(redirect_id) from published.identity_redirects "
        "where reason = 'erasure' and new_customer_id is null group by 1"
    ).fetchall()
    erased = {str(old): str(redirect) for old, redirect in rows}
    return {one: erased[one] for one in set(told) & erased.keys()}
