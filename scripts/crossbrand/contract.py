"""The landing contract, read from the one place it is written down: the dbt `sources` YAML.

The zero-row files, the sample generator and the landing command are all derived from here, so that
a column is added to the contract by editing one YAML file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from crossbrand.errors import CrossbrandError

SOURCE_NAME = "landing"
DATA_TYPES = frozenset({"text", "timestamp", "date", "decimal", "integer", "boolean"})

# What `crossbrand land` adds to every row, so that a row can be found again in the delivered file.
PROVENANCE_COLUMNS = ("_file", "_line")

# What `crossbrand land` keeps of a record that it cannot read, under <landing>/_rejects/<feed>/…:
# `reason` (or `reason_code`) is a code of seeds/reject_reasons.csv, `detail` what was found,
# `text` the record as it stood in the file. A column that a file lacks is null.
PUT_ASIDE_COLUMNS = ("feed", "brand", "file", "line", "reason", "reason_code", "detail", "text")
PUT_ASIDE_ZERO_ROWS = Path("models") / "marts" / "operations" / "put_aside_zero_rows.parquet"

# The zero-row file lies in a partition that no delivery can have, so it is never taken for one.
ZERO_ROWS_PARTITION = Path("brand=none") / "load_date=1970-01-01" / "zero_rows.parquet"


# The C parser is ten times as fast, and not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Column:
    """One column of a feed. `values` is empty where any value is allowed."""

    name: str
    data_type: str
    required: bool
    pii: bool
    values: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Feed:
    """One feed. `key` names the columns that identify a row's record within its brand."""

    name: str
    domain: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The contract's columns in their order."""
        return tuple(column.name for column in self.columns)


def load_contract(project_dir: Path) -> dict[str, Feed]:
    """Read every feed of the contract, by feed name, in alphabetical order.

    Raises CrossbrandError when there is no sources file, or when one of them cannot be used.
    """
    pattern = "models/staging/*/_*__sources.yml"
    paths = sorted(project_dir.glob(pattern))
    if not paths:
        raise CrossbrandError(
            f"No landing contract under {project_dir}: expected {pattern}. "
            "Run this inside the project, or name the project's folder."
        )
    feeds: dict[str, Feed] = {}
    for path in paths:
        for feed in _read_sources(path):
            if feed.name in feeds:
                raise CrossbrandError(f"{path}: the feed {feed.name} is declared twice.")
            feeds[feed.name] = feed
    return dict(sorted(feeds.items()))


def write_zero_rows(project_dir: Path) -> list[Path]:
    """Write the typed file without rows of each feed, and of the rejects, and return the paths.

    dbt reads it beside the deliveries, so that a missing feed, brand or column still builds. All
    columns are strings, as a delivery's may be. Only a file whose columns differ is rewritten, and
    a file of a feed that the contract no longer has is removed.
    """
    root = project_dir / "models" / "staging" / "zero_rows"
    contract = load_contract(project_dir)
    schemas = {
        root / feed.name / ZERO_ROWS_PARTITION: zero_rows_schema(feed) for feed in contract.values()
    }
    schemas[project_dir / PUT_ASIDE_ZERO_ROWS] = pa.schema(
        [(name, pa.string()) for name in PUT_ASIDE_COLUMNS]
    )
    for path, schema in schemas.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.exists() and pq.read_schema(path).equals(schema)):
            # Without the Arrow schema the bytes depend on columns and writer version only.
            pq.write_table(schema.empty_table(), path, compression="none", store_schema=False)
    for folder in root.iterdir():
        if folder.name not in contract:
            (folder / ZERO_ROWS_PARTITION).unlink(missing_ok=True)
            for depth in (ZERO_ROWS_PARTITION.parent, ZERO_ROWS_PARTITION.parent.parent):
                (folder / depth).rmdir()
            folder.rmdir()
    return list(schemas)


def zero_rows_schema(feed: Feed) -> pa.Schema:
    """The feed's columns and the provenance columns, all as strings."""
    return pa.schema([(name, pa.string()) for name in (*feed.column_names, *PROVENANCE_COLUMNS)])


def find_project_dir(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: the working folder) with dbt_project.yml.

    The environment variable CROSSBRAND_PROJECT overrides it. Raises CrossbrandError without one.
    """
    named = os.environ.get("CROSSBRAND_PROJECT")
    begin = (start or Path(named or ".")).resolve()
    for folder in (begin, *begin.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise CrossbrandError(
        f"No dbt_project.yml at or above {begin}. Change into the project's folder, "
        "or set CROSSBRAND_PROJECT to it."
    )


def _read_sources(path: Path) -> Iterator[Feed]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
    except yaml.YAMLError as error:
        raise CrossbrandError(f"{path} is not readable YAML: {error}") from error
    for source in document.get("sources", []):
        if source.get("name") == SOURCE_NAME:
            for table in source.get("tables", []):
                yield _read_feed(path, table)


def _read_feed(path: Path, table: dict[str, Any]) -> Feed:
    name = str(table["name"])
    columns = tuple(_read_column(path, name, column) for column in table.get("columns", []))
    key = tuple(_meta(table).get("key", ()))
    missing = set(key) - {column.name for column in columns}
    if not key or missing:
        raise CrossbrandError(
            f"{path}: the feed {name} needs config.meta.key, a list of its own columns"
            + (f"; {', '.join(sorted(missing))} is not one." if missing else ".")
        )
    return Feed(
        name=name,
        domain=path.parent.name,
        description=str(table.get("description", "")),
        key=key,
        columns=columns,
    )


def _read_column(path: Path, feed: str, column: dict[str, Any]) -> Column:
    data_type = column.get("data_type")
    if data_type not in DATA_TYPES:
        raise CrossbrandError(
            f"{path}: {feed}.{column['name']} has the data_type {data_type!r}; "
            f"use one of {', '.join(sorted(DATA_TYPES))}."
        )
    meta = _meta(column)
    return Column(
        name=str(column["name"]),
        data_type=str(data_type),
        required=bool(meta.get("required", False)),
        pii=bool(meta.get("pii", False)),
        values=tuple(str(value) for value in meta.get("values", ())),
        description=str(column.get("description", "")),
    )


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    meta = (node.get("config") or {}).get("meta") or {}
    return dict(meta)


if __name__ == "__main__":
    for written_path in write_zero_rows(find_project_dir()):
        print(written_path)
