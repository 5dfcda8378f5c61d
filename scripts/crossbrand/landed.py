"""Whether there is anything to build: a landing folder, files where they are looked for, readable.

A wrong folder would otherwise be built as a landing of nothing, for minutes, and stop with a test
that cannot know why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from crossbrand.contract import Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.land.place import LANDING_VERSION, MANIFESTS
from crossbrand.paths import Paths

LAYOUT = "<feed>/brand=<brand>/load_date=<date>/<any name>.parquet"
# What may lie in a folder that is no landing: enough to find an export, and no walk through a disk.
LOOKED_AT = 2000
TAKEN_IN = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".gz")


def require_as_of(text: str | None, now: datetime | None = None) -> None:
    """Raise CrossbrandError unless it is a moment of the past, as dbt's variable as_of takes it."""
    if text is None:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CrossbrandError(
            f"--as-of {text} is no time. It is one in UTC, such as '2025-06-30 04:00:00'."
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # A day, since clocks differ and as_of may be the end of a day that has begun.
    if moment > (now or datetime.now(UTC)) + timedelta(days=1):
        raise CrossbrandError(
            f"--as-of {text} is in the future: everybody would be dormant by then. "
            "Leave it out to count from the newest moment in the data."
        )


def require_landing(paths: Paths) -> None:
    """Raise CrossbrandError, with the mend, where the landing cannot be built."""
    landing = paths.landing
    if not landing.is_dir():
        raise CrossbrandError(
            f"There is no landing folder {landing}. `crossbrand generate` makes a sample, "
            "`crossbrand land` takes in your own files, or name yours in CROSSBRAND_LANDING."
        )
    feeds = tuple(load_contract(paths.project).values())
    if not any(_has_files(landing, feed) for feed in feeds):
        raise CrossbrandError(f"No file has landed in {landing}: {_why_nothing(landing, feeds)}")
    for path in _newest_manifests(landing, feeds):
        _require_version(path)


def _has_files(landing: Path, feed: Feed) -> bool:
    return any((landing / feed.name).glob("brand=*/load_date=*/*.parquet"))


def _why_nothing(landing: Path, feeds: tuple[Feed, ...]) -> str:
    """What is there instead, and what to do about it."""
    below = [path for path in sorted(landing.iterdir()) if path.is_dir()]
    for path in below:
        if any(_has_files(path, feed) for feed in feeds):
            return f"it is {path} that holds files. Name that in CROSSBRAND_LANDING."
    if any(_has_files(landing.parent, feed) for feed in feeds):
        return f"it is a feed of {landing.parent}. Name that in CROSSBRAND_LANDING."
    names = [feed.name for feed in feeds]
    for path in below:
        near = get_close_matches(path.name, names, 1)
        if near and path.name not in names:
            return f"the folder {path.name} is no feed; {near[0]} is."
    export = next(_exports(landing), None)
    if export:
        return (
            f"{export.relative_to(landing)} does not lie where files are looked for, {LAYOUT}. "
            f"`crossbrand land {export} --feed FEED --brand BRAND` puts it there."
        )
    return (
        "it holds no data. `crossbrand generate` makes a sample, `crossbrand land` takes in your "
        "own files, or name another folder in CROSSBRAND_LANDING."
    )


def _exports(landing: Path) -> Iterator[Path]:
    for path in islice(landing.rglob("*"), LOOKED_AT):
        inside = path.relative_to(landing).parts
        if path.suffix.lower() in TAKEN_IN and not inside[0].startswith(("_", ".")):
            yield path


def _newest_manifests(landing: Path, feeds: tuple[Feed, ...]) -> Iterator[Path]:
    """One manifest of each feed and brand, of its newest load date."""
    for feed in feeds:
        for brand in sorted((landing / MANIFESTS / feed.name).glob("brand=*")):
            dates = sorted(brand.glob("load_date=*"), reverse=True)
            yield from islice((path for date in dates for path in sorted(date.glob("*.json"))), 1)


def _require_version(path: Path) -> None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        version = int(told.get("version", LANDING_VERSION))
    except (OSError, ValueError, AttributeError, TypeError):
        return  # whoever lands the next file of it is told that it cannot be read
    if version > LANDING_VERSION:
        raise CrossbrandError(
            f"{path} is of version {version} of the landing, and this crossbrand reads "
            f"{LANDING_VERSION}: a newer one has landed files there. Update this one."
        )
    if version < LANDING_VERSION:
        raise CrossbrandError(
            f"{path} is of version {version} of the landing, and this crossbrand reads "
            f"{LANDING_VERSION}. Land the deliveries again, with `crossbrand land --replace`."
        )
