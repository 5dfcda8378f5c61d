"""Compares tables that Spark has built with the same tables of the DuckDB warehouse, row by row.

Rows have no order on either engine, so they are compared as bags, and matched by the key that the
table's YAML tests where a difference is shown; without a key, whole rows are shown. Every column of
every row must be equal: money to the cent, timestamps to the microsecond, hashes to the letter,
nulls as nulls. The types must be equal too, but for names that the engines give to one type.

`python -m crossbrand.spark.compare SPARK_WAREHOUSE [--schema marts] [TABLE…]` prints a line per
table and the first differences by column; its status is 1 where there are any.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import yaml

from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths

SHOWN = 3


@dataclass
class Comparison:
    """What came of comparing one table; equal when `differences` is empty."""

    table: str
    row_count: int = 0
    differences: list[str] = field(default_factory=list)


def compare_schema(
    warehouse: Path,
    spark_warehouse: Path,
    schema: str,
    project: Path,
    tables: list[str],
    *,
    without: tuple[str, ...] = (),
    values_only: bool = False,
    engine: str = "Spark",
) -> list[Comparison]:
    """Compare the tables of a schema, or those named, in alphabetical order.

    without: columns that are the engine's own, such as the hash of a landed row in staging;
    values_only: types may differ, as no contract fixes them before the marts;
    engine: the name of the other engine, whose tables lie in `spark_warehouse` as Spark's do.
    A table that only one engine has is a difference. Raises CrossbrandError where there is nothing
    to compare.
    """
    keys = _declared_keys(project)
    folder = spark_warehouse / f"{schema}.db"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as duck (read_only)")
        found = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'duck' and schema_name = ?",
            [schema],
        ).fetchall()
        on_duckdb = {str(row[0]) for row in found}
        on_spark = (
            {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
        )
        wanted = sorted(tables or on_duckdb | on_spark)
        if not wanted:
            raise CrossbrandError(f"Neither engine has a table in the schema {schema}.")
        comparisons = []
        for table in wanted:
            missing = [
                name
                for name, names in (("DuckDB", on_duckdb), (engine, on_spark))
                if table not in names
            ]
            if missing:
                said = f"there is no such table on {' and '.join(missing)}"
                comparisons.append(Comparison(table, differences=[said]))
            else:
                comparisons.append(
                    _compare_table(
                        connection,
                        schema,
                        table,
                        folder / table,
                        keys.get(table, []),
                        set(without),
                        values_only,
                        engine,
                    )
                )
    return comparisons


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    folder: Path,
    key: list[str],
    without: set[str],
    values_only: bool,
    engine: str,
) -> Comparison:
    comparison = Comparison(table)
    connection.execute(f'create or replace temp view duck_rows as from duck.{schema}."{table}"')
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    if not files:
        comparison.differences.append(f"{engine} has written no file")
        return comparison
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    connection.execute(f"create or replace temp view spark_rows as from read_parquet([{listed}])")
    types_duck, types_spark = _types(connection, "duck_rows"), _types(connection, "spark_rows")
    for column in sorted(types_duck.keys() | types_spark.keys()):
        if column in without or (values_only and column in types_duck and column in types_spark):
            continue
        if types_duck.get(column) != types_spark.get(column):
            comparison.differences.append(
                f"type of {column}: {types_duck.get(column)} on DuckDB, "
                f"{types_spark.get(column)} on {engine}"
            )
    columns = [column for column in types_duck if column in types_spark and column not in without]
    comparison.row_count = _count(connection, "select count(*) from duck_rows")
    spark_count = _count(connection, "select count(*) from spark_rows")
    if comparison.row_count != spark_count:
        comparison.differences.append(
            f"rows: {comparison.row_count} on DuckDB, {spark_count} on {engine}"
        )
    quoted = [f'"{column}"' for column in columns]
    listed_columns = ", ".join(quoted)
    # Bags and not sets: a row that stands twice on one side must stand twice on the other.
    only_duck, only_spark = (
        _count(
            connection,
            f"select count(*) from (select {listed_columns} from {mine} "
            f"except all select {listed_columns} from {other})",
        )
        for mine, other in (("duck_rows", "spark_rows"), ("spark_rows", "duck_rows"))
    )
    if only_duck or only_spark:
        comparison.differences.append(
            f"{only_duck} rows only on DuckDB, {only_spark} only on {engine}"
        )
        comparison.differences += _differing_columns(connection, columns, key, engine)
    return comparison


def _differing_columns(
    connection: duckdb.DuckDBPyConnection, columns: list[str], key: list[str], engine: str
) -> list[str]:
    """Say by column how many rows with the same key differ, and show the first of them."""
    if not key or not set(key) <= set(columns):
        shown = ", ".join(f'"{column}"' for column in columns)
        rows = []
        for name, mine, other in (
            ("DuckDB", "duck_rows", "spark_rows"),
            (engine, "spark_rows", "duck_rows"),
        ):
            found = connection.execute(
                f"select {shown} from {mine} except all select {shown} from {other} "
                f"order by all limit {SHOWN}"
            ).fetchall()
            rows += [f"only on {name}: {row}" for row in found]
        return rows
    matched = " and ".join(f'd."{column}" is not distinct from s."{column}"' for column in key)
    shown_key = ", ".join(f'"{column}"' for column in key)
    said = []
    for name, mine, other in (
        ("DuckDB", "duck_rows", "spark_rows"),
        (engine, "spark_rows", "duck_rows"),
    ):
        found = connection.execute(
            f"select {shown_key} from {mine} except select {shown_key} from {other} "
            f"order by all limit {SHOWN}"
        ).fetchall()
        said += [f"key only on {name}: {row}" for row in found]
    for column in columns:
        if column in key:
            continue
        differs = (
            f"from duck_rows d join spark_rows s on {matched} "
            f'where d."{column}" is distinct from s."{column}"'
        )
        count = _count(connection, f"select count(*) {differs}")
        if count:
            shown = ", ".join(f'd."{part}"' for part in key)
            first = connection.execute(
                f'select {shown}, d."{column}", s."{column}" {differs} order by all limit {SHOWN}'
            ).fetchall()
            said.append(
                f"{column} differs in {count} rows (key, DuckDB, {engine}): "
                + "; ".join(map(str, first))
            )
    return said


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Column names and types; Spark says of its timestamps that they are UTC, DuckDB does not."""
    rows = connection.execute(f"describe {relation}").fetchall()
    return {
        str(row[0]): str(row[1]).replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMP") for row in rows
    }


