"""Which landed rows are over age, by the cuts of the last build (stg_privacy__retention_cuts).

A record goes with all its versions when its latest one is over age, so that no older version comes
to life. A row that staging refused goes when its own moment is over age, or its load date where it
has no moment that can be read. Each landed row is found again in the base model by its content.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from crossbrand.contract import Feed
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, require_tables
from crossbrand.privacy.rows import RowReader
from crossbrand.privacy.scan import batches, landed_files
from crossbrand.privacy.suppress import CANDIDATES, aside_files, header_cells, manifests

CUTS = "staging.stg_privacy__retention_cuts"
NODES = "intermediate.int_identity__last_assignments"
LASTING = {
    "message_events": "base.event_type in ('unsubscribed', 'complained') "
    "or (base.brand_id, base.message_id) in ("
    "select (brand_id, message_id) from {base} "
    "where event_type in ('unsubscribed', 'complained') "
    "and coalesce(contact_id, email, phone_original) is null)",
}
"""Rows that are never over age: a "no" outlives what it is about, and so does whose it is."""

REMOVED_CELL = "(over age)"


@dataclass(frozen=True)
class Cut:
    """From which moment on a feed is kept."""

    feed: Feed
    days: int
    at: datetime


@dataclass
class OverAge:
    """What is over age: positions of rows by file, and counts."""

    cuts: list[Cut] = field(default_factory=list)
    rows: dict[Path, set[int]] = field(default_factory=dict)
    """By landing file; also lines put aside, and pairs of candidates."""
    headers: list[Path] = field(default_factory=list)
    """Manifests that quote a first row instead of a header."""
    feeds: Counter[str] = field(default_factory=Counter)
    warehouse: Counter[str] = field(default_factory=Counter)
    """Rows of the base models."""
    undated: int = 0
    """Refused rows without a moment and without a load date, which stay."""

    @property
    def is_nothing(self) -> bool:
        """Whether neither landing nor warehouse holds anything that is over age."""
        return not (self.rows or self.headers or self.warehouse)


def find_over_age(
    connection: duckdb.DuckDBPyConnection,
    reader: RowReader,
    paths: Paths,
    *,
    in_landing: bool = True,
) -> OverAge:
    """Look through the landing, unless told not to, and count what the warehouse holds.

    Raises CrossbrandError where the warehouse was built by other days or from other files.
    """
    require_tables(connection, CUTS, NODES)
    found = OverAge(cuts=read_cuts(connection, reader))
    reader.prepare(connection)
    for cut in found.cuts:
        _find_rows(connection, reader, paths if in_landing else None, cut, found)
        if in_landing:
            _find_aside(paths, cut, found)
    if found.cuts and in_landing:
        _find_candidates(connection, paths, found)
    return found


def read_cuts(connection: duckdb.DuckDBPyConnection, reader: RowReader) -> list[Cut]:
    """The cuts of the last build. Raises CrossbrandError where the seed has other days by now."""
    rows = connection.execute(f"select feed, retention_days, cut_at from {CUTS}").fetchall()
    built = {str(feed): days for feed, days, _ in rows}
    if built != read_days(reader.project):
        raise CrossbrandError(
            "seeds/retention.csv is not what the warehouse was built with. Run `crossbrand build` "
            "first, and look at what is left in the marts. Nothing was removed."
        )
    return sorted(
        (Cut(reader.contract[feed], days, at) for feed, days, at in rows
         if at is not None and feed in reader.contract),
        key=lambda cut: cut.feed.name,
    )  # fmt: skip


def read_days(project: Path) -> dict[str, int | None]:
    """By feed the longest of its purposes; None where one of them has no end."""
    by_feed: dict[str, list[str]] = {}
    with (project / "seeds" / "retention.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            by_feed.setdefault(row["feed"], []).append(row["retention_days"].strip())
    return {feed: max(map(int, days)) if all(days) else None for feed, days in by_feed.items()}


def moment_of(project: Path, feed: Feed) -> str:
    """What a feed's age counts from, as the staging view has it."""
    path = project / "models" / "staging" / feed.domain / f"stg_{feed.domain}__{feed.name}.sql"
    pattern = re.compile(r"is_retained\(\s*'" + feed.name + r"'\s*,\s*'([^']+)'\s*\)")
    told = pattern.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if told is None:
        raise CrossbrandError(
            f"{path} does not say by is_retained() what the age of {feed.name} counts from."
        )
    return told[1]


