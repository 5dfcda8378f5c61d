"""Compares tables that PostgreSQL has built with those of the DuckDB warehouse, row by row.

The tables are written to Parquet files in the types that PostgreSQL declares for their columns, and
crossbrand.spark.compare compares the files: every column of every row and every type.

`python -m crossbrand.postgres.compare [--schema marts] [TABLE…]`, the server by PGHOST and so on;
its status is 1 where anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths, quoted
from crossbrand.spark.compare import Comparison, compare_schema, report

# A name of DuckDB for each of PostgreSQL's that is not the same there.
TYPES = {
    "text": "varchar",
    "character varying": "varchar",
    "double precision": "double",
    "timestamp without time zone": "timestamp",
}
SAME = ("bigint", "boolean", "date", "integer")


def export_schema(address: str, schema: str, folder: Path) -> list[str]:
    """Write each table of a schema to `<folder>/<schema>.db/<table>/rows.parquet`.

    Returns their names. Raises CrossbrandError at a type that no mart has, or without a server.
    """
    try:
        with psycopg.connect(address) as server, duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            names = [
                str(row[0])
                for row in server.execute(
                    "select table_name from information_schema.tables where table_schema = %s "
                    "and table_type = 'BASE TABLE' order by table_name",
                    [schema],
                )
            ]
            for name in names:
                _export(server, connection, schema, name, folder / f"{schema}.db" / name)
    except psycopg.Error as error:
        raise CrossbrandError(f"PostgreSQL cannot be read: {error}") from error
    return names


def _export(
    server: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    folder: Path,
) -> None:
    folder.mkdir(parents=True)
    columns = {
        str(row[0]): _duckdb_type(f"{schema}.{name}.{row[0]}", *row[1:])
        for row in server.execute(
            "select column_name, data_type, numeric_precision, numeric_scale "
            "from information_schema.columns where table_schema = %s and table_name = %s "
            "order by ordinal_position",
            [schema, name],
        )
    }
    path = folder / "rows.csv"
    # No value is told from an empty text by the quotes that every value has.
    statement = sql.SQL(
        "copy {} to stdout (format csv, null 'none', force_quote *, encoding 'UTF8')"
    ).format(sql.Identifier(schema, name))
    with path.open("wb") as file, server.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            file.write(block)
    declared = ", ".join(f"{quoted(column)}: {quoted(kind)}" for column, kind in columns.items())
    connection.execute(
        f"copy (from read_csv({quoted(str(path))}, columns = {{{declared}}}, header = false, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = 'none', "
        f"allow_quoted_nulls = false, parallel = false)) to {quoted(str(folder / 'rows.parquet'))}"
    )
    path.unlink()


def _duckdb_type(column: str, declared: str, precision: int | None, scale: int | None) -> str:
    if declared == "numeric":
        if precision is None or precision > 38:
            return "double"
        return f"decimal({precision}, {scale or 0})"
    if declared in SAME:
        return declared
    if declared not in TYPES:
        raise CrossbrandError(f"{column} has the type {declared}, which no mart has.")
    return TYPES[declared]


def compare(address: str, schema: str, tables: list[str], **how: object) -> list[Comparison]:
    """Compare a schema of the server with that of the DuckDB warehouse of this environment."""
    paths = find_paths()
    with tempfile.TemporaryDirectory(prefix="crossbrand-postgres-") as folder:
        export_schema(address, schema, Path(folder))
        return compare_schema(
            paths.warehouse,
            Path(folder),
            schema,
            paths.project,
            tables,
            engine="PostgreSQL",
            **how,  # type: ignore[arg-type]
        )


def main(arguments: list[str]) -> int:
    """Compare and print; 1 where something differs, 2 where nothing can be compared."""
    parser = argparse.ArgumentParser(prog="python -m crossbrand.postgres.compare")
    parser.add_argument("--schema", default="marts")
    parser.add_argument("--without", action="append", default=[], help="a column to leave out")
    parser.add_argument("--values-only", action="store_true", help="types may differ")
    parser.add_argument("tables", nargs="*")
    given = parser.parse_args(arguments)
    try:
        comparisons = compare(
            "",
            given.schema,
            given.tables,
            without=tuple(given.without),
            values_only=given.values_only,
        )
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return report(comparisons, given.schema)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
