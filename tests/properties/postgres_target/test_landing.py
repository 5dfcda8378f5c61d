"""Landed files in PostgreSQL's tables, and marts of both engines held against one another."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand.errors import CrossbrandError
from crossbrand.postgres.compare import export_schema
from crossbrand.postgres.load_landing import Loaded, load_landing
from crossbrand.spark.compare import compare_schema
from tests.properties.postgres_server import address

__all__ = ["address"]

PROJECT = Path(__file__).resolve().parents[3]
DAY = "brand=a%20b/load_date=2025-01-02"


@pytest.fixture
def database(address: str, request: pytest.FixtureRequest) -> str:
    """The address of a database of the test's own, as docs/scale.md has it made."""
    name = f"of_{request.node.name}"[:60]
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(
            f"create database \"{name}\" template template0 encoding 'UTF8' "
            "lc_collate 'C' lc_ctype 'C.UTF-8'"
        )
    return address.replace("/postgres?", f"/{name}?")


def write(landing: Path, name: str, columns: dict[str, list[Any]]) -> Path:
    """A Parquet file with these columns, in the types that they have."""
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def rows(address: str, query: str) -> list[tuple[Any, ...]]:
    """What a query of the server gives."""
    with psycopg.connect(address) as server:
        return server.execute(query.encode()).fetchall()


def test_files_come_once_and_go_when_they_are_gone(tmp_path: Path, database: str) -> None:
    landing = tmp_path / "landing"
    first = write(
        landing,
        f"orders/{DAY}/one.parquet",
        {
            "order_id": ["x\0y", ""],
            "total_amount": [Decimal("1.50"), None],
            "ordered_at": [datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)] * 2,
            "brand": ["no brand", "no brand"],
            "unknown": [1, 2],
        },
    )
    write(landing, "orders/brand=c/load_date=x/two.parquet", {"order_id": [7], "_line": ["4"]})
    write(landing, f"_rejects/orders/{DAY}/r.parquet", {"feed": ["orders"], "text": ["junk"]})
    write(landing, "orders/three.parquet", {"order_id": ["in no partition"]})
    asked = (
        "select brand, load_date, order_id, total_amount, ordered_at, _line from landing.orders "
        "order by order_id"
    )
    of_one = [
        ("a b", "2025-01-02", "", None, "2025-01-02 03:04:05+00", None),
        ("a b", "2025-01-02", "xy", "1.50", "2025-01-02 03:04:05+00", None),
    ]
    of_two = ("c", "x", "7", None, None, "4")
    assert load_landing(landing, PROJECT, database) == Loaded(files=3, rows=4, gone=0)
    assert rows(database, asked) == [of_one[0], of_two, of_one[1]]
    assert rows(database, "select count(*) from landing.loyalty_events") == [(0,)]
    assert rows(database, "select feed, load_date, text from landing.put_aside") == [
        ("orders", "2025-01-02", "junk")
    ]
    assert load_landing(landing, PROJECT, database) == Loaded(files=0, rows=0, gone=0)

    write(landing, f"orders/{DAY}/one.parquet", {"order_id": ["new"]})
    os.utime(first, ns=(1, 1))
    shutil.rmtree(landing / "orders" / "brand=c")
    assert load_landing(landing, PROJECT, database) == Loaded(files=1, rows=1, gone=2)
    assert [row[2] for row in rows(database, asked)] == ["new"]
    counted = rows(database, "select file_name, row_count from landing.landed_files order by 1")
    assert counted == [(f"_rejects/orders/{DAY}/r.parquet", 1), (f"orders/{DAY}/one.parquet", 1)]


def test_a_new_column_of_the_contract_is_read_from_files_that_are_in(
    tmp_path: Path, database: str
) -> None:
    landing = tmp_path / "landing"
    write(landing, f"orders/{DAY}/one.parquet", {"order_id": ["1"], "coupon_code": ["c"]})
    load_landing(landing, PROJECT, database)
    with psycopg.connect(database) as server:
        server.execute("alter table landing.orders drop column coupon_code")
    assert load_landing(landing, PROJECT, database) == Loaded(files=1, rows=1, gone=0)
    assert rows(database, "select order_id, coupon_code from landing.orders") == [("1", "c")]


def test_a_database_that_sorts_otherwise_is_refused(tmp_path: Path, address: str) -> None:
    (tmp_path / "landing").mkdir()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(
            "create database ascii template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
        )
    with pytest.raises(CrossbrandError, match="create database crossbrand"):
        load_landing(tmp_path / "landing", PROJECT, address.replace("/postgres?", "/ascii?"))
    with pytest.raises(CrossbrandError, match="no landing"):
        load_landing(tmp_path / "nothing", PROJECT, address)
    with pytest.raises(CrossbrandError, match="does not take"):
        load_landing(tmp_path / "landing", PROJECT, address.replace("/postgres?", "/nowhere?"))


COLUMNS = {
    "order_id": ("varchar", "text"),
    "amount": ("decimal(18, 2)", "decimal(18, 2)"),
    "placed_at": ("timestamp", "timestamp"),
    "share": ("double", "double precision"),
    "is_new": ("boolean", "boolean"),
    "place": ("bigint", "bigint"),
    "born_on": ("date", "date"),
}
ROWS = [
    ("none", Decimal("-1.10"), datetime(2025, 3, 30, 1, 30, 0, 123456), 0.1, True, 2**62, None),
    ("", None, None, None, None, None, datetime(2024, 2, 29).date()),
    ('a "b",\nc\\', Decimal("0.00"), None, 1e-300, False, 0, None),
    (None, None, None, None, None, None, None),
]


def test_tables_of_both_engines_are_compared(tmp_path: Path, database: str) -> None:
    warehouse = tmp_path / "w.duckdb"
    (tmp_path / "models").mkdir()
    duck = ", ".join(f"{name} {types[0]}" for name, types in COLUMNS.items())
    there = ", ".join(f"{name} {types[1]}" for name, types in COLUMNS.items())
    places = ", ".join(["%s"] * len(COLUMNS))
    with duckdb.connect(str(warehouse)) as connection, psycopg.connect(database) as server:
        connection.execute(f"create schema marts; create table marts.orders ({duck})")
        server.execute(f"create schema marts; create table marts.orders ({there})".encode())
        for row in ROWS:
            connection.execute(
                f"insert into marts.orders values ({places})".replace("%s", "?"), row
            )
            server.execute(f"insert into marts.orders values ({places})".encode(), row)

    def differences(folder: str) -> list[str]:
        export_schema(database, "marts", tmp_path / folder)
        (found,) = compare_schema(
            warehouse, tmp_path / folder, "marts", tmp_path, [], engine="PostgreSQL"
        )
        return found.differences

    assert differences("same") == []
    with psycopg.connect(database) as server:
        server.execute("update marts.orders set amount = 0.01 where amount = 0")
        server.execute("alter table marts.orders alter place type integer using null")
    said = " ".join(differences("other"))
    assert "type of place: BIGINT on DuckDB, INTEGER on PostgreSQL" in said
    assert "rows only on DuckDB" in said
    with psycopg.connect(database) as server:
        server.execute("alter table marts.orders add column note json")
    with pytest.raises(CrossbrandError, match="json"):
        export_schema(database, "marts", tmp_path / "unknown")
