"""Writes one generation: for each role a DuckDB file of tables, and Parquet files if wanted.

Tables, since a view would name the warehouse's file, and the rows of each in the order of its key:
so a reader who asks for a customer touches few blocks, and the same marts give the same rows in
the same places. Files are of the storage version of DuckDB 1.2, which every later one reads.
"""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from crossbrand import __version__
from crossbrand.console import Advance
from crossbrand.errors import CrossbrandError
from crossbrand.keys import Key, keys_folder, load_or_create
from crossbrand.paths import Paths, has_table, modified_at, open_warehouse, quoted
from crossbrand.publish.content import hash_table, refuse_personal_data
from crossbrand.publish.declared import BI, ROLES, Mart, load_marts
from crossbrand.publish.figures import measure
from crossbrand.publish.folder import Folder, next_id, sync_file, sync_folder
from crossbrand.publish.pseudonyms import (
    KEY_NAME,
    pseudonyms_of,
    refuse_plain_hashes,
    select_list,
)
from crossbrand.publish.small_groups import (
    hide_small_groups,
    min_group_size,
    refuse_small_groups,
)

STORAGE_VERSION = "v1.2.0"
STORAGE_NUMBER = 65
"""What DuckDB writes for it into the file's header."""

AS_OF = "intermediate.int_operations__as_of"
FILES = "marts.landing_files"


@dataclass(frozen=True)
class Generation:
    """What was written and is not yet current."""

    id: str
    as_of_at: datetime
    built_at: datetime
    rows: Mapping[str, Mapping[str, int]]
    """By role and mart."""
    figures: Mapping[str, Decimal]
    has_parquet: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that have a file of it."""
        return tuple(role for role in ROLES if role in self.rows)


@dataclass
class _Role:
    name: str
    alias: str
    marts: Sequence[Mart]
    least: int = 1
    """People of the smallest group that BI may see."""
    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def stage(
    paths: Paths, folder: Folder, advance: Advance, *, with_parquet: bool = False
) -> Generation:
    """Write the marts of the warehouse into the staging folders; nothing that is read changes.

    Raises CrossbrandError where the warehouse is not what the project's code describes, where the
    files that were written do not hold what was to be written, or where BI would see a person.
    """
    marts = load_marts(paths.project)
    key = load_or_create(keys_folder(paths.project), KEY_NAME)
    least = min_group_size(paths.project)
    roles = [
        _Role(name, f"publishing_{name}", [mart for mart in marts if name in mart.roles], least)
        for name in ROLES
    ]
    roles = [role for role in roles if role.marts]
    for role in roles:
        folder.staged(role.name).mkdir(parents=True)
    with open_warehouse(paths.warehouse) as connection:
        _settle(connection, folder.staged(roles[0].name))
        as_of_at = _as_of(connection)
        _refuse_other_columns(connection, marts)
        total = sum(len(role.marts) for role in roles)
        done = 0
        for role in roles:
            path = folder.staged(role.name) / "marts.duckdb"
            connection.execute(
                f"attach {quoted(path)} as {role.alias} (storage_version '{STORAGE_VERSION}')"
            )
            # One transaction: DuckDB brings every commit to the disk, and a comment is one.
            connection.execute("begin")
            with _pseudonyms(connection, role, key):
                for mart in role.marts:
                    advance(done, total, f"{role.name} {mart.name}")
                    _write_mart(connection, role, mart)
                    done += 1
            connection.execute("commit")
        digest = hashlib.sha256(repr([role.hashes for role in roles]).encode()).hexdigest()
        generation = Generation(
            id=next_id(folder.everything(), digest),
            as_of_at=as_of_at,
            built_at=_modified(paths.warehouse),
            rows={role.name: role.rows for role in roles},
            figures=measure(connection),
            has_parquet=with_parquet,
        )
        version = code_version(paths.project)
        for role in roles:
            connection.execute("begin")
            _describe(connection, role, generation, version, paths.landing)
            connection.execute("commit")
            if with_parquet:
                _write_parquet(connection, role, folder.staged(role.name) / "parquet")
            connection.execute(f"checkpoint {role.alias}")
            connection.execute(f"detach {role.alias}")
    for role in roles:
        _seal(folder, role, generation)
    return generation


def _settle(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Spill beside the files that are written, and use no more than a build may."""
    connection.execute(f"set temp_directory = {quoted(spill / 'spill')}")
    if limit := os.environ.get("CROSSBRAND_MEMORY"):
        connection.execute(f"set memory_limit = {quoted(limit)}")
    if threads := os.environ.get("CROSSBRAND_THREADS"):
        connection.execute(f"set threads = {int(threads)}")


