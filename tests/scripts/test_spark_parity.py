"""What compares Spark's marts with DuckDB's, copies landings and marts, and adds rows: no Spark."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand.errors import CrossbrandError
from crossbrand.spark.compare import compare_schema
from crossbrand.spark.hard_rows import FILE, MOMENTS, add_hard_rows, written
from crossbrand.spark.text_landing import copy_as_text
from crossbrand.spark.warehouse_copy import copy_warehouse

PROJECT = Path(__file__).resolve().parents[2]

MODEL = """version: 2
models:
  - name: orders
    columns:
      - name: order_id
        data_tests: [unique]
"""
TIME = datetime(2025, 3, 30, 1, 30, 0, 123456)
ROWS = [
    {"order_id": "a", "amount": Decimal("1.10"), "placed_at": TIME, "note": None},
    {"order_id": "b", "amount": Decimal("2.20"), "placed_at": TIME, "note": "x"},
]
DUCK_TYPES = {
    "order_id": "varchar",
    "amount": "decimal(18,2)",
    "placed_at": "timestamp",
    "note": "varchar",
}
SPARK_SCHEMA = pa.schema(
    {
        "order_id": pa.string(),
        "amount": pa.decimal128(18, 2),
        # As Spark writes a timestamp: a moment in UTC.
        "placed_at": pa.timestamp("us", tz="UTC"),
        "note": pa.string(),
    }
)


def compare(
    folder: Path, spark_rows: list[dict[str, object]], schema: pa.Schema = SPARK_SCHEMA
) -> list[str]:
    """Both engines' tables with these rows on Spark's side; what the comparison says of them."""
    (folder / "models").mkdir(exist_ok=True)
    (folder / "models" / "m.yml").write_text(MODEL, encoding="utf-8")
    warehouse = folder / "w.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        columns = ", ".join(f"{name} {type_name}" for name, type_name in DUCK_TYPES.items())
        connection.execute(f"create schema marts; create table marts.orders ({columns})")
        for row in ROWS:
            connection.execute("insert into marts.orders values (?, ?, ?, ?)", list(row.values()))
    table = folder / "spark" / "marts.db" / "orders"
    table.mkdir(parents=True, exist_ok=True)
    zoned = [{**row, "placed_at": row["placed_at"].replace(tzinfo=UTC)} for row in spark_rows]  # type: ignore[attr-defined]
    pq.write_table(pa.Table.from_pylist(zoned, schema=schema), table / "part-0.parquet")
    found = compare_schema(warehouse, folder / "spark", "marts", folder, [])
    assert [comparison.table for comparison in found] == ["orders"]
    return found[0].differences


def test_the_same_rows_in_another_order_are_equal(tmp_path: Path) -> None:
    assert compare(tmp_path, ROWS[::-1]) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount", Decimal("1.11")),
        ("placed_at", TIME.replace(microsecond=123457)),
        ("note", ""),
    ],
)
def test_one_value_is_found(tmp_path: Path, column: str, value: object) -> None:
    said = compare(tmp_path, [{**ROWS[0], column: value}, ROWS[1]])
    assert said[0] == "1 rows only on DuckDB, 1 only on Spark"
    assert [line.split(" ")[0] for line in said[1:]] == [column]


def test_a_missing_and_a_doubled_row_are_found(tmp_path: Path) -> None:
    assert compare(tmp_path, ROWS[:1])[0] == "rows: 2 on DuckDB, 1 on Spark"
    said = compare(tmp_path, [*ROWS, ROWS[0]])
    assert said[:2] == ["rows: 2 on DuckDB, 3 on Spark", "0 rows only on DuckDB, 1 only on Spark"]


def test_another_type_is_found(tmp_path: Path) -> None:
    wider = SPARK_SCHEMA.set(1, pa.field("amount", pa.decimal128(20, 2)))
    said = compare(tmp_path, ROWS, wider)
    assert said == ["type of amount: DECIMAL(18,2) on DuckDB, DECIMAL(20,2) on Spark"]


def test_a_table_of_one_engine_is_found(tmp_path: Path) -> None:
    compare(tmp_path, ROWS)
    (tmp_path / "spark" / "marts.db" / "more").mkdir()
    found = compare_schema(tmp_path / "w.duckdb", tmp_path / "spark", "marts", tmp_path, [])
    assert {comparison.table: bool(comparison.differences) for comparison in found} == {
        "more": True,
        "orders": False,
    }


def test_a_landing_is_copied_as_text(tmp_path: Path) -> None:
    place = "orders/brand=aster/load_date=2025-01-02"
    (tmp_path / "landing" / place).mkdir(parents=True)
    table = pa.table(
        {"placed_at": pa.array([TIME, None]), "amount": [Decimal("1.10"), None], "_line": [1, 2]}
    )
    pq.write_table(table, tmp_path / "landing" / place / "typed.parquet")
    pq.write_table(
        pa.table({"placed_at": ["never"]}), tmp_path / "landing" / place / "text.parquet"
    )
    assert copy_as_text(tmp_path / "landing", tmp_path / "copy") == 2
    typed = pq.read_table(tmp_path / "copy" / place / "typed.parquet", partitioning=None)
    assert typed.to_pylist() == [
        {"placed_at": "2025-03-30 01:30:00.123456", "amount": "1.10", "_line": "1"},
        {"placed_at": None, "amount": None, "_line": "2"},
    ]
    text = pq.read_table(tmp_path / "copy" / place / "text.parquet", partitioning=None)
    assert text.to_pylist() == [{"placed_at": "never"}]
    with pytest.raises(CrossbrandError, match="exists already"):
        copy_as_text(tmp_path / "landing", tmp_path / "copy")


def test_a_moment_is_the_same_in_every_form() -> None:
    for number, moment in enumerate(MOMENTS):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        for form in range(42):
            text = written(moment, number + form)
            if text.isdigit():
                read = datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), UTC)
            else:
                read = datetime.fromisoformat(text)
                read = read if read.tzinfo else read.replace(tzinfo=UTC)
            # Seconds, and the shortest form, leave out what lies below them.
            assert abs((read - at).total_seconds()) < (60 if len(text) < 26 else 1e-9), text


def test_hard_rows_come_with_two_days_and_keys_of_their_own(tmp_path: Path) -> None:
    for day in ("2025-06-01", "2025-06-02", "2025-06-03"):
        folder = tmp_path / "orders" / "brand=birch" / f"load_date={day}"
        folder.mkdir(parents=True)
        row = {"order_id": f"o-{day}", "ordered_at": day, "email": "a@example.com", "_line": "1"}
        pq.write_table(pa.Table.from_pylist([row]), folder / "orders.parquet")
    count = add_hard_rows(tmp_path, PROJECT)
    files = sorted(tmp_path.rglob(FILE))
    assert [file.parent.name for file in files] == ["load_date=2025-06-02", "load_date=2025-06-03"]
    rows = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
    assert len({row["order_id"] for row in rows}) == len(rows) == count
    moments = {written(moment, form) for form, moment in enumerate(MOMENTS)}
    assert len(moments) == len(MOMENTS)
    assert moments <= {row["ordered_at"] for row in rows}
    assert {None, "", "null"} < {row["email"] for row in rows}


def test_marts_of_spark_become_a_warehouse(tmp_path: Path) -> None:
    for schema in ("marts", "reference", "intermediate"):
        (tmp_path / "spark" / f"{schema}.db" / "int_operations__as_of").mkdir(parents=True)
    folder = tmp_path / "spark" / "marts.db" / "orders"
    folder.mkdir()
    zoned = [{**row, "placed_at": TIME.replace(tzinfo=UTC)} for row in ROWS]
    for place, row in enumerate(zoned):
        table = pa.Table.from_pylist([row], schema=SPARK_SCHEMA)
        pq.write_table(table, folder / f"part-{place}.parquet")
    warehouse = tmp_path / "w.duckdb"
    assert copy_warehouse(tmp_path / "spark", warehouse) == 1
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        # Whatever the reader's own time zone is.
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        columns = ", ".join(DUCK_TYPES)
        found = connection.execute(f"select {columns} from marts.orders order by all").fetchall()
    assert found == [tuple(row.values()) for row in ROWS]
    with pytest.raises(CrossbrandError, match="exists already"):
        copy_warehouse(tmp_path / "spark", warehouse)
    with pytest.raises(CrossbrandError, match=r"no marts\.db"):
        copy_warehouse(tmp_path, tmp_path / "other.duckdb")
