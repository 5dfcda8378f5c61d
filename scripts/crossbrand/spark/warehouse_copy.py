"""A DuckDB warehouse of what Spark has built, from which `crossbrand publish` publishes.

Publication keys ids, hides small groups and refuses personal data in DuckDB, and needs the marts,
the seeds and as_of alone. So these are copied: one code that guards `bi` is safer than two.
`python -m crossbrand.spark.warehouse_copy SPARK_WAREHOUSE` writes the file that
CROSSBRAND_WAREHOUSE names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths, quoted

TABLES = {"marts": None, "reference": None, "intermediate": {"int_operations__as_of"}}
"""Which tables are copied by schema; None: all."""


def copy_warehouse(spark_warehouse: Path, warehouse: Path) -> int:
    """Write `warehouse` anew from Spark's folders of Parquet files; return how many tables.

    The file appears only when it is whole. Raises CrossbrandError where Spark has built no marts,
    or where `warehouse` exists already: what built it may be another engine.
    """
    if warehouse.exists():
        raise CrossbrandError(f"{warehouse} exists already. Remove it, or name another place.")
    if not (spark_warehouse / "marts.db").is_dir():
        raise CrossbrandError(f"There is no marts.db in {spark_warehouse}.")
    unfinished = warehouse.with_name(f"{warehouse.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    count = 0
    with duckdb.connect(str(unfinished)) as connection:
        # Spark says of its timestamps that they are UTC; the warehouse's own have no zone.
        connection.execute("set TimeZone = 'UTC'")
        for schema, wanted in TABLES.items():
            connection.execute(f"create schema {schema}")
            for folder in sorted((spark_warehouse / f"{schema}.db").iterdir()):
                files = sorted(str(path) for path in folder.glob("*.parquet"))
                if not files or (wanted is not None and folder.name not in wanted):
                    continue
                listed = ", ".join(quoted(file) for file in files)
                rows = connection.execute(f"describe from read_parquet([{listed}])").fetchall()
                columns = ", ".join(
                    f'cast("{row[0]}" as timestamp) as "{row[0]}"'
                    if row[1] == "TIMESTAMP WITH TIME ZONE"
                    else f'"{row[0]}"'
                    for row in rows
                )
                connection.execute(
                    f'create table {schema}."{folder.name}" as '
                    f"select {columns} from read_parquet([{listed}])"
                )
                count += 1
    unfinished.rename(warehouse)
    return count


def main(arguments: list[str]) -> int:
    """Copy; 2 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m crossbrand.spark.warehouse_copy")
    parser.add_argument("spark_warehouse", type=Path, help="folder that holds marts.db")
    given = parser.parse_args(arguments)
    warehouse = find_paths().warehouse
    try:
        count = copy_warehouse(given.spark_warehouse, warehouse)
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{count} tables copied to {warehouse}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
