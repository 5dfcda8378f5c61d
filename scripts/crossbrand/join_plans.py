"""`python -m crossbrand.join_plans WAREHOUSE TARGET`: which models compare all rows with all rows.

A join whose condition is no equality, or a left join with a condition on its left side alone, makes
DuckDB compare every row with every row: nothing on a sample, hours on a group's data. Each compiled
model is explained, not run. Such a join is fine where one side is small whatever the data: a seed,
one row of as_of, a total, the months. So a side counts as small where it is a single total, or each
table it reads is a seed or has at most SMALL_TABLE rows in the warehouse; a sample of some hundred
people tells these from the others. Exits with 1 and names the models where neither side is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

QUADRATIC = frozenset({"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "IE_JOIN", "PIECEWISE_MERGE_JOIN"})
SMALL_TABLE = 300


def compiled_models(target: Path) -> Iterator[tuple[str, str]]:
    """Name and SQL of each compiled model of the project; tests lie there as well."""
    for path in sorted((target / "compiled" / "crossbrand" / "models").rglob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        is_test = path.parent.suffix == ".yml" or path.stem.startswith("test__")
        # What reads the landing needs the list of files that its pre-hook sets; it joins nothing.
        # And an incremental build reads the keys that changed from a table that is gone after it.
        if not is_test and "getvariable('landing_" not in sql and "temp.main." not in sql:
            yield path.stem, sql


def quadratic_joins(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The joins of a query's plan that compare all rows of two sides, neither of which is small."""
    row = connection.execute(f"explain (format json) {sql}").fetchone()
    operators = list(_operators(json.loads(row[1]) if row else []))
    # A common table expression is read by its number, elsewhere in the plan.
    shared = {
        operator["extra_info"]["Table Index"]: operator["children"][0]
        for operator in operators
        if operator["name"].strip() == "CTE"
    }

    def is_small(operator: dict[str, Any], seen: frozenset[str] = frozenset()) -> bool:
        name, info = operator["name"].strip(), operator["extra_info"]
        if name == "UNGROUPED_AGGREGATE":
            return True
        if name == "CTE_SCAN" and info["CTE Index"] not in seen:
            return is_small(shared[info["CTE Index"]], seen | {info["CTE Index"]})
        if "Table" in info and not _is_small_table(connection, info["Table"]):
            return False
        return all(is_small(child, seen) for child in operator["children"])

    return sorted(
        operator["name"].strip()
        for operator in operators
        if operator["name"].strip() in QUADRATIC
        and not any(is_small(side) for side in operator["children"])
    )


def _operators(plans: list[Any]) -> Iterator[dict[str, Any]]:
    pending = list(plans)
    while pending:
        operator = pending.pop()
        pending += operator["children"]
        yield operator


def _is_small_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = (part.strip(chr(34)) for part in table.split(".")[-2:])
    row = connection.execute(
        "select estimated_size from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return schema == "reference" or (row is not None and row[0] <= SMALL_TABLE)


def main() -> None:
    """Print the models that compare all rows with all rows, and what to do."""
    warehouse, target = (Path(argument) for argument in sys.argv[1:3])
    found: dict[str, list[str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name, sql in compiled_models(target):
            if joins := quadratic_joins(connection, sql):
                found[name] = joins
    for name, joins in found.items():
        print(f"{name}: {', '.join(joins)} compares all rows with all rows. Join by equality.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
