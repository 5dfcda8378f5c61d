"""`python -m crossbrand.personal_data`: the personal data map, docs/personal-data-map.md.

Written from dbt's manifest: every column marked `meta: {pii: true}`, in the landing, in staging, on
the way and in the marts, with the feeds that it comes from, what these are kept for and how long
(seeds/retention.csv), and which role is given it. `--check` says whether the page is current.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossbrand.contract import find_project_dir
from crossbrand.errors import CrossbrandError

PAGE = Path("docs") / "personal-data-map.md"
MOMENTS = ("stg_privacy__retention_cuts", "int_operations__as_of")
"""They read the newest moment of every feed, and nothing of anybody."""

LAYERS = ("landing", "reference", "staging", "intermediate", "marts")

_HEAD = """<!-- Written by `python -m crossbrand.personal_data`: change the YAML, not this page. -->
# Personal data: what, where, why, how long

Every column that holds personal data, from the landing to the marts, as its YAML declares it
(`meta: {pii: true}`). A row of a table without one is still about a person where it has a
`customer_id`: it goes where the person's other rows go. The base models (`staging.base_*`) hold
what their feed's row of the landing holds, and `rejected_records` the refused rows as they came.

`bi` gets none of these columns (docs/publication.md). "Kept" is the longest that the feeds
behind a table are kept by seeds/retention.csv; consents and requests are kept as long as
what they are about.

## What each feed is kept for

| Feed | Purposes | Days |
|---|---|---|
"""


@dataclass(frozen=True)
class Place:
    """A table with personal columns."""

    layer: str
    name: str
    columns: tuple[str, ...]
    feeds: tuple[str, ...]
    roles: tuple[str, ...]


def read_places(manifest: Mapping[str, Any]) -> list[Place]:
    """The tables of the manifest that have a personal column, by layer and name."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    personal = {}
    for unique_id, node in nodes.items():
        if node["resource_type"] in ("model", "seed", "source"):
            columns = tuple(
                sorted(name for name, column in node["columns"].items() if _meta(column).get("pii"))
            )
            if columns:
                personal[unique_id] = columns
    feeds = {key for key in personal if nodes[key]["resource_type"] == "source"}
    places = []
    for unique_id, columns in personal.items():
        node = nodes[unique_id]
        layer = "landing" if unique_id in feeds else node["schema"]
        above = _upstream(unique_id, manifest["parent_map"]) & feeds
        places.append(
            Place(
                layer,
                str(node.get("alias") or node["name"]),
                columns,
                tuple(sorted(nodes[key]["name"] for key in above | ({unique_id} & feeds))),
                tuple(_meta(node).get("published_to") or ()),
            )
        )
    return sorted(places, key=lambda place: (LAYERS.index(place.layer), place.name))


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (entry.get("config") or {}).get("meta") or entry.get("meta") or {}
    return found


def _upstream(unique_id: str, parents: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    pending = [unique_id]
    while pending:
        for parent in parents.get(pending.pop(), ()):
            if parent not in found and not parent.endswith(MOMENTS):
                found.add(parent)
                pending.append(parent)
    return found


def read_retention(project: Path) -> dict[str, dict[str, int | None]]:
    """Days by feed and purpose; None is without an end."""
    days: dict[str, dict[str, int | None]] = defaultdict(dict)
    with (project / "seeds" / "retention.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["retention_days"].strip()
            days[row["feed"]][row["purpose"]] = int(text) if text else None
    return dict(days)


def write_page(manifest: Mapping[str, Any], project: Path) -> str:
    """The page as it should be."""
    retention = read_retention(project)
    places = read_places(manifest)
    landed = [place.name for place in places if place.layer == "landing"]
    lines = []
    for feed in landed:
        purposes = retention.get(feed, {})
        kept = ", ".join(f"{purpose} {_days(days)}" for purpose, days in sorted(purposes.items()))
        lines.append(
            f"| `{feed}` | {', '.join(sorted(purposes)) or 'proof of what a person decided'} "
            f"| {kept or 'without an end'} |"
        )
    text = _HEAD + "\n".join(lines) + "\n"
    titles = {"landing": "Landing", "reference": "Seeds", "staging": "Staging",
              "intermediate": "Between staging and the marts", "marts": "Marts"}  # fmt: skip
    for layer in LAYERS:
        own = [place for place in places if place.layer == layer]
        if own:
            text += (
                f"\n## {titles[layer]}\n\n| Table | Personal columns | From | Kept | Given to |\n"
            )
            text += "|---|---|---|---|---|\n"
            text += "".join(_line(place, retention, len(landed)) for place in own)
    return text


def _line(place: Place, retention: Mapping[str, Mapping[str, int | None]], feed_count: int) -> str:
    columns = ", ".join(f"`{column}`" for column in place.columns)
    feeds = ", ".join(place.feeds) or "the project's own files"
    if len(place.feeds) > feed_count * 2 // 3:
        feeds = f"{len(place.feeds)} feeds"
    given = ", ".join(role for role in place.roles if role != "bi") or "nobody"
    longest = _longest([retention.get(feed, {}) for feed in place.feeds])
    return f"| `{place.name}` | {columns} | {feeds} | {_days(longest)} | {given} |\n"


def _longest(limits: list[Mapping[str, int | None]]) -> int | None:
    days = [number for purposes in limits for number in purposes.values() or [None]]
    known = [number for number in days if number is not None]
    return max(known) if days and len(known) == len(days) else None


def _days(days: int | None) -> str:
    return "without an end" if days is None else f"{days} days"


def load_manifest(target: Path) -> dict[str, Any]:
    """dbt's manifest. Raises CrossbrandError where there is none."""
    path = target / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CrossbrandError(f"There is no manifest at {path}: run `dbt parse` first.") from error
    return found


def main() -> int:
    """Write the page, or say whether it is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; 1 if it is not current"
    )
    parser.add_argument("--target", type=Path, help="dbt's target folder, with the manifest")
    arguments = parser.parse_args()
    project = find_project_dir()
    target = arguments.target or project / (os.environ.get("DBT_TARGET_PATH") or "target")
    try:
        text = write_page(load_manifest(target), project)
    except CrossbrandError as error:
        print(error, file=sys.stderr)
        return 2
    page = project / PAGE
    is_current = page.is_file() and page.read_text(encoding="utf-8") == text
    if arguments.check:
        if not is_current:
            print(f"{PAGE} is not current: run `python -m crossbrand.personal_data`.")
        return 0 if is_current else 1
    page.write_text(text, encoding="utf-8")
    print(f"{PAGE} is {'as it was' if is_current else 'written'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
