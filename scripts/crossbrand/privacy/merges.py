"""A line of the record for each id that was merged, split or given up, by whom and when.

Customer ids are hashes of identifiers, and the record outlives the people in it. So an id stands
there as a keyed hash (`audit.key`): whoever has the key can ask for an id, and nobody else can.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from crossbrand.keys import load_key, load_or_create
from crossbrand.privacy import audit
from crossbrand.privacy.places import PrivacyFolder

EVENT = "identity_changed"
KEY = "audit"
DIGITS = 32


def keyed(folder: PrivacyFolder, kind: str, text: str) -> str:
    """An id as it stands in the record; the key is made with the first of them."""
    return load_or_create(folder.keys, KEY).digest(kind, text)[:DIGITS]


def record_changes(folder: PrivacyFolder, generation_id: str, published: Path) -> int:
    """Write down what a published file says of ids, but for what is written down already."""
    rows = _redirects(published)
    if not rows:
        return 0
    known = {
        entry.get("change") for entry in audit.entries(folder.audit) if entry["event"] == EVENT
    }
    key = load_or_create(folder.keys, KEY)
    lines = []
    for redirect, old, new, reason, at in rows:
        change = key.digest("redirect", redirect)[:DIGITS]
        if change not in known:
            lines.append(
                {
                    "reason": reason,
                    "old_id": key.digest("customer", old)[:DIGITS],
                    "new_id": key.digest("customer", new)[:DIGITS] if new else None,
                    "as_of_at": at,
                    "generation_id": generation_id,
                    "change": change,
                }
            )
    audit.record_many(folder, EVENT, lines)
    return len(lines)


def of_customer(folder: PrivacyFolder, customer_id: str) -> list[dict[str, object]]:
    """The lines of the record that name a customer."""
    key = load_key(folder.keys, KEY)
    if key is None:
        return []
    text = key.digest("customer", customer_id)[:DIGITS]
    return [entry for entry in audit.entries(folder.audit) if text in entry.values()]


def _redirects(published: Path) -> list[tuple[str, str, str | None, str, str]]:
    with duckdb.connect(str(published), read_only=True) as connection:
        if not connection.execute(
            "select 1 from duckdb_tables() where table_name = 'identity_redirects'"
        ).fetchone():
            return []
        return [
            (str(row[0]), str(row[1]), row[2], str(row[3]), str(row[4]))
            for row in connection.execute(
                "select redirect_id, old_customer_id, new_customer_id, reason, redirected_at "
                "from identity_redirects order by redirected_at, redirect_id"
            ).fetchall()
        ]
