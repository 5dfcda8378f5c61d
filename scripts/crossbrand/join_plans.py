"""`python -m crossbrand.join_plans WAREHOUSE TARGET`: which models compare all rows with all rows.

A join whose condition is no equality, or a left join with a condition on its left side alone, makes
DuckDB compare every row with every row: nothing on a sample, hours on a group's data. Each compiled
model is explained, not run. Exits with 1 and names the models that are not in KNOWN.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

QUADRATIC = frozenset({"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "IE_JOIN", "PIECEWISE_MERGE_JOIN"})

# Where one side is a seed or a single row, so that the work is linear in the other side.
KNOWN = {
    "int_communication__message_activity": "one row of as_of",
    "int_customer__declared_preferences": "one row of as_of",
    "int_engagement__record_activity": "one row of as_of",
    "int_engagement__session_activity": "one row of as_of",
    "int_engagement__session_landings": "distinct domains against the seed landing_channels",
    "int_identity__controller_consents": "one row of as_of",
    "int_identity__nodes_apart": "the steward's seed identity_decisions",
    "int_privacy__customer_consents": "one row of as_of; the seed channels",
    "int_transaction__exchange_rates": "days of a currency against the seed exchange_rates",
    "rfm_scores": "the cuts of a scope",
}


def compiled_models(target: Path) -> Iterator[tuple[str, str]]:
    """Name and SQL of each compiled model of the project; tests lie in folders called *.yml."""
    for path in sorted((target / "compiled" / "crossbrand" / "models").rglob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        # What reads the landing needs the list of files that its pre-hook sets; it joins nothing.
        if path.parent.suffix != ".yml" and "getvariable(" not in sql:
            yield path.stem, sql


def quadratic_joins(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The names of the joins in the query's plan that compare all rows with all rows."""
    row = connection.execute(f"explain (format json) {sql}").fetchone()
    pending: list[Any] = json.loads(row[1]) if row else []
    found = []
    while pending:
        operator = pending.pop()
        if operator["name"].strip() in QUADRATIC:
            found.append(operator["name"].strip())
        pending += operator["children"]
    return sorted(found)


def main() -> None:
    """Print the models that should not be here, with what to do."""
    warehouse, target = (Path(argument) for argument in sys.argv[1:3])
    found: dict[str, list[str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name, sql in compiled_models(target):
            if joins := quadratic_joins(connection, sql):
                found[name] = joins
    unknown = found.keys() - KNOWN.keys()
    for name in sorted(unknown):
        print(
            f"{name}: {', '.join(found[name])} compares all rows with all rows. Join by equality, "
            "or say in crossbrand/join_plans.py which side is small."
        )
    sys.exit(1 if unknown else 0)


if __name__ == "__main__":
    main()
