"""JSON lines: one object a line. Values keep the text that they were written with.

12.10 stays 12.10 and a number of twenty digits keeps them all, since numbers are never made
floating. Lists and objects inside a record stay JSON text. A line that is no object, or that has a
key twice, is rejected: taking one of two values in silence would lose the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from crossbrand.land.csv_reader import LONGEST_LINE
from crossbrand.land.encodings import SAMPLE_LINES, is_utf8
from crossbrand.land.model import Batch, FileRefusedError, Reject, Tally

MOST_KEYS = 1000


class NewKeysError(Exception):
    """Keys came up that the file's beginning had not: reading starts again with them."""


class _RepeatedKeyError(ValueError):
    pass


class _Number(str):
    """The text of a number, so that inside a list it is written back without quotes."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_Number,
    parse_int=_Number,
    parse_constant=_no_constant,
)


class JsonReader:
    """Reads objects; `keys` is every key seen, in the order of first sight."""

    def __init__(self, keys: list[str], tally: Tally) -> None:
        self.keys = dict.fromkeys(keys)
        self.tally = tally
        self.bad_encoding: list[bytes] = []
        self.bad_encoding_count = 0
        self.saw_other_letters = False
        self._may_grow = not keys

    def find_keys(self, blocks: Iterator[bytes]) -> list[str]:
        """Every key of the file: a pass of its own, for files whose keys come up late."""
        rows: list[dict[str, str | None]] = []
        for line in (line for block in whole_lines(blocks) for line in block.split(b"\n")):
            read = self._read(line, 0) if line.strip() else None
            if isinstance(read, dict):
                rows.append(read)
                self._may_grow = True
                self._learn(rows)
                rows.clear()
        return list(self.keys)

    def batches(self, blocks: Iterator[bytes]) -> Iterator[Batch]:
        """Batches from UTF-8 blocks. Raises NewKeysError when a later batch has keys of its own."""
        line, pending = 1, b""
        for block in blocks:
            pending += block
            cut = pending.rfind(b"\n") + 1
            if cut == 0 and len(pending) > LONGEST_LINE:
                raise FileRefusedError(
                    f"line {line:,} is longer than {LONGEST_LINE // 2**20} MB. "
                    "JSON lines has one object on each line."
                )
            while cut:
                # Objects take many times the memory of their text: a few MB at a time.
                part = pending.rfind(b"\n", 0, 4 * 1024 * 1024) + 1 or pending.find(b"\n") + 1
                yield self._batch(pending[:part], line)
                line += pending.count(b"\n", 0, part)
                pending, cut = pending[part:], cut - part
        if pending:
            yield self._batch(pending + b"\n", line)

    def _batch(self, chunk: bytes, first_line: int) -> Batch:
        rows: list[dict[str, str | None]] = []
        lines: list[int] = []
        rejects: list[Reject] = []
        for index, line in enumerate(chunk.split(b"\n")[:-1]):
            if not line.strip():
                self.tally.blank_lines += 1
                continue
            read = self._read(line, first_line + index)
            if isinstance(read, Reject):
                rejects.append(read)
            else:
                rows.append(read)
                lines.append(first_line + index)
        self._learn(rows)
        arrays = [pa.array([row.get(key) for row in rows], pa.string()) for key in self.keys]
        table = pa.Table.from_arrays(arrays, [f"c{index}" for index in range(len(arrays))])
        if not arrays:
            table = pa.table({"c0": pa.nulls(len(rows), pa.string())})
        self.tally.records += len(rows) + len(rejects)
        return Batch(table, np.array(lines, np.int64), rejects)

    def _learn(self, rows: list[dict[str, str | None]]) -> None:
        before = len(self.keys)
        for row in rows:
            if not row.keys() <= self.keys.keys():
                self.keys.update(dict.fromkeys(row))
        if len(self.keys) > MOST_KEYS:
            raise FileRefusedError(
                f"its objects have more than {MOST_KEYS:,} different keys. A record's keys are its "
                "columns; values that are used as keys belong into a value."
            )
        if len(self.keys) > before and not self._may_grow:
            raise NewKeysError
        self._may_grow = False

    def _read(self, line: bytes, number: int) -> dict[str, str | None] | Reject:
        if not line.isascii():
            if not is_utf8(line):
                self.bad_encoding_count += 1
                if len(self.bad_encoding) < SAMPLE_LINES:
                    self.bad_encoding.append(line)
                return _reject(number, "unreadable_encoding", "bytes that are no text", line)
            self.saw_other_letters = True
        try:
            value = _DECODER.decode(line.decode("utf-8"))
        except _RepeatedKeyError as error:
            return _reject(number, "repeated_key", f"the key {error} stands twice", line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or str(error) or "nested too deeply"
            place = getattr(error, "pos", None)
            where = f" at position {place + 1}" if place is not None else ""
            return _reject(number, "invalid_json", f"{reason}{where}", line)
        if not isinstance(value, dict):
            return _reject(number, "not_an_object", "the line is JSON, but no object", line)
        if not value:
            return _reject(number, "not_an_object", "the object is empty", line)
        # \u escapes can spell what no text may hold: zero bytes and halves of characters.
        if b"\\u" in line or b"\0" in line:
            text = json.dumps(value, ensure_ascii=False)
            if "\\u0000" in text:
                return _reject(number, "null_byte", "a zero byte in a value", line)
            if not _is_encodable(text):
                return _reject(number, "unreadable_encoding", "half of a character", line)
        try:
            return {key: _text(item) for key, item in value.items()}
        except RecursionError:
            return _reject(number, "invalid_json", "nested too deeply", line)


def whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at line ends."""
    pending = b""
    for block in blocks:
        pending += block
        cut = pending.rfind(b"\n") + 1
        if cut:
            yield pending[:cut]
            pending = pending[cut:]
    if pending:
        yield pending


def _text(value: Any) -> str | None:
    """A JSON value as the text that lands; nested values as JSON."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value)


def _json(value: Any) -> str:
    """JSON text of a nested value, its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        inside = ", ".join(
            f"{json.dumps(key, ensure_ascii=False)}: {_json(item)}" for key, item in value.items()
        )
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(_json(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _reject(line: int, code: str, detail: str, text: bytes) -> Reject:
    return Reject(line, code, detail, text.removesuffix(b"\r").decode("utf-8", "backslashreplace"))
