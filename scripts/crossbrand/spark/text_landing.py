"""A copy of a landing in which every column is text, which is the only landing that Spark reads.

Spark reads a Parquet column only in the type in which a file holds it, and the files of a feed need
not agree. The values are cast to text the way the base models do it on DuckDB, so both landings
give the same marts. `python -m crossbrand.spark.text_landing FROM TO` makes the copy.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from crossbrand.errors import CrossbrandError


def copy_as_text(landing: Path, copy: Path) -> int:
    """Write each Parquet file of a landing to the same place in `copy`; return how many there were.

    Raises CrossbrandError where there is no landing, or where the copy exists already.
    """
    if not landing.is_dir():
        raise CrossbrandError(f"There is no landing at {landing}.")
    if copy.exists():
        raise CrossbrandError(f"{copy} exists already. Remove it, or name another place.")
    files = sorted(landing.rglob("*.parquet"))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for file in files:
            target = copy / file.relative_to(landing)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = connection.read_parquet(str(file), hive_partitioning=False)
            if all(str(column_type) == "VARCHAR" for column_type in source.types):
                shutil.copyfile(file, target)
                continue
            source.select("columns(*)::varchar").write_parquet(str(target))
    return len(files)


def main(arguments: list[str]) -> int:
    """Copy; 2 where that cannot be done."""
    if len(arguments) != 2:
        print("usage: python -m crossbrand.spark.text_landing FROM TO", file=sys.stderr)
        return 2
    try:
        count = copy_as_text(Path(arguments[0]).absolute(), Path(arguments[1]).absolute())
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{count} files copied as text to {arguments[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