def _find_rows(
    connection: duckdb.DuckDBPyConnection,
    reader: RowReader,
    paths: Paths | None,
    cut: Cut,
    found: OverAge,
) -> None:
    feed = cut.feed
    base = f"staging.base_{feed.domain}__{feed.name}"
    require_tables(connection, base)
    moment = moment_of(reader.project, feed)
    keys = ", ".join(("brand_id", *feed.key))
    lasting = f"({LASTING[feed.name].format(base=base)})" if feed.name in LASTING else "false"
    connection.execute(
        f"""
        create or replace temp table base_rows as
        with over_age as (
            select distinct {keys}
            from {base}
            where reject_reason_code is null and version_rank = 1 and {moment} < $cut
        )
        select
            base.brand_id, base.load_date, base.version_hash,
            base.reject_reason_code is not null
                and {moment} is null and base.load_date is null as is_undated,
            (
                ({", ".join(f"base.{key}" for key in ("brand_id", *feed.key))})
                    in (select ({keys}) from over_age)
                or (
                    base.reject_reason_code is not null
                    and coalesce({moment}, cast(base.load_date as timestamp)) < $cut
                )
            )
            and not coalesce({lasting}, false) as is_over_age
        from {base} as base
        """,
        {"cut": cut.at},
    )
    row = connection.execute(
        "select count(*) filter (where is_over_age), count(*) filter (where is_undated) "
        "from base_rows"
    ).fetchone()
    over_age, undated = row or (0, 0)
    found.undated += undated
    if over_age:
        found.warehouse[feed.name] += over_age
    connection.execute(
        """
        create or replace temp table base_rows as
        select
            brand_id, load_date, version_hash, bool_or(coalesce(is_over_age, false)) as is_over_age
        from base_rows
        group by brand_id, load_date, version_hash
        """
    )
    for batch in batches(landed_files(paths.landing, feed) if paths else ()):
        _find_in_files(connection, reader, cut, batch, found)
    connection.execute("drop table base_rows")


def _find_in_files(
    connection: duckdb.DuckDBPyConnection,
    reader: RowReader,
    cut: Cut,
    files: list[Path],
    found: OverAge,
) -> None:
    rows = connection.execute(
        f"""
        with landed as (
            select
                landed_file, row_number, brand_id, load_date,
                {reader.macros("hash_row", "raw")} as version_hash
            from ({reader.landed_sql(cut.feed, [str(path) for path in files])})
        )
        select landed.landed_file, landed.row_number, base_rows.is_over_age
        from landed
        left join base_rows
            on
                landed.version_hash = base_rows.version_hash
                and landed.brand_id is not distinct from base_rows.brand_id
                and landed.load_date is not distinct from base_rows.load_date
        where coalesce(base_rows.is_over_age, true)
        order by 1, 2
        """
    ).fetchall()
    for landed_file, number, is_over_age in rows:
        if is_over_age is None:
            raise CrossbrandError(
                f"The warehouse has not read {landed_file} as it is now. Run `crossbrand build` "
                "first, with --full-refresh after an upgrade of DuckDB. Nothing was removed."
            )
        found.rows.setdefault(Path(landed_file), set()).add(int(number))
        found.feeds[cut.feed.name] += 1


def _find_aside(paths: Paths, cut: Cut, found: OverAge) -> None:
    """Lines that landing put aside have no moment: their load date counts."""
    for path in _of_feed(aside_files(paths.landing), cut):
        if lines := pq.read_metadata(path).num_rows:
            found.rows[path] = set(range(lines))
            found.feeds["_rejects"] += lines
    for path in _of_feed(manifests(paths.landing), cut):
        if quoted_cells(path, cut.feed):
            found.headers.append(path)


def _of_feed(paths: Iterable[Path], cut: Cut) -> list[Path]:
    return [
        path
        for path in paths
        if cut.feed.name in path.parts and (loaded := _load_date(path)) and loaded < cut.at.date()
    ]


def _load_date(path: Path) -> date | None:
    for part in path.parts:
        if part.startswith("load_date="):
            try:
                return date.fromisoformat(part.removeprefix("load_date="))
            except ValueError:
                return None
    return None


def quoted_cells(path: Path, feed: Feed) -> list[tuple[str, int, str]]:
    """Cells of a manifest that are no column of the contract: a header may be somebody's row."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return []
    known = {*feed.column_names, REMOVED_CELL}
    return [cell for cell in header_cells(document) if cell[2].strip().lower() not in known]


def _find_candidates(connection: duckdb.DuckDBPyConnection, paths: Paths, found: OverAge) -> None:
    """Pairs that name a node which no kept row has any more."""
    for path in sorted((paths.landing / CANDIDATES).glob("*.parquet")):
        table = pq.read_table(path)
        names = [name for name in table.column_names if name.startswith("node_key")]
        if not names or not table.num_rows:
            continue
        connection.register("candidates", table.append_column("n", [list(range(table.num_rows))]))
        unknown = " or ".join(f"{name} not in (select node_key from {NODES})" for name in names)
        numbers = connection.execute(f"select n from candidates where {unknown}").fetchall()
        connection.unregister("candidates")
        if numbers:
            found.rows[path] = {int(row[0]) for row in numbers}
            found.feeds[CANDIDATES] += len(numbers)
