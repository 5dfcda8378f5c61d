"""Parquet as text: each value as the contract writes it, each row with its number.

Times become ISO 8601 in UTC, decimals keep their digits, lists and structs become JSON. NaN, which
is how some tools write a gap in a floating column, becomes null. A floating column of whole
numbers loses its .0, since a key that had a gap in it is delivered as 17.0. A text that is no
UTF-8 rejects its row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossbrand.land.model import Batch, FileRefusedError, Reject

ROWS = 65_536

# The years 1 to 9999 in seconds since 1970.
_FIRST_SECOND, _AFTER_LAST_SECOND = -62_135_596_800, 253_402_300_800
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class ParquetReader:
    """Reads the rows of one file. `names`, `types`: of its columns; `rows`: as its footer says."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
            schema = self._file.schema_arrow
            self.rows = int(self._file.metadata.num_rows)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise _broken(error) from error
        self.names = [_name(name) for name in schema.names]
        self.types = {name: str(kind) for name, kind in zip(self.names, schema.types, strict=True)}
        if self.rows < 0 or not self.names:
            raise FileRefusedError("its footer says that it has no columns. Write it again.")

    def batches(self, advance: Callable[[int], None]) -> Iterator[Batch]:
        """Batches; `advance` hears how many more rows were read. Raises FileRefusedError."""
        first = 1
        iterator = self._file.iter_batches(batch_size=ROWS)
        while True:
            try:
                raw = next(iterator, None)
                if raw is None:
                    break
                batch = _as_text(raw, first)
            except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
                raise _broken(error) from error
            first += raw.num_rows
            advance(raw.num_rows)
            yield batch
        if first - 1 != self.rows:
            raise FileRefusedError(
                f"its footer promises {self.rows:,} rows and it holds {first - 1:,}. "
                "Deliver it again."
            )

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _broken(error: BaseException) -> FileRefusedError:
    reason = " ".join(str(error).split())[:160] or type(error).__name__
    return FileRefusedError(f"its Parquet is broken or cut short ({reason}). Deliver it again.")


def _name(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")


def _as_text(raw: pa.RecordBatch, first: int) -> Batch:
    columns, bad = [], np.zeros(raw.num_rows, bool)
    for column in raw.columns:
        text, unreadable = _column_text(column)
        columns.append(text)
        if unreadable is not None:
            bad |= unreadable
    table = pa.Table.from_arrays(columns, [f"c{index}" for index in range(len(columns))])
    lines = np.arange(first, first + raw.num_rows, dtype=np.int64)
    rejects = []
    if bad.any():
        for row in np.flatnonzero(bad).tolist():
            values = {
                _name(name): None if (value := columns[index][row].as_py()) is None else value
                for index, name in enumerate(raw.schema.names)
            }
            rejects.append(
                Reject(
                    int(lines[row]),
                    "unreadable_encoding",
                    "a value that is no UTF-8, has a zero byte in it, or cannot be read",
                    json.dumps(values, ensure_ascii=False),
                )
            )
        table, lines = table.filter(pa.array(~bad)), lines[~bad]
    return Batch(table, lines, rejects)


def _column_text(column: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    """A column as strings, and which of its rows hold bytes that are no text (None: no row)."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        column, kind = column.storage, column.storage.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string()), None
    if _is_bytes(kind):
        return _decoded(column)
    if pa.types.is_floating(kind):
        return _floats(column.cast(pa.float64()) if kind != pa.float32() else column), None
    if pa.types.is_timestamp(kind):
        return _times(column), None
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.string()), None
    if pa.types.is_date(kind) or pa.types.is_time(kind):
        return column.cast(pa.string()), None
    return _nested(column)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _decoded(column: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    data = column.cast(pa.large_binary())
    try:
        text = data.cast(pa.large_string())
        zero = pc.match_substring(text, "\0").fill_null(False)
        if not pc.any(zero).as_py():
            return text.cast(pa.string()), None
    except pa.ArrowInvalid:
        pass
    values: list[str | None] = []
    bad = np.zeros(len(data), bool)
    for row, value in enumerate(data.to_pylist()):
        if value is None:
            values.append(None)
            continue
        read = value.decode("utf-8", "backslashreplace")
        bad[row] = b"\0" in value or read.encode("utf-8") != value
        values.append(read)
    return pa.array(values, pa.string()), bad


def _floats(column: pa.Array) -> pa.Array:
    kept = pc.if_else(pc.is_nan(column).fill_null(False), None, column)
    numbers = kept.drop_null()
    whole = (
        len(numbers)
        and pc.all(
            pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 2.0**53))
        ).as_py()
    )
    return kept.cast(pa.int64()).cast(pa.string()) if whole else kept.cast(pa.string())


def _times(column: pa.Array) -> pa.Array:
    """Times as ISO 8601. What lies outside of the years 1 to 9999 is no time that anybody meant.

    It becomes a text with its number and unit, which staging refuses or empties by its rule and
    cannot take for another time.
    """
    unit = column.type.unit
    counts = column.cast(pa.int64())
    low, high = (seconds * _PER_SECOND[unit] for seconds in (_FIRST_SECOND, _AFTER_LAST_SECOND))
    within = pc.and_(
        pc.greater_equal(counts, pa.scalar(max(low, -(2**63)), pa.int64())),
        pc.less_equal(counts, pa.scalar(min(high - 1, 2**63 - 1), pa.int64())),
    )
    if pc.all(within).as_py() is not False:
        return _iso(column)
    told = pc.binary_join_element_wise(counts.cast(pa.string()), f"{unit} since 1970", " ")
    return pc.if_else(within, _iso(pc.if_else(within, column, None)), told)


def _iso(column: pa.Array) -> pa.Array:
    zone = column.type.tz
    # Only nanoseconds are cut, for nothing behind uses them; every other unit is cast without loss.
    micros = column.cast(pa.timestamp("us", zone), safe=column.type.unit != "ns")
    if zone is None:
        return pc.replace_substring_regex(micros.cast(pa.string()), r"\.0+$", "")
    utc = micros.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    text = pc.replace_substring_regex(utc.cast(pa.string()), r"\.0+$", "")
    return pc.binary_join_element_wise(text, "Z", "")


def _nested(column: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    values: list[str | None] = []
    bad = np.zeros(len(column), bool)
    for row, scalar in enumerate(column):
        try:
            value = scalar.as_py()
            text = None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            bad[row] = bool(text) and "\\u0000" in str(text)
        except (ValueError, OverflowError, LookupError, NotImplementedError):
            # Bytes that are no text, times that Python does not have, zones that nobody knows.
            text, bad[row] = "(unreadable)", True
        values.append(text)
    return pa.array(values, pa.string()), bad