def _as_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    if not has_table(connection, AS_OF):
        raise CrossbrandError(
            f"The warehouse has no {AS_OF}, so it was not built as a whole. Run `crossbrand build`."
        )
    row = connection.execute(f"select as_of_at from {AS_OF}").fetchone()
    if row is None or row[0] is None:
        raise CrossbrandError(
            "The warehouse has no moment that its marts speak of: nothing has landed."
        )
    moment: datetime = row[0]
    return moment


def _modified(path: Path) -> datetime:
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return moment.replace(tzinfo=None, microsecond=0)


def _refuse_other_columns(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> None:
    """A column that no YAML describes may be personal, so nothing is published by guess."""
    for mart in marts:
        found = connection.execute(
            "select column_name from duckdb_columns() where database_name = 'warehouse' "
            "and schema_name = ? and table_name = ? order by column_index",
            [mart.schema, mart.name],
        ).fetchall()
        there, declared = {name for (name,) in found}, {column.name for column in mart.columns}
        if not there:
            raise CrossbrandError(
                f"The warehouse has no {mart.schema}.{mart.name}, which is to be published. "
                "Build the whole project with `crossbrand build`."
            )
        if there != declared:
            names = ", ".join(sorted(there ^ declared))
            raise CrossbrandError(
                f"{mart.schema}.{mart.name} in the warehouse has other columns than the project "
                f"describes ({names}): it was built by other code. Run `crossbrand build`."
            )


def _hidden(role: _Role, mart: Mart) -> list[str]:
    """The columns of which the role gets keyed hashes."""
    return [
        column.name
        for column in mart.published_columns(role.name)
        if column.is_pseudonym and role.name == BI
    ]


def _pseudonyms(
    connection: duckdb.DuckDBPyConnection, role: _Role, key: Key
) -> AbstractContextManager[str]:
    columns = [
        (f'warehouse.{mart.schema}."{mart.name}"', name)
        for mart in role.marts
        for name in _hidden(role, mart)
    ]
    return pseudonyms_of(connection, key, columns)


def _write_mart(connection: duckdb.DuckDBPyConnection, role: _Role, mart: Mart) -> None:
    columns = mart.published_columns(role.name)
    hidden = _hidden(role, mart)
    # In the order of what is written: that of the ids behind it would tell which is which.
    order = ", ".join(f'"{name}"' for name in mart.key) or "all"
    target = f'{role.alias}.main."{mart.name}"'
    source = f'warehouse.{mart.schema}."{mart.name}"'
    chosen = select_list([column.name for column in columns], hidden, source)
    if role.name == BI and mart.small_groups:
        connection.execute(f"create or replace temp table with_groups as {chosen}")
        hide_small_groups(connection, "with_groups", mart.small_groups, mart.key, role.least)
        chosen = "select * from with_groups"
    connection.execute(f"create table {target} as select * from ({chosen}) order by {order}")
    connection.execute(f"comment on table {target} is {quoted(mart.description)}")
    texts = []
    for name, kind in connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = ? and table_name = ?",
        [role.alias, mart.name],
    ).fetchall():
        texts += [str(name)] if kind == "VARCHAR" else []
    for column in columns:
        connection.execute(
            f'comment on column {target}."{column.name}" is {quoted(column.description)}'
        )
    if role.name == BI:
        refuse_personal_data(connection, target, texts)
        refuse_small_groups(connection, target, [column.name for column in columns], role.least)
        refuse_plain_hashes(connection, target, [name for name in texts if name not in hidden])
    role.rows[mart.name], role.hashes[mart.name] = hash_table(connection, target)


