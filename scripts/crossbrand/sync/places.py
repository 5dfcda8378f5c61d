"""Where a sync reads and keeps things, by environment variable, and the published generation.

Like everywhere in the project a relative path means relative to the project's folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, quoted

ROLE = "activation"


@dataclass(frozen=True)
class Places:
    """The files of a sync; all absolute."""

    project: Path
    landing: Path
    published: Path
    state: Path
    deletions: Path

    @property
    def mappings(self) -> Path:
        """The folder with one mapping a destination."""
        return self.project / "destinations"

    @property
    def allow_list(self) -> Path:
        """The seed that says which field may leave."""
        return self.project / "seeds" / "sync_fields.csv"

    @property
    def exports(self) -> Path:
        """Where the destination `file` writes unless its mapping says otherwise."""
        return self.state.parent / "exports"


def find_places(paths: Paths) -> Places:
    """CROSSBRAND_PUBLISHED, CROSSBRAND_SYNC_STATE and CROSSBRAND_DELETIONS, or their defaults.

    State and deletions lie beside the published folder, never inside: generations are swept there.
    """

    def place(name: str, default: Path) -> Path:
        return paths.project / Path(os.environ.get(name) or default).expanduser()

    published = place("CROSSBRAND_PUBLISHED", paths.project / "published")
    return Places(
        project=paths.project,
        landing=paths.landing,
        published=published,
        state=place("CROSSBRAND_SYNC_STATE", published.parent / "sync_state.sqlite"),
        deletions=place("CROSSBRAND_DELETIONS", published.parent / "deletions.jsonl"),
    )


@dataclass(frozen=True)
class Generation:
    """The one generation that a run works with, whatever is published meanwhile."""

    path: Path
    generation_id: str
    built_at: datetime
    tables: dict[str, tuple[str, ...]]
    """The columns of each table."""


REQUIRED = ("sync_profiles", "contactability", "_generation", "_generation_files")


def attach_generation(connection: duckdb.DuckDBPyConnection, places: Places) -> Generation:
    """Resolve `current` once and attach its file read-only under the name `published`.

    The open file stays readable when a newer generation takes over and this one is swept. Raises
    CrossbrandError where nothing is published, or what is published lacks a mart that a sync needs.
    """
    current = places.published / ROLE / "current"
    if not current.exists():
        raise CrossbrandError(
            f"Nothing is published for the role {ROLE}: there is no {current}. Run `crossbrand "
            "build`, or name your folder of published files in CROSSBRAND_PUBLISHED."
        )
    path = current.resolve()
    try:
        connection.execute(f"attach {quoted(path)} as published (read_only)")
    except duckdb.Error as error:
        raise CrossbrandError(
            f"{path} cannot be opened ({str(error).splitlines()[0]}). Publish again with "
            "`crossbrand build`."
        ) from error
    tables: dict[str, tuple[str, ...]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'published' "
        "and schema_name = 'main' order by table_name, column_index"
    ).fetchall():
        tables[table] = (*tables.get(table, ()), column)
    missing = [name for name in REQUIRED if name not in tables]
    if missing:
        raise CrossbrandError(
            f"{path} has no {', '.join(missing)}: it is no complete generation of the role {ROLE}. "
            "Publish again with `crossbrand build`."
        )
    row = connection.execute("select generation_id, built_at from published._generation").fetchone()
    if row is None:
        raise CrossbrandError(f"{path} does not say which generation it is: _generation is empty.")
    return Generation(path=path, generation_id=str(row[0]), built_at=row[1], tables=tables)
