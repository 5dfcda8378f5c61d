"""Writes landed rows and rejected lines into Parquet, in the background, and counts both."""

from __future__ import annotations

import json
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.land.convert import Convert
from crossbrand.land.drift import SAMPLE_VALUES
from crossbrand.land.model import REJECT_SCHEMA, Batch, Lines, Reject
from crossbrand.land.place import Place
from crossbrand.land.plan import Plan, Planned

# How many tables may wait to be written: enough to keep both sides busy, few enough for memory.
WAITING = 2


@dataclass
class Counts:
    """What went where. `unconverted` counts the values per column that a mapping could not read."""

    landed: int = 0
    rejected: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    first_of: dict[str, Reject] = field(default_factory=dict)
    unconverted: Counter[str] = field(default_factory=Counter)


class Sink:
    """Takes batches in the file's own columns and writes them as the plan says.

    data, rejects: files to be written; both None for a trial that writes nothing. The file of
    rejects is made with its first line. `head` holds the first landed rows.
    """

    def __init__(
        self,
        plan: Plan,
        place: Place,
        source: str,
        names: list[str],
        data: Path | None,
        rejects: Path | None,
    ) -> None:
        self.counts = Counts()
        self.head: pa.Table | None = None
        self._plan, self._place, self._source, self._names = plan, place, source, names
        self._rejects_path = rejects
        self.schema = pa.schema(
            [
                *((name, pa.string()) for name in plan.names),
                ("_file", pa.string()),
                ("_line", pa.int64()),
            ]
        )
        self._writer = (
            pq.ParquetWriter(data, self.schema, compression="zstd", compression_level=1)
            if data
            else None
        )
        self._reject_writer: pq.ParquetWriter | None = None
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._wait(0)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            for writer in (self._writer, self._reject_writer):
                if writer is not None:
                    writer.close()

    def write(self, batch: Batch) -> None:
        """Write one batch; what the mapping refuses joins the rejects."""
        table, lines, refused = self._planned(batch)
        rejects = sorted((*batch.rejects, *refused), key=lambda reject: reject.line)
        self.counts.landed += table.num_rows
        self.counts.rejected += len(rejects)
        for reject in rejects:
            self.counts.by_reason[reject.reason_code] += 1
            self.counts.first_of.setdefault(reject.reason_code, reject)
        if table.num_rows and (self.head is None or self.head.num_rows < SAMPLE_VALUES):
            few = table.slice(0, SAMPLE_VALUES)
            self.head = few if self.head is None else pa.concat_tables([self.head, few])
        if self._writer is not None:
            self._wait(WAITING - 1)
            self._pending.append(self._pool.submit(self._store, table, lines, rejects))

    def _store(self, table: pa.Table, lines: Lines, rejects: list[Reject]) -> None:
        if table.num_rows and self._writer is not None:
            file = pa.repeat(pa.scalar(self._source), table.num_rows)
            arrays = [*table.columns, pa.chunked_array([file]), pa.chunked_array([pa.array(lines)])]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        if rejects:
            if self._reject_writer is None:
                self._reject_writer = pq.ParquetWriter(
                    self._rejects_path, REJECT_SCHEMA, compression="zstd", compression_level=1
                )
            self._reject_writer.write_table(self._reject_table(rejects))

    def _reject_table(self, rejects: list[Reject]) -> pa.Table:
        place, count = self._place, len(rejects)
        columns = [
            [place.feed] * count,
            [place.brand] * count,
            [place.load_date] * count,
            [self._source] * count,
            [reject.line for reject in rejects],
            [reject.reason_code for reject in rejects],
            [reject.detail for reject in rejects],
            [reject.text for reject in rejects],
        ]
        arrays = [
            pa.array(column, kind)
            for column, kind in zip(columns, REJECT_SCHEMA.types, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=REJECT_SCHEMA)

    def _wait(self, at_most: int) -> None:
        while len(self._pending) > at_most:
            self._pending.popleft().result()

    def _planned(self, batch: Batch) -> tuple[pa.Table, Lines, list[Reject]]:
        """The batch in the landed columns, and the rows whose required values a mapping refuses."""
        raw, count = batch.table, batch.table.num_rows
        arrays: list[pa.ChunkedArray] = []
        kept: list[pa.ChunkedArray] = []
        refused: dict[int, Planned] = {}
        for column in self._plan.columns:
            values = raw.column(column.index)
            if column.convert is not None:
                kept.append(values)
                values, failed = _converted(values, column.convert)
                self.counts.unconverted[column.name] += len(failed)
                if column.required:
                    for row in failed.tolist():
                        refused.setdefault(row, column)
            arrays.append(values)
        for value in self._plan.constants.values():
            arrays.append(pa.chunked_array([pa.repeat(pa.scalar(value), count)]))
        schema = pa.schema([(name, pa.string()) for name in self._plan.names])
        table = pa.Table.from_arrays([*arrays, *kept], schema=schema)
        if not refused:
            return table, batch.lines, []
        rejects = [self._refusal(raw, batch.lines, row, refused[row]) for row in sorted(refused)]
        keep = np.ones(count, bool)
        keep[list(refused)] = False
        return table.filter(pa.array(keep)), batch.lines[keep], rejects

    def _refusal(self, raw: pa.Table, lines: Lines, row: int, column: Planned) -> Reject:
        values = {name: raw.column(index)[row].as_py() for index, name in enumerate(self._names)}
        return Reject(
            int(lines[row]),
            "unconverted_value",
            f"{column.name}: the mapping cannot read it",
            json.dumps(values, ensure_ascii=False),
        )


def _converted(values: pa.ChunkedArray, convert: Convert) -> tuple[pa.ChunkedArray, Lines]:
    """Each value converted, once for each different one, and the rows whose value was refused."""
    encoded = pa.concat_arrays([pa.array([], pa.string()), *values.chunks]).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    results = [convert(text) for text in texts]
    failed = np.array([result is None for result in results], bool)
    indices = encoded.indices
    converted = pa.array(results, pa.string()).take(indices)
    if not failed.any():
        return pa.chunked_array([converted]), np.empty(0, np.int64)
    places = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero((places >= 0) & failed[np.maximum(places, 0)])
    return pa.chunked_array([converted]), rows
