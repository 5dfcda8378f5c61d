"""A hash for the content of each mart, so that two builds can be compared by `diff`.

The hash is the number of rows and the sum of half the MD5 of every row's text: it does not depend
on the order of the rows, which a table does not have, and sees every byte of every column.
`python -m crossbrand.marts_hash [WAREHOUSE]` prints one line a mart.
"""

from __future__ import annotations

import sys
from pathlib import Path

from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths, open_warehouse


def hash_marts(warehouse: Path, schema: str = "marts") -> dict[str, str]:
    """Map each table of the schema to '<rows>:<hash>', in alphabetical order."""
    with open_warehouse(warehouse) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = ? order by table_name",
            [schema],
        ).fetchall()
        hashes = {}
        for (name,) in names:
            row = connection.execute(
                f'select count(*), coalesce(sum(md5_number_lower("{name}"::varchar)::hugeint), 0) '
                f'from {schema}."{name}"'
            ).fetchone()
            hashes[str(name)] = ":".join(str(value) for value in row or ())
    return hashes


def main(arguments: list[str]) -> int:
    """Print the hashes; 2 when the warehouse cannot be read."""
    try:
        warehouse = Path(arguments[0]) if arguments else find_paths().warehouse
        for name, content in hash_marts(warehouse).items():
            print(f"{name} {content}")
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