def _describe(
    connection: duckdb.DuckDBPyConnection,
    role: _Role,
    generation: Generation,
    version: str,
    landing: Path,
) -> None:
    """The tables in which a generation says what it is."""
    main = f"{role.alias}.main"
    connection.execute(
        f"create table {main}._generation (generation_id varchar, role varchar, "
        "as_of_at timestamp, built_at timestamp, code_version varchar)"
    )
    connection.execute(
        f"insert into {main}._generation values (?, ?, ?, ?, ?)",
        [generation.id, role.name, generation.as_of_at, generation.built_at, version],
    )
    connection.execute(
        f"create table {main}._generation_marts "
        "(mart_name varchar, row_count bigint, content_hash varchar)"
    )
    connection.executemany(
        f"insert into {main}._generation_marts values (?, ?, ?)",
        [[name, role.rows[name], role.hashes[name]] for name in sorted(role.rows)],
    )
    connection.execute(
        f"create table {main}._generation_figures (figure varchar, measured_number decimal(38, 2))"
    )
    connection.executemany(
        f"insert into {main}._generation_figures values (?, ?)",
        [list(row) for row in generation.figures.items()],
    )
    connection.execute(
        f"create table {main}._generation_files (feed varchar, brand_id varchar, load_date date, "
        "file_name varchar, row_count bigint, size_bytes bigint, modified_at timestamp)"
    )
    if has_table(connection, FILES):
        rows = connection.execute(
            f"select feed, brand_id, load_date, file_name, row_count from {FILES} "
            "order by file_name"
        ).fetchall()
        names = (
            "feed", "brand_id", "load_date", "file_name", "row_count", "size_bytes", "modified_at"
        )  # fmt: skip
        sized = [[*row, *_state(landing / str(row[3]), generation.built_at)] for row in rows]
        columns = list(zip(*sized, strict=True)) or [()] * len(names)
        read = pa.table(dict(zip(names, map(pa.array, columns), strict=True)))
        connection.register("landed", read)
        connection.execute(f"insert into {main}._generation_files from landed order by file_name")
        connection.unregister("landed")


def _state(path: Path, built_at: datetime) -> tuple[int | None, datetime | None]:
    """Size and time of change; none where it was removed, or changed since the build."""
    with suppress(OSError):
        changed_at = modified_at(path)
        if changed_at < built_at:
            return path.stat().st_size, changed_at
    return None, None


def _write_parquet(connection: duckdb.DuckDBPyConnection, role: _Role, target: Path) -> None:
    target.mkdir()
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? order by table_name",
        [role.alias],
    ).fetchall()
    for (name,) in tables:
        path = target / f"{name}.parquet"
        connection.execute(
            f'copy {role.alias}.main."{name}" to {quoted(path)} (format parquet, compression zstd)'
        )
        path.chmod(0o444)
        sync_file(path)
    sync_folder(target)


def _seal(folder: Folder, role: _Role, generation: Generation) -> None:
    """Look at the file as a reader will, make it read-only, and bring it to the disk."""
    staged = folder.staged(role.name)
    path = staged / "marts.duckdb"
    if path.with_name(f"{path.name}.wal").exists():
        raise CrossbrandError(f"{path} was not written out: its log is still beside it.")
    if storage_number(path) != STORAGE_NUMBER:
        raise CrossbrandError(f"{path} is not of the storage version {STORAGE_VERSION}.")
    with duckdb.connect(str(path), read_only=True) as reader:
        for name, rows in role.rows.items():
            found = reader.execute(f'select count(*) from "{name}"').fetchone()
            if not found or found[0] != rows:
                raise CrossbrandError(f"{path}: {name} has {found} rows where {rows} were written.")
    path.chmod(0o444)
    sync_file(path)
    path.rename(staged / f"{generation.id}.duckdb")
    sync_folder(staged)


def storage_number(path: Path) -> int:
    """The storage version in a DuckDB file's header: after a checksum of 8 bytes and `DUCK`."""
    with path.open("rb") as file:
        header = file.read(20)
    if len(header) < 20 or header[8:12] != b"DUCK":
        raise CrossbrandError(f"{path} is no DuckDB file.")
    number: int = struct.unpack("<Q", header[12:20])[0]
    return number


def code_version(project: Path) -> str:
    """The package's version, and the commit where the project is a clone."""
    with suppress(OSError, subprocess.SubprocessError):
        described = subprocess.run(
            ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=8"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout.strip()
        if described:
            return f"{__version__}+{described}"
    return __version__
