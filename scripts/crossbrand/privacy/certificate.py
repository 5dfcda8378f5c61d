"""What was removed where, how it was checked, and when: as JSON and to read, without the data."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossbrand import __version__
from crossbrand.paths import Paths
from crossbrand.privacy.journal import Journal
from crossbrand.privacy.places import PrivacyFolder, write_private
from crossbrand.sync.places import find_places

CHECKS = (
    "Every landing file, reject and candidate was read again and held against the list: no row.",
    "The new warehouse was asked for each customer and each identifier: no row. It is a new file, "
    "into which nothing was copied but the history of builds without them.",
    "The bytes of logs, targets, Data Docs, exports, sync state and published files were searched "
    "for each identifier as a word: no file.",
)

NOT_REACHED = (
    "Backups and snapshots of these folders, and blocks of the disk that files were freed from.",
    "Copies that somebody made of published files, and PostgreSQL unless it is named above.",
    "Deliveries outside of the landing folder, and the brands' own systems.",
    "Platforms: they are told by the next `crossbrand sync`, and answer for themselves.",
)


def write_certificate(journal: Journal, paths: Paths, folder: PrivacyFolder) -> Path:
    """Write `<erasure id>.json` and `.txt`; returns the readable one."""
    document = {
        "version": 1,
        "erasure_id": journal.erasure_id,
        "erased_at": journal.erased_at,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": journal.who,
        "code_version": __version__,
        "people": len(journal.customers),
        "lives_on_elsewhere": sum(about["lives_on"] for about in journal.customers.values()),
        "requests": [{"brand_id": brand, "request_id": name} for brand, name in journal.requests],
        "refused_requests": journal.refused,
        "shared_identifiers_that_stay": journal.shared,
        "found": journal.expected,
        "removed": journal.results,
        "checks": list(CHECKS),
        "not_reached": list(NOT_REACHED),
        "destinations": destinations(journal.erasure_id, list(journal.customers), paths),
    }
    write_private(
        folder.certificates / f"{journal.erasure_id}.json",
        json.dumps(document, indent=2, ensure_ascii=False) + "\n",
    )
    text = folder.certificates / f"{journal.erasure_id}.txt"
    write_private(text, readable(document))
    return text


def destinations(erasure_id: str, customers: list[str], paths: Paths) -> list[dict[str, Any]]:
    """Each destination that a sync ever ran for, and whether it has taken the deletions.

    `known` counts the customers that it was told of, `done` those that it has deleted.
    """
    state = find_places(paths).state
    if not state.is_file():
        return []
    marks = ", ".join("?" for _ in customers) or "''"
    connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    try:
        names = [row[0] for row in connection.execute("select distinct destination from sync_runs")]
        found = []
        for name in sorted(names):
            known = connection.execute(
                "select count(distinct customer_id) from acknowledged "
                f"where destination = ? and customer_id in ({marks})",
                [name, *customers],
            ).fetchone()[0]
            done = connection.execute(
                "select count(distinct customer_id) from instructions_done "
                "where destination = ? and instruction_id = ?",
                [name, f"erase:{erasure_id}"],
            ).fetchone()[0]
            status = "deleted there" if done >= len(customers) else "with the next sync"
            found.append({"destination": name, "known": known, "done": done, "status": status})
        return found
    except sqlite3.DatabaseError:
        return []
    finally:
        connection.close()


def readable(document: dict[str, Any]) -> str:
    """The certificate as a page of text."""
    removed, found = document["removed"], document["found"]
    lines = [
        f"Certificate of erasure {document['erasure_id']}",
        "",
        f"Begun     {document['erased_at']}",
        f"Finished  {document['finished_at']}",
        f"By        {document['who']}, crossbrand {document['code_version']}",
        f"People    {document['people']}",
    ]
    for request in document["requests"]:
        lines.append(f"Request   {request['request_id']} of {request['brand_id']}")
    lines += ["", "Removed"]
    for feed, brands in found["landing"].items():
        told = ", ".join(f"{brand} {count}" for brand, count in brands.items())
        lines.append(f"  landing {feed}: {sum(brands.values())} rows ({told})")
    for name, count in {**found["aside"], **found["lines"]}.items():
        lines.append(f"  {name}: {count}")
    for name, count in found["warehouse_rows"].items():
        lines.append(f"  warehouse {name}: {count} rows, by a new file")
    lines += [
        f"  generations published before: {removed.get('generations', 0)} files",
        f"  logs, run results, compiled statements: {removed.get('dbt_files', 0)}",
        f"  spill: {removed.get('spill_folders', 0)} folders",
        f"  answers to requests for access: {removed.get('answers', 0)} files",
        *(["  PostgreSQL: replaced"] if removed.get("postgres") else []),
        "",
        "Kept on purpose",
        f"  {document['shared_identifiers_that_stay']} identifiers that others use too stay with "
        "them. Rows that name nothing else are nobody's in particular.",
    ]
    if document["lives_on_elsewhere"]:
        lines.append(
            f"  {document['lives_on_elsewhere']} of the people have records at another controller, "
            "who was not asked."
        )
    lines += ["", "Checked", *(f"  {check}" for check in document["checks"])]
    lines += ["", "Platforms"]
    lines += [
        f"  {one['destination']}: knew {one['known']}, {one['status']}"
        for one in document["destinations"]
    ] or ["  no sync has ever run here"]
    lines += ["", "Not reached", *(f"  {one}" for one in document["not_reached"]), ""]
    return "\n".join(lines)
