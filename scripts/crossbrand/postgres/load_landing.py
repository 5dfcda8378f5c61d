"""Copies landed files into tables of a PostgreSQL server, which reads no Parquet.

Each feed of the contract becomes a table `landing.<feed>`, all of whose columns are text, cast the
way the base models cast them on DuckDB, with the brand and the load date of the path and the file
beside them. `landing.landed_files` says which files are in: one that is there as it was is not
read again, one that has changed or is gone takes its rows with it. All of it is one transaction.

`python -m crossbrand.postgres.load_landing [LANDING]`, the server by PGHOST, PGDATABASE and so on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import duckdb
import psycopg
from psycopg import sql

from crossbrand.contract import (
    PROVENANCE_COLUMNS,
    PUT_ASIDE_COLUMNS,
    PUT_ASIDE_ZERO_ROWS,
    ZERO_ROWS_PARTITION,
    load_contract,
)
from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths

SCHEMA = "landing"
PUT_ASIDE = "put_aside"
PLACE_COLUMNS = ("brand", "load_date", "_landing_file")
BATCH = 20_000

# One loader at a time in a database; any number would do.
ADVISORY_LOCK = 5_020_913_558


@dataclass(frozen=True)
class Table:
    """A table of the landing: the folder its files lie in, and a file that has all its columns."""

    name: str
    pattern: str
    columns: tuple[str, ...]
    zero_rows: Path


@dataclass(frozen=True)
class State:
    """What tells a file from one that was there before under its name."""

    size: int
    modified_ns: int


@dataclass(frozen=True)
class Loaded:
    """What one loading did: files and rows that came, files whose rows went."""

    files: int
    rows: int
    gone: int


def load_landing(landing: Path, project: Path, address: str = "") -> Loaded:
    """Bring the tables to what lies in `landing`.

    address: of the server, as libpq reads it; empty: by the variables PGHOST and so on.
    Raises CrossbrandError where there is no landing, or no server that takes it.
    """
    if not landing.is_dir():
        raise CrossbrandError(f"There is no landing at {landing}.")
    tables = _tables(project)
    try:
        with psycopg.connect(address) as server:
            server.execute("select pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
            _check_database(server)
            for table in tables:
                _make_table(server, table)
            return _load(server, landing, tables)
    except psycopg.Error as error:
        raise CrossbrandError(f"PostgreSQL does not take the landing: {error}") from error


def _tables(project: Path) -> list[Table]:
    tables = [
        Table(
            feed.name,
            f"{feed.name}/brand=*/load_date=*/*.parquet",
            (*feed.column_names, *PROVENANCE_COLUMNS),
            project / "models" / "staging" / "zero_rows" / feed.name / ZERO_ROWS_PARTITION,
        )
        for feed in load_contract(project).values()
    ]
    put_aside = Table(
        PUT_ASIDE,
        "_rejects/*/brand=*/load_date=*/*.parquet",
        PUT_ASIDE_COLUMNS,
        project / PUT_ASIDE_ZERO_ROWS,
    )
    return [*tables, put_aside]


def _check_database(server: psycopg.Connection) -> None:
    """Refuse a database that sorts or folds text otherwise than DuckDB: marts would differ."""
    row = server.execute("select 'a' > 'Z', lower('Ž') = 'ž', getdatabaseencoding()").fetchone()
    if row != (True, True, "UTF8"):
        raise CrossbrandError(
            "The database does not sort text by its bytes, or does not know small letters. "
            "Make it by: create database crossbrand template template0 encoding 'UTF8' "
            "lc_collate 'C' lc_ctype 'C.UTF-8'"
        )


def _make_table(server: psycopg.Connection, table: Table) -> None:
    """The table with every column that the contract has; one that it has no more stays.

    A table that lacked a column is emptied, since its files may hold it.
    """
    server.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(SCHEMA)))
    server.execute(
        "create table if not exists landing.landed_files (table_name text not null, "
        "file_name text primary key, landed_file text not null, row_count bigint not null, "
        "size bigint not null, modified_ns bigint not null)"
    )
    name = sql.Identifier(SCHEMA, table.name)
    server.execute(sql.SQL("create table if not exists {} ()").format(name))
    held = {
        row[0]
        for row in server.execute(
            "select column_name from information_schema.columns "
            "where table_schema = %s and table_name = %s",
            [SCHEMA, table.name],
        )
    }
    missing = [column for column in _all_columns(table) if column not in held]
    for column in missing:
        server.execute(
            sql.SQL("alter table {} add column {} text").format(name, sql.Identifier(column))
        )
    if held and missing:
        server.execute(sql.SQL("truncate {}").format(name))
        server.execute("delete from landing.landed_files where table_name = %s", [table.name])


def _all_columns(table: Table) -> tuple[str, ...]:
    # What was put aside names its brand itself.
    return tuple(dict.fromkeys((*table.columns, *PLACE_COLUMNS)))


def _load(server: psycopg.Connection, landing: Path, tables: Sequence[Table]) -> Loaded:
    held = {
        str(row[0]): (str(row[1]), str(row[2]), State(row[3], row[4]))
        for row in server.execute(
            "select file_name, table_name, landed_file, size, modified_ns from landing.landed_files"
        )
    }
    found = {
        path.relative_to(landing).as_posix(): (table, _state(path))
        for table in tables
        for path in sorted(landing.glob(table.pattern))
    }
    gone = [
        (name, table_name, landed_file)
        for name, (table_name, landed_file, state) in held.items()
        if name not in found or found[name][1] != state
    ]
    for name, table_name, landed_file in gone:
        server.execute(
            sql.SQL("delete from {} where _landing_file = %s").format(
                sql.Identifier(SCHEMA, table_name)
            ),
            [landed_file],
        )
        server.execute("delete from landing.landed_files where file_name = %s", [name])
    row_count = 0
    fresh_count = 0
    for table in tables:
        fresh = [
            name
            for name, (owner, state) in found.items()
            if owner is table and (name not in held or held[name][2] != state)
        ]
        if not fresh:
            continue
        fresh_count += len(fresh)
        row_count += _copy(server, landing, table, fresh)
        for name in fresh:
            state = found[name][1]
            count = duckdb.execute(
                "select num_rows from parquet_file_metadata(?)", [str(landing / name)]
            ).fetchone()
            server.execute(
                "insert into landing.landed_files values (%s, %s, %s, %s, %s, %s)",
                [table.name, name, str(landing / name), count[0] if count else 0,
                 state.size, state.modified_ns],
            )  # fmt: skip
        server.execute(sql.SQL("analyze {}").format(sql.Identifier(SCHEMA, table.name)))
    return Loaded(fresh_count, row_count, len(gone))


def _state(path: Path) -> State:
    found = path.stat()
    return State(found.st_size, found.st_mtime_ns)


def _copy(server: psycopg.Connection, landing: Path, table: Table, names: Sequence[str]) -> int:
    """Copy the rows of some files; PostgreSQL's text knows no NUL, which is left out."""
    columns = _all_columns(table)
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(SCHEMA, table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with server.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _rows(landing, table, names):
            copy.write_row(row)
            count += 1
    return count


def _rows(landing: Path, table: Table, names: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    own = table.columns
    placed = [column for column in PLACE_COLUMNS if column not in own]
    quoted = ", ".join('cast("' + column.replace('"', '""') + '" as varchar)' for column in own)
    files = [str(table.zero_rows), *(str(landing / name) for name in names)]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        result = connection.execute(
            f"select {quoted}, _landing_file from read_parquet(?, union_by_name = true, "
            "hive_partitioning = false, filename = '_landing_file')",
            [files],
        )
        while rows := result.fetchmany(BATCH):
            for row in rows:
                *values, file = row
                place = _place(str(file))
                yield (
                    *(
                        value.replace("\0", "") if isinstance(value, str) else None
                        for value in values
                    ),
                    *(place[column] for column in placed),
                )


def _place(file: str) -> dict[str, str]:
    """The brand and the load date that the path of a file says."""
    brand, load_date = Path(file).parts[-3:-1]
    return {
        "brand": unquote(brand.removeprefix("brand=")),
        "load_date": unquote(load_date.removeprefix("load_date=")),
        "_landing_file": file,
    }


def main(arguments: list[str]) -> int:
    """Load; 2 where that cannot be done."""
    if len(arguments) > 1:
        print("usage: python -m crossbrand.postgres.load_landing [LANDING]", file=sys.stderr)
        return 2
    try:
        paths = find_paths()
        landing = Path(arguments[0]).absolute() if arguments else paths.landing
        loaded = load_landing(landing, paths.project)
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{loaded.files} files with {loaded.rows} rows came, those of {loaded.gone} files went")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
