"""Where things lie: the project, the landing data, the warehouse file and the sample's truth.

The same environment variables that `dbt build` reads (see profiles.yml and dbt_project.yml) are
read here, and a relative path means relative to the project, as it does for dbt. So the command
line and dbt always look at the same files, whatever the working folder is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from crossbrand.contract import find_project_dir
from crossbrand.errors import CrossbrandError

SAMPLE_FOLDER = "sample"


@dataclass(frozen=True)
class Paths:
    """The places that one run works with; all absolute."""

    project: Path
    landing: Path
    warehouse: Path
    published: Path = field(default_factory=lambda: Path("published").absolute())

    @property
    def sample(self) -> Path:
        """Where `generate` writes unless told otherwise."""
        return self.project / SAMPLE_FOLDER

    @property
    def truth(self) -> Path:
        """The truth of the landing data that is read: it lies beside the landing folder."""
        return self.landing.parent / "truth"


def find_paths(project: Path | None = None) -> Paths:
    """Resolve the places from the environment.

    CROSSBRAND_LANDING defaults to sample/landing, CROSSBRAND_WAREHOUSE to warehouse.duckdb, and
    CROSSBRAND_PUBLISHED to published, all in the project.
    Raises CrossbrandError when no project is found.
    """
    root = (project or find_project_dir()).resolve()
    return Paths(
        project=root,
        landing=_from_environment(root, "CROSSBRAND_LANDING", f"{SAMPLE_FOLDER}/landing"),
        warehouse=_from_environment(root, "CROSSBRAND_WAREHOUSE", "warehouse.duckdb"),
        published=_from_environment(root, "CROSSBRAND_PUBLISHED", "published"),
    )


def _from_environment(root: Path, name: str, default: str) -> Path:
    return root / Path(os.environ.get(name) or default).expanduser()


def modified_at(path: Path) -> datetime:
    """When a file was last changed, in UTC: what publication records and a sync compares."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)


def project_variable(project: Path, name: str, default: str) -> str:
    """A variable of dbt_project.yml as it is written there; a --vars of some run is not seen."""
    document = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return str((document.get("vars") or {}).get(name, default))


@contextmanager
def open_warehouse(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach the warehouse file read-only under the name `warehouse` and make it the default.

    Temporary tables go to memory, so that nothing is ever written to the file. Raises
    CrossbrandError when the file is missing, is being written by a build, or is not a warehouse.
    """
    if not warehouse.is_file():
        raise CrossbrandError(
            f"There is no warehouse at {warehouse}. Build one with `dbt build`, "
            "or name yours in CROSSBRAND_WAREHOUSE."
        )
    connection = duckdb.connect()
    try:
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"attach {quoted(warehouse)} as warehouse (read_only)")
            connection.execute("use warehouse")
        except duckdb.IOException as error:
            raise CrossbrandError(
                f"{warehouse} cannot be opened: another process, such as a running build, holds "
                f"it, or it is no DuckDB file. Try again when the build has ended. ({error})"
            ) from error
        yield connection
    finally:
        connection.close()


def require_tables(connection: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """Raise CrossbrandError when the warehouse lacks one of the tables, written `schema.name`."""
    missing = [table for table in tables if not has_table(connection, table)]
    if missing:
        raise CrossbrandError(
            f"The warehouse has no {', '.join(missing)}. Build the whole project with `dbt build`."
        )


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the warehouse holds `schema.name`."""
    schema, name = table.split(".")
    found = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'warehouse' "
        "and schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return bool(found and found[0])


def quoted(value: Path | str) -> str:
    """A SQL string literal."""
    text = str(value).replace("'", "''")
    return f"'{text}'"
