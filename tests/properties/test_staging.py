"""Staging on small landing folders: what each raw value becomes, and that no row is lost.

Each folder is written with pyarrow and built once by dbt; the cases are rows of tables below, so
that one build answers them all.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .project_copy import ProjectCopy

PROJECT = Path(__file__).resolve().parents[2]
LOAD_DATE = date(2025, 3, 1)
SELECTED = (
    "path:models/staging", "path:seeds", "rejected_records", "landing_files", "landing_retention",
)  # fmt: skip

Row = dict[str, Any]


def write(landing: Path, feed: str, rows: list[Row] | pa.Table, *, brand: str = "aster",
          load_date: date | str = LOAD_DATE, name: str = "part") -> None:  # fmt: skip
    """Writes one landing file; columns that only some of the rows have are null in the others."""
    folder = landing / feed / f"brand={brand}" / f"load_date={load_date}"
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(rows, list):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        table = pa.table({column: [row.get(column) for row in rows] for column in columns})
    else:
        table = rows
    pq.write_table(table, folder / f"{name}.parquet")


def build(landing: Path, folder: Path, *arguments: str) -> duckdb.DuckDBPyConnection:
    """Runs dbt over a landing folder and opens the warehouse that comes out."""
    folder.mkdir(exist_ok=True)
    warehouse = folder / "warehouse.duckdb"
    environment = os.environ | {
        "CROSSBRAND_LANDING": str(landing),
        "CROSSBRAND_WAREHOUSE": str(warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    return duckdb.connect(str(warehouse), read_only=True)


def order(order_id: str, **values: Any) -> Row:
    """A valid order, but for the values given."""
    return {
        "order_id": order_id,
        "ordered_at": "2025-02-28T10:00:00Z",
        "status": "paid",
        "sales_channel": "eshop",
        "currency_code": "CZK",
        "total_amount": "100.00",
        "updated_at": "2025-02-28T11:00:00Z",
    } | values


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


# ordered_at as it lands -> the UTC time, or the reason for which the row is refused.
TIMES: list[tuple[Any, datetime | str]] = [
    ("2025-02-28T10:00:00Z", at(2025, 2, 28, 10)),
    ("2025-02-28t10:00:00z", at(2025, 2, 28, 10)),
    ("2025-02-28 10:00:00", at(2025, 2, 28, 10)),
    ("2025-02-28T10:00:00", at(2025, 2, 28, 10)),
    (" 2025-02-28T10:00:00Z ", at(2025, 2, 28, 10)),
    ("2025-02-28T10:00", at(2025, 2, 28, 10)),
    ("2025-02-28T10:00Z", at(2025, 2, 28, 10)),
    ("2025-02-28 10:00+01:00", at(2025, 2, 28, 9)),
    ("2025-02-28T10:00:00+02:00", at(2025, 2, 28, 8)),
    ("2025-02-28T10:00:00+0200", at(2025, 2, 28, 8)),
    ("2025-02-28T10:00:00+02", at(2025, 2, 28, 8)),
    ("2025-02-28T10:00:00 +02:00", at(2025, 2, 28, 8)),
    ("2025-02-28 10:00:00+02:00", at(2025, 2, 28, 8)),
    ("2025-02-28 10:00:00-02:00", at(2025, 2, 28, 12)),
    ("2025-02-28t10:00:00+02:00", at(2025, 2, 28, 8)),
    ("2025-02-28T10:00:00+12:45", at(2025, 2, 27, 21, 15)),
    ("2025-02-28T10:00:00.123+02:00", at(2025, 2, 28, 8, 0, 0, 123_000)),
    ("2025-02-28T22:30:00-05:00", at(2025, 3, 1, 3, 30)),
    ("2025-02-28T10:00:00-05", at(2025, 2, 28, 15)),
    ("2025-02-28T10:00:00+05:30", at(2025, 2, 28, 4, 30)),
    ("2025-02-28T10:00:00.5Z", at(2025, 2, 28, 10, 0, 0, 500_000)),
    ("2025-02-28T10:00:00,5Z", at(2025, 2, 28, 10, 0, 0, 500_000)),
    ("2025-02-28 10:00:00.123456", at(2025, 2, 28, 10, 0, 0, 123_456)),
    ("2025-02-28 10:00:00.123456789", at(2025, 2, 28, 10, 0, 0, 123_456)),
    ("2025-02-28 10:00:00.123+02", at(2025, 2, 28, 8, 0, 0, 123_000)),
    ("2025-02-28 10:00:00.123456-05:00", at(2025, 2, 28, 15, 0, 0, 123_456)),
    ("2025-02-28 10:00:00.25+00", at(2025, 2, 28, 10, 0, 0, 250_000)),
    ("2025-02-28", at(2025, 2, 28)),
    ("1740736800", at(2025, 2, 28, 10)),
    ("1740736800.25", at(2025, 2, 28, 10, 0, 0, 250_000)),
    ("1740736800.0", at(2025, 2, 28, 10)),
    ("1740736800000", at(2025, 2, 28, 10)),
    ("1740736800123", at(2025, 2, 28, 10, 0, 0, 123_000)),
    ("631152000", at(1990, 1, 1)),
    ("1990-01-01", at(1990, 1, 1)),
    ("2025-03-03T00:00:00Z", at(2025, 3, 3)),
    ("2025-03-03T02:00:00+02:00", at(2025, 3, 3)),
    ("2025-03-03T00:00:00.000001Z", "future_time"),
    ("2025-03-03T00:00:01Z", "future_time"),
    ("2999-01-01", "future_time"),
    ("9999-12-31 23:59:59", "future_time"),
    ("99999999999", "future_time"),
    ("17407368000000", "future_time"),
    ("1989-12-31T23:59:59Z", "ancient_time"),
    ("1970-01-01", "ancient_time"),
    ("0001-01-01 00:00:00", "ancient_time"),
    ("174073680", "ancient_time"),
    ("2025-02-30", "unreadable_value"),
    ("2025-02-28T25:00:00Z", "unreadable_value"),
    ("2025-13-01", "unreadable_value"),
    ("2025-2-8", "unreadable_value"),
    ("2025/02/28", "unreadable_value"),
    ("2025/02/28 10:00:00", "unreadable_value"),
    ("28.02.2025", "unreadable_value"),
    ("28.02.2025 10:00:00", "unreadable_value"),
    ("02/28/2025", "unreadable_value"),
    ("20250228", "unreadable_value"),
    ("20250228T100000Z", "unreadable_value"),
    ("2025-02-28 10:00:00 Europe/Prague", "unreadable_value"),
    ("2025-02-28 10:00:00+99:00", "unreadable_value"),
    ("2025-02-28T10:00:00+0x:00", "unreadable_value"),
    ("2025-02-28T10:00:00+02:75", "unreadable_value"),
    ("2025-02-28 10:00:00.x", "unreadable_value"),
    ("2025-02-28 1a:00:00", "unreadable_value"),
    ("2025-02-28 (BC)", "unreadable_value"),
    ("-2025-02-28", "unreadable_value"),
    ("yesterday", "unreadable_value"),
    ("infinity", "unreadable_value"),
    ("epoch", "unreadable_value"),
    ("now", "unreadable_value"),
    ("-1740736800", "unreadable_value"),
    ("1740736800123456", "unreadable_value"),
    ("1.7407368e9", "unreadable_value"),
    ("null", "unreadable_value"),
    ("'; drop table orders; --", "unreadable_value"),
    ("", "missing_value"),
    ("   ", "missing_value"),
    ("\u200b", "missing_value"),
    (None, "missing_value"),
]

# total_amount as it lands -> the decimal, or the reason.
AMOUNTS: list[tuple[Any, str]] = [
    ("100", "100.00"),
    ("1234.5", "1234.50"),
    ("-12.30", "-12.30"),
    ("+12.30", "12.30"),
    (".5", "0.50"),
    ("0", "0.00"),
    (" 12.30 ", "12.30"),
    ("\u00a012.30", "12.30"),
    ("12,30", "12.30"),
    ("-12,30", "-12.30"),
    ("\u221212,30", "-12.30"),
    ("1234,5", "1234.50"),
    ("1,234", "1.23"),
    ("1.234", "1.23"),
    ("1 234,50", "1234.50"),
    ("1\u00a0234,50", "1234.50"),
    ("1\u202f234\u202f567,50", "1234567.50"),
    ("1 234.50", "1234.50"),
    ("1 234", "1234.00"),
    ("1.234,50", "1234.50"),
    ("1,234.50", "1234.50"),
    ("1.234.567,89", "1234567.89"),
    ("1,234,567.89", "1234567.89"),
    ("1.234.567", "1234567.00"),
    ("1,234,567", "1234567.00"),
    ("12.345", "12.35"),
    ("12.344999", "12.34"),
    ("-0.005", "-0.01"),
    ("0.30000000000000004", "0.30"),
    ("1e3", "1000.00"),
    ("1.5E2", "150.00"),
    ("1e-05", "0.00"),
    ("9999999999999999.99", "9999999999999999.99"),
    ("10000000000000000", "unreadable_value"),
    ("1e20", "unreadable_value"),
    ("12 34", "unreadable_value"),
    ("1 23,50", "unreadable_value"),
    ("1.23.45", "unreadable_value"),
    ("1,23,45", "unreadable_value"),
    ("1,234.567,8", "unreadable_value"),
    ("12-", "unreadable_value"),
    ("--12", "unreadable_value"),
    ("(12)", "unreadable_value"),
    ("1_000", "unreadable_value"),
    ("0x10", "unreadable_value"),
    ("EUR 5", "unreadable_value"),
    ("5 Kč", "unreadable_value"),
    ("$5", "unreadable_value"),
    ("nan", "unreadable_value"),
    ("inf", "unreadable_value"),
    ("-", "unreadable_value"),
    (",", "unreadable_value"),
    (".", "unreadable_value"),
    ("free", "unreadable_value"),
    ("", "missing_value"),
    (None, "missing_value"),
]

# line_number as it lands -> the integer, or the reason.
INTEGERS: list[tuple[Any, int | str]] = [
    ("12", 12),
    (" 12 ", 12),
    ("+12", 12),
    ("-3", -3),
    ("0012", 12),
    ("13.0", 13),
    ("14,0", 14),
    ("2147483647", 2147483647),
    ("2147483648", "unreadable_value"),
    ("99999999999999999999", "unreadable_value"),
    ("12.6", "unreadable_value"),
    ("12,6", "unreadable_value"),
    ("1e3", "unreadable_value"),
    ("1 000", "unreadable_value"),
    ("twelve", "unreadable_value"),
    ("0x10", "unreadable_value"),
    ("", "missing_value"),
    (None, "missing_value"),
]

# is_test as it lands -> the boolean; what says nothing is null.
BOOLEANS: list[tuple[Any, bool | None]] = [
    *[(text, True) for text in ("true", "TRUE", "True", "t", "1", "yes", "Y", " true ", "1.0")],
    *[(text, False) for text in ("false", "FALSE", "f", "0", "no", "N", "0.0")],
    *[(text, None) for text in ("2", "maybe", "", None)],
]

# Columns of orders and their reasons; the row is valid but for these values.
REJECTS: list[tuple[Row, str, str]] = [
    ({"status": "sent"}, "unknown_value", "status"),
    ({"status": None}, "missing_value", "status"),
    ({"status": ""}, "missing_value", "status"),
    ({"sales_channel": "fax"}, "unknown_value", "sales_channel"),
    ({"currency_code": "KC"}, "unreadable_value", "currency_code"),
    ({"currency_code": "Kč."}, "unreadable_value", "currency_code"),
    ({"currency_code": None}, "missing_value", "currency_code"),
    ({"currency_code": "XXX"}, "no_exchange_rate", "currency_code"),
    ({"currency_code": "CZK", "ordered_at": "1998-12-31"}, "no_exchange_rate", "currency_code"),
    ({"updated_at": "never"}, "unreadable_value", "updated_at"),
    ({"updated_at": None}, "missing_value", "updated_at"),
    ({"order_id": " \u200b"}, "missing_value", "order_id"),
    ({"order_id": None, "status": "sent"}, "missing_value", "order_id"),
    ({"status": "sent", "total_amount": "x"}, "unknown_value", "status"),
]

# Repaired, or null without costing the row: column, what landed, typed column, value.
REPAIRS: list[tuple[str, Any, str, Any]] = [
    ("status", " PAID ", "status", "paid"),
    ("status", "\u200bShipped", "status", "shipped"),
    ("currency_code", " czk", "currency_code", "CZK"),
    ("currency_code", "eur", "currency_code", "EUR"),
    ("fulfilment_method", "pigeon", "fulfilment_method", None),
    ("fulfilment_method", "In_Store", "fulfilment_method", "in_store"),
    ("store_id", "  Praha\u00a0", "store_id", "Praha"),
    ("store_id", "Caf\u0065\u0301", "store_id", "Caf\u00e9"),
    ("store_id", "a\u200bb", "store_id", "ab"),
    ("store_id", "", "store_id", None),
    ("store_id", "\t\n", "store_id", None),
    ("store_id", "a  b", "store_id", "a  b"),
    ("store_id", "x\x0c", "store_id", "x"),
    ("discount_amount", "abc", "discount_amount_original", None),
    ("discount_amount", "5,50", "discount_amount_original", Decimal("5.50")),
    ("email", "Jana <Jana.Nova+shop@Gmail.com>", "email", "jana.nova+shop@gmail.com"),
    ("email", "Jana <Jana.Nova+shop@Gmail.com>", "email_key", "jananova@gmail.com"),
    ("email", "not an address", "email", None),
    ("phone", "601 123 456", "phone", "+420601123456"),
    ("phone", "601 123 456", "phone_original", "601 123 456"),
    ("phone", "12", "phone", None),
]

BIRTH_DATES: list[tuple[Any, date | None]] = [
    ("1980-05-01", date(1980, 5, 1)),
    (" 1980-05-01 ", date(1980, 5, 1)),
    ("1980-05-01 00:00:00", date(1980, 5, 1)),
    ("1980-05-01T00:00:00+02:00", date(1980, 5, 1)),
    ("2025-03-01", date(2025, 3, 1)),
    ("1900-01-01", date(1900, 1, 1)),
    ("1899-12-31", None),
    ("2025-03-02", None),
    ("1980-02-30", None),
    ("1.5.1980", None),
    ("1980-5-1", None),
    ("19800501", None),
    ("unknown", None),
    (None, None),
]


def case_rows() -> list[Row]:
    """All cases that are told on an order, each under an order_id of its own."""
    rows = [order(f"time-{i}", ordered_at=raw) for i, (raw, _) in enumerate(TIMES)]
    # EUR, so that a time before the first exchange rate is no reason by itself.
    rows = [row | {"currency_code": "EUR"} for row in rows]
    rows += [order(f"amount-{i}", total_amount=raw) for i, (raw, _) in enumerate(AMOUNTS)]
    rows += [order(f"boolean-{i}", is_test=raw) for i, (raw, _) in enumerate(BOOLEANS)]
    rows += [order(f"reject-{i}") | row for i, (row, _, _) in enumerate(REJECTS)]
    rows += [order(f"repair-{i}", **{column: raw}) for i, (column, raw, _, _) in enumerate(REPAIRS)]
    return rows


def write_landing(landing: Path) -> None:
    """Every oddity at once; campaigns never came."""
    write(landing, "orders", case_rows(), name="cases [1]")
    write(landing, "orders", [order("o1")], brand="nobody")
    write(
        landing, "orders", [order("o1"), order("o1"), order("o1", status="shipped")], brand="birch"
    )
    write(landing, "orders", [order("o2")], brand="birch", load_date="soon")
    write(
        landing,
        "order_lines",
        [
            {"order_id": f"l{i}", "line_number": raw, "product_id": "p", "quantity": "1,250",
             "unit_price": "9,90"}
            for i, (raw, _) in enumerate(INTEGERS)
        ]
        + [{"order_id": None, "line_number": "7"}, {"order_id": None, "line_number": "x"}],
    )  # fmt: skip
    write(
        landing,
        "contacts",
        [
            {"contact_id": f"c{i}", "birth_date": raw, "updated_at": "2025-02-01",
             "country_code": "sk", "phone": "0901 123 456"}
            for i, (raw, _) in enumerate(BIRTH_DATES)
        ]
        + [
            {"contact_id": "v", "updated_at": "2025-02-03", "first_name": "newest"},
            {"contact_id": "v", "updated_at": "2025-01-03", "first_name": "oldest"},
            {"contact_id": "v", "updated_at": "2031-01-03", "first_name": "from the future"},
        ],
    )  # fmt: skip
    write(
        landing,
        "contacts",
        [{"contact_id": "v", "updated_at": "2025-02-02", "first_name": "older, but landed later"}],
        load_date=LOAD_DATE + timedelta(days=1),
    )
    # The same feed as text, as native types, with columns missing, and with columns of its own.
    write(landing, "products", [{"product_id": "text", "list_price": "9,90",
                                 "updated_at": "2025-02-01T00:00:00Z"}])  # fmt: skip
    write(
        landing,
        "products",
        pa.table(
            {
                "product_id": pa.array([17], pa.int64()),
                "list_price": pa.array([9.9], pa.float64()),
                "product_name": pa.array(["native"]),
                "updated_at": pa.array(
                    [datetime(2025, 2, 1, 2, tzinfo=timezone(timedelta(hours=2)))],
                    pa.timestamp("us", tz="Europe/Prague"),
                ),
                "brand": pa.array(["dahlia"]),
                "load_date": pa.array([date(1999, 1, 1)]),
                "filename": pa.array(["mine"]),
                "an extra column": pa.array([[1, 2]]),
            }
        ),
        name="native",
    )
    write(
        landing,
        "products",
        pa.table(
            {
                "Product_ID": pa.array(["capital"]),
                "list_price": pa.array([Decimal("9.90")], pa.decimal128(9, 2)),
                "updated_at": pa.array([datetime(2025, 2, 1)], pa.timestamp("ns")),
            }
        ),
        name="decimal",
    )
    write(landing, "products", pa.table({"product_id": pa.array(["bare"])}), name="bare")
    write(
        landing,
        "message_events",
        pa.table(
            {
                "event_id": ["m1"], "message_id": ["m"], "channel": ["email"],
                "direction": ["outbound"], "event_type": ["opened"], "is_machine": [True],
                "occurred_at": pa.array([1740736800], pa.int64()),
                "_file": ["in.csv"], "_line": [7],
            }
        ),
    )  # fmt: skip
    write(landing, "message_events", [{"event_id": "m2", "message_id": "m", "channel": "fax",
                                       "_file": "in.csv", "_line": 8}], name="broken")  # fmt: skip
    write(
        landing,
        "privacy_requests",
        [
            {"request_id": f"p{i}", "request_type": "erasure", "identifier_type": kind,
             "identifier_value": value, "requested_at": "2025-02-01"}
            for i, (kind, value) in enumerate(
                [("email", "A.B+x@gmail.com"), ("phone", "601123456"), ("contact_id", " 7 "),
                 ("email", "nobody")]
            )
        ],
    )  # fmt: skip
    # The same refused row five times, in two files.
    twice = [{"event_id": "w", "event_type": "page_view", "occurred_at": "?"}] * 3
    write(landing, "events", twice)
    write(landing, "events", twice[:2], name="again")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing root whose own path is as awkward as a path can be."""
    folder = tmp_path_factory.mktemp("staging") / "it's a year=2025 [old] root"
    write_landing(folder)
    return folder


