"""What the landing holds on one person: rows as they came, lines put aside, decisions by hand.

Found by the marks that an erasure would leave, so that what is shown is what would be removed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crossbrand.paths import Paths
from crossbrand.privacy.marks import SuppressionList
from crossbrand.privacy.resolve import Resolver
from crossbrand.privacy.scan import landed_files, scan, scratch_database
from crossbrand.privacy.suppress import aside_files, header_cells, manifests, rejects_that_name
from crossbrand.privacy.sweep import Places
from crossbrand.privacy.texts import TextSearch, brand_of

REJECTED = "rejected"
DECIDED = ("decision", "decided_at")


@dataclass
class Held:
    """What is held as it came."""

    records: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """Rows by feed and the brand as it landed."""
    decisions: list[dict[str, Any]] = field(default_factory=list)
    """What a steward decided on an identifier of theirs, without whom else it was about."""
    doubtful: int = 0
    """Lines and rows that name them and may be somebody else's: an officer looks, they do not."""

    def add(self, feed: str, place: Path, row: Mapping[str, Any]) -> None:
        """Put a row among them."""
        self.records.setdefault((feed, brand_of(place) or ""), []).append(dict(row))


def held_on(resolver: Resolver, controller: str, customer: str, paths: Paths) -> Held:
    """Everything of the person in the landing and in the steward's file."""
    people = resolver.people(controller, [customer])
    listed = SuppressionList.of(people.marks, datetime.now(UTC))
    reader = resolver.reader
    held = Held()
    with scratch_database() as scratch:
        for feed in reader.feeds():
            found = scan(reader, listed, {feed.name: landed_files(paths.landing, feed)}, scratch)
            others = resolver.bound_to_others(found.records, [customer])
            for path, numbers in sorted(found.rows.items()):
                table = pq.read_table(path).take(sorted(numbers))
                for number, row in zip(sorted(numbers), table.to_pylist(), strict=True):
                    place = path.relative_to(paths.landing)
                    record = (brand_of(place) or "", feed.name, str(row[feed.key[-1]]).strip())
                    if record in others:
                        held.doubtful += 1
                    else:
                        held.add(feed.name, place, _with_source(row, place, number))
        search = TextSearch(reader, listed, scratch)
        for path in aside_files(paths.landing):
            place = path.relative_to(paths.landing)
            table = pq.read_table(path)
            hit = rejects_that_name(table, path, search)
            lines = [
                (number, row)
                for number, (row, is_hit) in enumerate(zip(table.to_pylist(), hit, strict=True))
                if is_hit
            ]
            surely = search.is_surely([(brand_of(path), str(row.get("text"))) for _, row in lines])
            for (number, row), is_sure in zip(lines, surely, strict=True):
                if is_sure:
                    held.add(REJECTED, place, _with_source(row, place, number))
                else:
                    held.doubtful += 1
        for path in manifests(paths.landing):
            _add_header(held, search, path, path.relative_to(paths.landing))
        _add_decisions(held, search, Places(paths).steward)
    return held


def _with_source(row: dict[str, Any], place: Path, number: int) -> dict[str, Any]:
    """The row without what is empty; the delivered file and line where landing kept them."""
    file, line = row.pop("_file", None), row.pop("_line", None)
    kept = {name: value for name, value in row.items() if value is not None}
    return {
        **kept,
        "_source": {
            "landed_file": place.as_posix(),
            "landed_row": number + 1,
            "delivered_file": file,
            "delivered_line": line,
        },
    }


def _add_header(held: Held, search: TextSearch, path: Path, place: Path) -> None:
    """The header of a file that had none is somebody's first row."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return
    cells = [text for key, _, text in header_cells(document) if key == "header"]
    hits = search.find([(brand_of(path), text) for text in cells]) if cells else []
    if any(hits):
        held.add(REJECTED, place, _with_source({"text": ", ".join(cells)}, place, 0))


def _add_decisions(held: Held, search: TextSearch, path: Path) -> None:
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for side in ("a", "b"):
        texts = [(None, row.get(f"identifier_value_{side}") or "") for row in rows]
        for row, is_hit in zip(rows, search.find(texts) if texts else [], strict=True):
            if is_hit:
                held.decisions.append(
                    {name: row[name] for name in DECIDED if row.get(name)}
                    | {
                        "identifier_type": row[f"identifier_type_{side}"],
                        "identifier_value": row[f"identifier_value_{side}"],
                    }
                )
