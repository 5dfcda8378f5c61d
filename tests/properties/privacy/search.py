"""Looks for texts in the bytes of every file, and in what compressed files hold when read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def find_texts(root: Path, texts: Iterable[str]) -> dict[str, set[str]]:
    """Which of the texts stand in which files below the root; every file is looked at."""
    wanted = sorted({text.encode() for text in texts}, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(text) for text in wanted))
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        for content in (path.read_bytes(), *_read(path)):
            # One match may hide a shorter one that begins in it; that it is not clean is enough.
            for match in pattern.findall(content):
                name = path.relative_to(root).as_posix()
                found.setdefault(match.decode(), set()).add(name)
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
    return "\n".join(
        str(value) for column in table.columns for value in column.to_pylist()
    ).encode()
