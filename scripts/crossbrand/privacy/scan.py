"""Finds the rows of landed files that belong to people on the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from crossbrand.contract import Feed
from crossbrand.privacy.marks import SuppressionList
from crossbrand.privacy.rows import PARTS_OF_ORDERS, RowReader

BATCH_BYTES = 64 * 1024 * 1024
"""So much of Parquet is looked at at a time: memory does not grow with the landing."""


@dataclass
class Found:
    """Rows to be removed: by file their numbers, and counts by feed and brand."""

    rows: dict[Path, set[int]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: set[tuple[str, str, str]] = field(default_factory=set)
    """Brand, feed and id of the records, to hold them against whose they are."""

    @property
    def total(self) -> int:
        """How many rows."""
        return sum(self.counts.values())


@contextmanager
def scratch_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that never spills: a killed process would leave people's data behind.

    Files are looked at in batches of BATCH_BYTES, so it need not.
    """
    connection = duckdb.connect()
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set temp_directory = ''")
        yield connection
    finally:
        connection.close()


def landed_files(landing: Path, feed: Feed) -> list[Path]:
    """The files of a feed that dbt reads."""
    return sorted(landing.glob(f"{feed.name}/brand=*/load_date=*/*.parquet"))


def scan(
    reader: RowReader,
    listed: SuppressionList,
    files: Mapping[str, Iterable[Path]],
    connection: duckdb.DuckDBPyConnection,
) -> Found:
    """The rows of the files (by feed) that belong to people on the list."""
    found = Found()
    reader.prepare(connection)
    for feed in reader.feeds():
        for batch in batches(files.get(feed.name, ())):
            _scan_batch(reader, listed, feed, batch, connection, found)
    return found


def batches(files: Iterable[Path]) -> Iterator[list[Path]]:
    """The files in groups of BATCH_BYTES or a little more."""
    batch: list[Path] = []
    size = 0
    for path in files:
        batch.append(path)
        size += path.stat().st_size
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _scan_batch(
    reader: RowReader,
    listed: SuppressionList,
    feed: Feed,
    files: list[Path],
    connection: duckdb.DuckDBPyConnection,
    found: Found,
) -> None:
    kinds = {column: kind for column, kind in reader.kinds(feed).items() if kind in listed.kinds}
    if not kinds:
        return
    connection.execute(
        "create or replace temp table scanned as "
        + reader.rows_sql(feed, [str(path) for path in files])
    )
    connection.execute(
        "create or replace temp table hits (kind varchar, k varchar, erased_at timestamp)"
    )
    for column, kind in kinds.items():
        load_hits(connection, listed, column, kind, f"select distinct k_{column} from scanned")
    where = " or ".join(_belongs(feed, column) for column in kinds)
    rows = connection.execute(
        "select landed_file, row_number, brand_id, record_id from scanned "
        f"where {where} order by landed_file, row_number"
    ).fetchall()
    for landed_file, number, brand, record in rows:
        found.rows.setdefault(Path(landed_file), set()).add(int(number))
        found.counts[feed.name, str(brand)] += 1
        if record is not None:
            found.records.add((str(brand), feed.name, str(record)))
    connection.execute("drop table scanned")


def load_hits(
    connection: duckdb.DuckDBPyConnection,
    listed: SuppressionList,
    column: str,
    kind: str,
    texts_sql: str,
) -> int:
    """Put those of the texts that are on the list into `hits`, under the name of their column."""
    texts = [row[0] for row in connection.execute(texts_sql).fetchall() if row[0] is not None]
    hits = listed.find(kind, texts)
    if hits:
        table = pa.table(
            {
                "kind": [column] * len(hits),
                "k": list(hits),
                "erased_at": pa.array(
                    [_naive(moment) for moment in hits.values()], pa.timestamp("us")
                ),
            }
        )
        connection.register("new_hits", table)
        connection.execute("insert into hits select kind, k, erased_at from new_hits")
        connection.unregister("new_hits")
    return len(hits)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _belongs(feed: Feed, column: str) -> str:
    """Whether a row is an erased person's by one kind of mark, as SQL.

    What happened after the erasure is a new relation; what has no readable time is not.
    """
    moment = "happened_at"
    if feed.name == "contacts" and (column in ("email", "phone") or column.startswith("person_")):
        moment = "coalesce(happened_at, known_at)"
    when = f"({moment} is null or {moment} <= hits.erased_at)"
    if feed.name in PARTS_OF_ORDERS and column == "order_id":
        when = "true"
    elif column == "message_id" and feed.name != "message_events":
        # A visit that was clicked through to from the message may be anybody's.
        when = "false"
    # A row that names somebody is that somebody's, whatever device or order it has.
    elif column == "device_id" or (column == "order_id" and feed.name != "orders"):
        when = f"not is_named and {when}"
    return (
        f"exists (select 1 from hits where hits.kind = '{column}' "
        f"and hits.k = scanned.k_{column} and {when})"
    )