def _declared_keys(project: Path) -> dict[str, list[str]]:
    """The key of each model: the columns of its unique_combination, or its one unique column."""
    keys: dict[str, list[str]] = {}
    for path in sorted((project / "models").rglob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in document.get("models") or []:
            for test in model.get("data_tests") or []:
                if isinstance(test, dict) and "unique_combination" in test:
                    settings = test["unique_combination"]
                    arguments = settings.get("arguments", settings)
                    keys.setdefault(
                        str(model["name"]), [str(name) for name in arguments["columns"]]
                    )
            for column in model.get("columns") or []:
                if "unique" in (column.get("data_tests") or []):
                    keys.setdefault(str(model["name"]), [str(column["name"])])
    return keys


def main(arguments: list[str]) -> int:
    """Compare and print; 1 where something differs, 2 where nothing can be compared."""
    parser = argparse.ArgumentParser(prog="python -m crossbrand.spark.compare")
    parser.add_argument(
        "spark_warehouse", type=Path, help="folder that holds marts.db and the others"
    )
    parser.add_argument("--schema", default="marts")
    parser.add_argument("--without", action="append", default=[], help="a column to leave out")
    parser.add_argument("--values-only", action="store_true", help="types may differ")
    parser.add_argument("tables", nargs="*")
    given = parser.parse_args(arguments)
    try:
        paths = find_paths()
        comparisons = compare_schema(
            paths.warehouse,
            given.spark_warehouse,
            given.schema,
            paths.project,
            given.tables,
            without=tuple(given.without),
            values_only=given.values_only,
        )
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return report(comparisons, given.schema)


def report(comparisons: list[Comparison], schema: str) -> int:
    """Print what came of each table; 1 where something differs."""
    for comparison in comparisons:
        verdict = "differs" if comparison.differences else "equal"
        print(f"{verdict:8}{comparison.table} ({comparison.row_count} rows)")
        for difference in comparison.differences:
            print(f"        {difference}")
    equal = sum(1 for comparison in comparisons if not comparison.differences)
    print(f"{equal} of {len(comparisons)} tables of {schema} are equal on both engines.")
    return 0 if equal == len(comparisons) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
