"""What a warehouse begins with that never held an erased person: history of builds, less theirs.

DuckDB keeps the bytes of deleted rows in its file. So nothing is deleted: the build that follows
an erasure begins with a new file, into which only tables go that cannot be computed from the
landing. They are the models with `full_refresh=false`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from crossbrand.paths import quoted

KEPT = re.compile(r"full_refresh\s*=\s*false")
COPIED_BY = "old_warehouse"
CUSTOMERS = "intermediate.int_identity__customers"


def kept_tables(project: Path) -> list[str]:
    """The names of the models that survive a full refresh."""
    return sorted(
        path.stem
        for path in (project / "models").rglob("*.sql")
        if KEPT.search(path.read_text(encoding="utf-8"))
    )


def beginning(
    project: Path,
    customers: Mapping[str, Mapping[str, Any]],
    scopes: Mapping[str, list[str]],
    *,
    only_living: bool = False,
) -> Callable[[Path, Path], None]:
    """A function that writes the new file from the old one.

    customers: by id whether the customer lives on (`lives_on`) and the brands it was erased at;
    scopes: by id the brands and controllers whose nodes go; only_living: leave out what is told of
    customers whom the last build knew no more.
    """
    gone = [name for name, about in customers.items() if not about["lives_on"]]

    def begin(warehouse: Path, private: Path) -> None:
        with duckdb.connect(str(private)) as connection:
            connection.execute(f"attach {quoted(warehouse)} as {COPIED_BY} (read_only)")
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                f"where database_name = '{COPIED_BY}' order by all"
            ).fetchall():
                if name in kept_tables(project):
                    _copy(connection, schema, name)
            connection.execute(f"detach {COPIED_BY}")

    def _copy(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
        columns = [
            str(row[0])
            for row in connection.execute(
                "select column_name from duckdb_columns() where database_name = ? "
                "and schema_name = ? and table_name = ? order by column_index",
                [COPIED_BY, schema, name],
            ).fetchall()
        ]
        ids = [column for column in columns if column.endswith("customer_id")]
        conditions = [f"coalesce({column} not in ({_list(gone)}), true)" for column in ids if gone]
        for customer, about in customers.items():
            if not about["lives_on"]:
                continue
            if "brand_id" in columns and "customer_id" in columns:
                conditions.append(
                    f"not (customer_id = {quoted(customer)} "
                    f"and brand_id in ({_list(about['brands'])}))"
                )
            if "node_key" in columns and "customer_id" in columns:
                conditions.append(
                    f"not (customer_id = {quoted(customer)} "
                    f"and split_part(node_key, '|', 2) in ({_list(scopes[customer])}))"
                )
        if only_living and "customer_id" in columns:
            conditions.append(f"customer_id in (select customer_id from {COPIED_BY}.{CUSTOMERS})")
        where = f"where {' and '.join(conditions)}" if conditions else ""
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            f"create table {schema}.{name} as from {COPIED_BY}.{schema}.{name} {where}"
        )

    return begin


def _list(values: list[str]) -> str:
    return ", ".join(quoted(value) for value in values) or "''"
