"""Small warehouses made by hand, so that the command line is tested without a build."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Row = tuple[Any, ...]
WarehouseMaker = Callable[..., Path]
TruthMaker = Callable[..., Path]

RECORDS_DDL = (
    "create table marts.customer_records "
    "(brand_id varchar, feed varchar, record_id varchar, customer_id varchar, link_rule varchar)"
)

IDENTITY_DDL = """
    create table intermediate.int_identity__records (
        brand_id varchar, feed varchar, record_id varchar, order_id varchar,
        identifier_set_id bigint
    );
    create table intermediate.int_identity__observations (
        identifier_set_id bigint, identifier_id bigint
    );
    create table intermediate.int_identity__identifiers (
        identifier_id bigint, is_usable boolean, unusable_reason varchar
    );
    create table intermediate.int_identity__nodes (
        identifier_set_id bigint, node_id bigint, identifier_id bigint,
        identifier_type varchar, identifier_value varchar
    );
    create table intermediate.int_identity__cross_controller_edges (
        node_a bigint, node_b bigint, link_rule varchar
    );
    create table intermediate.int_identity__contact_names (brand_id varchar, contact_id varchar);
"""


@pytest.fixture
def make_warehouse(tmp_path: Path) -> WarehouseMaker:
    """Write marts.customer_records, and with `identity` (rows by table) the identity models."""

    def make(records: Sequence[Row], identity: dict[str, Sequence[Row]] | None = None) -> Path:
        path = tmp_path / "warehouse.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts; create schema intermediate")
            connection.execute(RECORDS_DDL)
            insert(connection, "marts.customer_records", records)
            if identity is not None:
                connection.execute(IDENTITY_DDL)
                for name, rows in identity.items():
                    insert(connection, f"intermediate.int_identity__{name}", rows)
        return path

    return make


@pytest.fixture
def make_truth(tmp_path: Path) -> TruthMaker:
    """Write truth/records.parquet (feed, brand_id, record_id, person_id) and people.parquet."""

    def make(records: Sequence[Row], people: Sequence[Row] | None = None) -> Path:
        folder = tmp_path / "truth"
        folder.mkdir(exist_ok=True)
        names = ["feed", "brand_id", "record_id", "person_id"]
        pq.write_table(_table(names, records), folder / "records.parquet")
        if people is not None:
            table = _table(["person_id", "household_type"], people)
            pq.write_table(table, folder / "people.parquet")
        return folder

    return make


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows, if there are any."""
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({marks})", rows)


def _table(names: list[str], rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
    )