@pytest.fixture(scope="module")
def warehouse(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The landing folder built with every test of staging: the accounting of all feeds holds.

    Cautious: a test that reads a mart as well is not one of staging.
    """
    options = ("--indirect-selection", "cautious")
    folder = tmp_path_factory.mktemp("whole")
    return build(landing, folder, "build", *options, "--select", *SELECTED)


def orders_by_id(warehouse: duckdb.DuckDBPyConnection, column: str) -> dict[str, Any]:
    return dict(
        warehouse.execute(
            f"select order_id, {column} from staging.stg_transaction__orders"
            " where brand_id = 'aster'"
        ).fetchall()
    )


def reasons_by_id(warehouse: duckdb.DuckDBPyConnection, feed: str) -> dict[str, tuple[str, str]]:
    rows = warehouse.execute(
        "select record_id, reason_code, column_name from marts.rejected_records"
        " where feed = ? and brand_id = 'aster'",
        [feed],
    ).fetchall()
    return {record_id: (reason, column) for record_id, reason, column in rows}


def compare(
    typed: dict[str, Any],
    reasons: dict[str, tuple[str, str]],
    expected: Iterable[tuple[str, Any, Any]],
    column: str,
) -> None:
    """Holds typed values and reasons against (record id, raw value, value or reason)."""
    wrong = []
    for record_id, raw, value in expected:
        if isinstance(value, str) and value.endswith(("_value", "_time")):
            seen: Any = reasons.get(record_id, typed.get(record_id, "lost"))
            right = seen == (value, column) and record_id not in typed
        else:
            seen = typed.get(record_id, reasons.get(record_id, "lost"))
            right = seen == value and record_id not in reasons
        if not right:
            wrong.append(f"{raw!r}: expected {value!r}, was {seen!r}")
    assert not wrong, "\n".join(wrong)


def test_times(warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = [(f"time-{i}", raw, value) for i, (raw, value) in enumerate(TIMES)]
    compare(
        orders_by_id(warehouse, "ordered_at"),
        reasons_by_id(warehouse, "orders"),
        expected,
        "ordered_at",
    )


def test_amounts(warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = [
        (f"amount-{i}", raw, value if value.endswith("_value") else Decimal(value))
        for i, (raw, value) in enumerate(AMOUNTS)
    ]
    compare(
        orders_by_id(warehouse, "total_amount_original"),
        reasons_by_id(warehouse, "orders"),
        expected,
        "total_amount",
    )


def test_booleans(warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = [(f"boolean-{i}", raw, value) for i, (raw, value) in enumerate(BOOLEANS)]
    compare(orders_by_id(warehouse, "is_test"), {}, expected, "is_test")


def test_integers(warehouse: duckdb.DuckDBPyConnection) -> None:
    typed = dict(
        warehouse.execute(
            "select order_id, line_number from staging.stg_transaction__order_lines"
        ).fetchall()
    )
    reasons = {
        record_id.removesuffix("|"): reason
        for record_id, reason in reasons_by_id(warehouse, "order_lines").items()
        if record_id
    }
    expected = [(f"l{i}", raw, value) for i, (raw, value) in enumerate(INTEGERS)]
    compare(typed, reasons, expected, "line_number")
    amounts = warehouse.execute(
        "select distinct quantity, unit_price_amount_original"
        " from staging.stg_transaction__order_lines"
    ).fetchall()
    assert amounts == [(Decimal("1.250"), Decimal("9.90"))]
    assert reasons["|7"] == ("missing_value", "order_id")


def test_birth_dates_and_the_contact_s_own_country(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select contact_id, birth_date from staging.stg_contact__contacts where contact_id <> 'v'"
    ).fetchall()
    expected = [(f"c{i}", raw, value) for i, (raw, value) in enumerate(BIRTH_DATES)]
    compare(dict(rows), {}, expected, "birth_date")
    phones = warehouse.execute(
        "select distinct country_code, phone from staging.stg_contact__contacts"
        " where contact_id <> 'v'"
    ).fetchall()
    assert phones == [("SK", "+421901123456")]


def test_reasons(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select payload, reason_code, column_name, reason from marts.rejected_records"
        " where feed = 'orders'"
    ).fetchall()
    seen = {payload: (code, column) for payload, code, column, _ in rows}
    wrong = []
    for i, (values, code, column) in enumerate(REJECTS):
        row = order(f"reject-{i}") | values
        found = [value for payload, value in seen.items()
                 if row.items() <= json.loads(payload).items()]  # fmt: skip
        if found != [(code, column)]:
            wrong.append(f"{values}: expected {(code, column)}, was {found}")
    assert not wrong, "\n".join(wrong)
    assert all("{" not in reason and reason.endswith(".") for _, _, _, reason in rows)
    assert list(json.loads(rows[0][0]))[:3] == ["order_id", "ordered_at", "status"]


@pytest.mark.parametrize("case", range(len(REPAIRS)))
def test_repairs(warehouse: duckdb.DuckDBPyConnection, case: int) -> None:
    _, raw, column, value = REPAIRS[case]
    assert orders_by_id(warehouse, column)[f"repair-{case}"] == value, raw


def test_rows_in_the_wrong_place_are_quarantined(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select brand_id, load_date, record_id, reason_code, column_name"
        " from marts.rejected_records where brand_id <> 'aster' order by brand_id"
    ).fetchall()
    assert rows == [
        ("birch", None, "o2", "unreadable_value", "load_date"),
        ("nobody", LOAD_DATE, "o1", "unknown_brand", "brand"),
    ]


def test_the_latest_valid_version_wins(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute(
        "select first_name, updated_at, first_updated_at, load_date"
        " from staging.stg_contact__contacts where contact_id = 'v'"
    ).fetchall()
    assert row == [("newest", at(2025, 2, 3), at(2025, 1, 3), LOAD_DATE)]
    assert warehouse.execute(
        "select count(*) from staging.stg_transaction__orders where brand_id = 'birch'"
    ).fetchone() == (1,)


def test_types_may_differ_between_files(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select brand_id, product_id, product_name, list_price_amount_original, updated_at,"
        " load_date from staging.stg_transaction__products order by product_id"
    ).fetchall()
    price, february = Decimal("9.90"), at(2025, 2, 1)
    assert rows == [
        ("aster", "17", "native", price, february, LOAD_DATE),
        ("aster", "bare", None, None, None, LOAD_DATE),
        ("aster", "capital", None, price, february, LOAD_DATE),
        ("aster", "text", None, price, february, LOAD_DATE),
    ]
    row = warehouse.execute(
        "select occurred_at, is_machine, source_file, source_line"
        " from staging.stg_communication__message_events"
    ).fetchall()
    assert row == [(at(2025, 2, 28, 10), True, "in.csv", 7)]
    rejected = warehouse.execute(
        "select source_file, source_line, column_name from marts.rejected_records"
        " where feed = 'message_events'"
    ).fetchall()
    assert rejected == [("in.csv", 8, "channel")]


def test_privacy_requests_are_matched_by_kind(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select identifier_type, identifier_value, identifier_value_original"
        " from staging.stg_privacy__privacy_requests order by request_id"
    ).fetchall()
    assert rows == [
        ("email", "ab@gmail.com", "A.B+x@gmail.com"),
        ("phone", "+420601123456", "601123456"),
        ("contact_id", "7", "7"),
    ]
    assert reasons_by_id(warehouse, "privacy_requests") == {
        "p3": ("unreadable_value", "identifier_value")
    }


def test_a_feed_that_never_came_is_empty(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute(
        "select count(*) from staging.stg_communication__campaigns"
    ).fetchone() == (0,)


def test_every_landed_file_is_listed(warehouse: duckdb.DuckDBPyConnection, landing: Path) -> None:
    listed = warehouse.execute("select file_name, row_count from marts.landing_files").fetchall()
    assert dict(listed) == {
        path.relative_to(landing).as_posix(): pq.read_metadata(path).num_rows
        for path in landing.rglob("*.parquet")
    }


def table(warehouse: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(f"select * from {name} order by all").fetchall()


def test_the_order_of_rows_and_files_changes_nothing(
    warehouse: duckdb.DuckDBPyConnection, landing: Path, tmp_path: Path
) -> None:
    """The same rows, shuffled, dealt to other files, read by one thread."""
    dealer = random.Random(7)
    copy = ProjectCopy(tmp_path / "project")
    for folder in {path.parent for path in landing.rglob("*.parquet")}:
        rows = []
        for path in sorted(folder.glob("*.parquet")):
            # As text, as staging reads a column whose type differs between files.
            connection = duckdb.connect()
            connection.execute("set timezone = 'UTC'")
            rows += connection.execute(
                "select columns(*)::varchar from read_parquet(?, hive_partitioning = false)",
                [str(path).replace("[", "[[]")],
            ).to_arrow_table().to_pylist()  # fmt: skip
        rows = [{name.lower(): value for name, value in row.items()} for row in rows]
        dealer.shuffle(rows)
        feed, brand, load_date = folder.relative_to(landing).parts
        for number in range(min(3, len(rows))):
            write(
                copy.landing,
                feed,
                rows[number::3],
                brand=brand.removeprefix("brand="),
                load_date=load_date.removeprefix("load_date="),
                name=f"{dealer.random()}",
            )
    models = ("path:models/staging", "path:seeds", "rejected_records")
    copy.succeed(
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        *models,
        environment={"CROSSBRAND_THREADS": "1"},
    )
    again = duckdb.connect(str(copy.warehouse), read_only=True)
    names = warehouse.execute(
        "select table_name from information_schema.tables"
        " where table_schema = 'staging' and table_name like 'stg_%'"
    ).fetchall()
    # A view of each feed, three of what was refused, and the days that feeds are kept.
    assert len(names) == 20
    for (name,) in names:
        assert table(again, f"staging.{name}") == table(warehouse, f"staging.{name}"), name
    rejected = "marts.rejected_records"
    assert table(again, rejected) == table(warehouse, rejected)
    events = warehouse.execute(
        "select count(*), count(distinct rejected_record_id) from marts.rejected_records"
        " where feed = 'events'"
    ).fetchone()
    assert events == (5, 5)


def test_nothing_has_landed_yet(tmp_path: Path) -> None:
    """A root that does not exist builds, with no rows."""
    copy = ProjectCopy(tmp_path / "project")
    copy.succeed(
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        "+stg_transaction__orders",
        "landing_files",
        "int_operations__as_of",
        "+int_operations__as_of",
    )
    assert not copy.landing.exists()
    empty = duckdb.connect(str(copy.warehouse), read_only=True)
    assert table(empty, "staging.stg_transaction__orders") == []
    assert table(empty, "marts.landing_files") == []
    assert table(empty, "intermediate.int_operations__as_of") == [
        (datetime(1970, 1, 1), date(1970, 1, 1))
    ]


def test_the_clock_used_here_is_utc() -> None:
    """Guards the expectations above: epoch 1740736800 is the time they name."""
    assert datetime.fromtimestamp(1740736800, UTC).replace(tzinfo=None) == at(2025, 2, 28, 10)
