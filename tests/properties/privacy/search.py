"""Looks for texts in the bytes of every file, and in what compressed files hold when read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

PREFIX = 5
CHUNK = 8 * 1024 * 1024


class Needles:
    """Many texts that are looked for at once: by their first bytes, then to the letter."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_prefix: dict[bytes, list[bytes]] = {}
        for text in sorted({text.encode() for text in texts}):
            assert len(text) >= PREFIX, "a shorter text would be found anywhere"
            self._by_prefix.setdefault(text[:PREFIX], []).append(text)
        self._longest = max(map(len, (text for each in self._by_prefix.values() for text in each)))
        self._three = np.zeros(1 << 24, bool)
        for prefix in self._by_prefix:
            self._three[int.from_bytes(prefix[:3], "big")] = True
        self._keys = np.array(
            sorted(int.from_bytes(prefix, "big") for prefix in self._by_prefix), np.int64
        )

    def find(self, content: bytes) -> set[str]:
        """Those of the texts that stand in the bytes."""
        found: set[str] = set()
        for begin in range(0, len(content), CHUNK):
            piece = content[begin : begin + CHUNK + self._longest]
            for place in self._candidates(np.frombuffer(piece, np.uint8)):
                for text in self._by_prefix[piece[place : place + PREFIX]]:
                    if piece.startswith(text, place):
                        found.add(text.decode())
        return found

    def _candidates(self, data: npt.NDArray[np.uint8]) -> list[int]:
        if len(data) < PREFIX:
            return []
        wide = data.astype(np.int32)
        three = (wide[:-2] << 16) | (wide[1:-1] << 8) | wide[2:]
        places = np.flatnonzero(self._three[three])
        places = places[places <= len(data) - PREFIX]
        keys = np.zeros(len(places), np.int64)
        for offset in range(PREFIX):
            keys = (keys << 8) | data[places + offset]
        return [int(place) for place in places[np.isin(keys, self._keys)]]


def find_texts(root: Path, texts: Iterable[str]) -> dict[str, set[str]]:
    """Which of the texts stand in which files below the root; every file is looked at."""
    needles = Needles(texts)
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        for content in (path.read_bytes(), *_read(path)):
            for text in needles.find(content):
                found.setdefault(text, set()).add(path.relative_to(root).as_posix())
    return found


def _read(path: Path) -> list[bytes]:
    """All that a Parquet or DuckDB file holds, as text."""
    if path.suffix == ".parquet":
        return [_text(pq.read_table(path))]
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where not temporary"
            ).fetchall()
            return [
                _text(connection.execute(f'from "{schema}"."{name}"').to_arrow_table())
                for schema, name in tables
            ]
    return []


def _text(table: pa.Table) -> bytes:
    """Every value as text, one a line."""
    sink = pa.BufferOutputStream()
    for column in table.columns:
        for chunk in column.chunks:
            values = (
                chunk.to_pylist()
                if pa.types.is_nested(chunk.type)
                else chunk.cast(pa.string()).to_pylist()
            )
            sink.write("\n".join("" if value is None else str(value) for value in values).encode())
            sink.write(b"\n")
    return bytes(sink.getvalue())
