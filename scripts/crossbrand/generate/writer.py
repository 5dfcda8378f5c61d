"""Writes tables into Parquet files, few and large, and guards the folder that they go to."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.errors import CrossbrandError
from crossbrand.generate.delivery import Load, load_date

MARKER = ".crossbrand-generated.json"

# Rows wait in memory until there are so many bytes of them; then the largest tables are written.
BUFFER_BYTES = 512 * 1024 * 1024


def claim_folder(out: Path, about: dict[str, int]) -> None:
    """Make `out` an empty folder of the generator's, with a marker that tells how it was made.

    Raises CrossbrandError when it holds anything that the generator did not write.
    """
    if out.exists() and not out.is_dir():
        raise CrossbrandError(f"{out} is a file. Name a folder with --out.")
    marker = out / MARKER
    if out.is_dir() and any(out.iterdir()) and not marker.is_file():
        raise CrossbrandError(
            f"{out} is not empty, and the generator did not make it, so nothing was written. "
            "Name a new folder with --out, or empty this one yourself."
        )
    for name in ("landing", "truth"):
        if (out / name).is_dir():
            shutil.rmtree(out / name)
    (out / "landing").mkdir(parents=True)
    (out / "truth").mkdir()
    marker.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


@dataclass
class _Waiting:
    tables: list[pa.Table] = field(default_factory=list)
    size: int = 0
    files: int = 0


class Writer:
    """Collects tables by target file and writes them in the background, in a fixed order."""

    def __init__(self, out: Path, buffer_bytes: int = BUFFER_BYTES) -> None:
        self._out = out
        self._limit = buffer_bytes
        self._waiting: dict[tuple[str, ...], _Waiting] = {}
        self._size = 0
        self._pool = ThreadPoolExecutor(max_workers=2)
        # A truth table is one file, so its parts are written one after the other.
        self._truth_pool = ThreadPoolExecutor(max_workers=1)
        self._pending: list[Future[None]] = []
        self._truth: dict[str, pq.ParquetWriter] = {}
        self.files = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush(0)
            self._wait(0)
        for pool in (self._pool, self._truth_pool):
            pool.shutdown(wait=True, cancel_futures=kind is not None)
        for truth in self._truth.values():
            truth.close()

    def add_load(self, load: Load) -> None:
        """Rows for one landing folder; text and native files of a folder stay apart."""
        date = load_date(load.load_day)
        kind = "export" if load.is_text else "stream"
        self._add(
            ("landing", load.feed, f"brand={load.brand_id}", f"load_date={date}", kind), load.table
        )

    def add_truth(self, name: str, table: pa.Table) -> None:
        """Rows of a truth table, which is one file however long it gets."""
        self._add(("truth", name), table)

    def _add(self, target: tuple[str, ...], table: pa.Table) -> None:
        waiting = self._waiting.setdefault(target, _Waiting())
        waiting.tables.append(table)
        # Dictionaries are shared, so the cells alone tell what a table costs: some 12 bytes each.
        size = table.num_rows * table.num_columns * 12
        waiting.size += size
        self._size += size
        if self._size > self._limit:
            self._flush(self._limit // 2)

    def _flush(self, down_to: int) -> None:
        """Write the largest until no more than `down_to` bytes wait."""
        for target, waiting in sorted(
            self._waiting.items(), key=lambda item: (-item[1].size, item[0])
        ):
            if self._size <= down_to or not waiting.tables:
                break
            tables, waiting.tables = waiting.tables, []
            self._size -= waiting.size
            waiting.size = 0
            self._wait(3)
            if target[0] == "truth":
                self._pending.append(self._truth_pool.submit(self._write_truth, target[1], tables))
                continue
            path = self._path(target, waiting.files)
            waiting.files += 1
            self.files += 1
            self._pending.append(self._pool.submit(_write, path, tables))

    def _write_truth(self, name: str, tables: list[pa.Table]) -> None:
        table = pa.concat_tables([_plain_schema(table) for table in tables])
        if name not in self._truth:
            self._truth[name] = pq.ParquetWriter(
                self._out / "truth" / f"{name}.parquet", table.schema,
                compression="zstd", compression_level=1, store_schema=False,
            )  # fmt: skip
        self._truth[name].write_table(table)

    def _wait(self, most: int) -> None:
        """Let no more than `most` files wait for the disk, and raise what went wrong."""
        while len(self._pending) > most:
            self._pending.pop(0).result()

    def _path(self, target: tuple[str, ...], number: int) -> Path:
        _, feed, brand, date, kind = target
        day = date.removeprefix("load_date=")
        return (
            self._out
            / "landing"
            / feed
            / brand
            / date
            / f"{feed}-{day}-{kind}-{number:03d}.parquet"
        )


def _write(path: Path, tables: list[pa.Table]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.concat_tables([_plain_schema(table) for table in tables])
    # Without the Arrow schema, readers see plain text where a dictionary was written.
    pq.write_table(
        table, path, compression="zstd", compression_level=1, store_schema=False,
        row_group_size=250_000,
    )  # fmt: skip


def _plain_schema(table: pa.Table) -> pa.Table:
    """Dictionaries as text, so that all files of a feed are alike."""
    schema = pa.schema(
        [
            (item.name, pa.string() if pa.types.is_dictionary(item.type) else item.type)
            for item in table.schema
        ]
    )
    return table.cast(schema)
