"""The predictions against a truth worked by hand."""

from __future__ import annotations

import io
import math
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crossbrand.evaluate_predictions import (
    area_under_curve,
    evaluate_predictions,
    print_predictions,
    rank_correlation,
)

# Brand, order, customer, person. Cyd's two orders lie with two customers and Dan shares Eve's, so
# only Ann and Bob are found whole. Ann's second order nobody can tell.
ORDERS = [
    ("aster", "o1", "x", "ann", True),
    ("aster", "o2", None, "ann", False),
    ("aster", "o3", "y", "bob", True),
    ("birch", "o1", "z", "bob", True),
    ("aster", "o4", "v", "cyd", True),
    ("aster", "o5", "w", "cyd", True),
    ("aster", "o6", "u", "dan", True),
    ("aster", "o7", "u", "eve", True),
]


@pytest.fixture
def sample(tmp_path: Path) -> tuple[Path, Path]:
    """A warehouse and the folder of its truth."""
    warehouse, truth = tmp_path / "w.duckdb", tmp_path / "truth"
    truth.mkdir()
    names = ["feed", "brand_id", "record_id", "person_id", "is_identifiable"]
    rows = [("orders", brand, order, person, told) for brand, order, _, person, told in ORDERS]
    pq.write_table(
        pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]),
        truth / "records.parquet",
    )
    left = np.datetime64("2025-01-01", "us")
    people = ["ann", "bob", "bob", "cyd", "dan", "eve"]
    pq.write_table(
        pa.table({
            "person_id": people,
            "brand_id": ["aster", "aster", "birch", "aster", "aster", "aster"],
            "rate_per_day": [0.01] * 6,
            "dropout_probability": [0.5] * 6,
            "dropped_at": pa.array([None, left, None, None, None, None], pa.timestamp("us")),
        }),
        truth / "rates.parquet",
    )  # fmt: skip
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.customer_records (feed varchar, brand_id varchar, "
            "record_id varchar, customer_id varchar)"
        )
        connection.executemany(
            "insert into marts.customer_records values ('orders', ?, ?, ?)",
            [row[:3] for row in ORDERS],
        )
        connection.execute(
            """
            create table marts.customer_predictions as
            select
                *,
                probability_alive / 2 as probability_of_order_365_days,
                date '2025-06-30' as as_of_date,
                date '2025-06-01' as last_purchase_date,
            from (values
                ('x', 'aster', 0.9, 2.0), ('y', 'aster', 0.3, 0.5), ('z', 'birch', 0.2, 1.0),
                ('v', 'aster', 0.1, 9.0), ('u', 'aster', 0.1, 9.0), ('x', 'all', 0.1, 9.0)
            ) as rows (customer_id, scope, probability_alive, expected_orders_365_days)
            """
        )
    return warehouse, truth


def test_only_whole_customers_are_compared(sample: tuple[Path, Path]) -> None:
    """Ann and Bob's two relations: of these aster's Bob left, and was scored above birch's."""
    result = evaluate_predictions(*sample)
    assert result is not None
    assert (result.customers, result.truly_alive) == (3, 2)
    assert result.auc_probability_alive == pytest.approx(0.5)
    assert result.auc_probability_of_order == pytest.approx(0.5)
    assert result.auc_recency == pytest.approx(0.5)
    assert result.expected_orders == pytest.approx(3.5)
    truly = (1 - math.exp(-0.01 * 0.5 * 365)) / 0.5
    assert result.true_orders == pytest.approx(2 * truly)
    assert [row.expected_orders for row in result.deciles] == [0.5, 1.0, 2.0]
    assert [row.truly_alive for row in result.deciles] == [0.0, 1.0, 1.0]
    assert result.rank_correlation == pytest.approx(math.sqrt(3) / 2)
    console = Console(file=io.StringIO(), width=110)
    print_predictions(result, console)
    assert "3 customers of a brand, 2 of them still active" in console.file.getvalue()  # type: ignore[attr-defined]


def test_nothing_to_compare_is_no_error(sample: tuple[Path, Path]) -> None:
    warehouse, truth = sample
    (truth / "rates.parquet").unlink()
    assert evaluate_predictions(warehouse, truth) is None


def test_the_area_counts_ties_half() -> None:
    score = np.array([3.0, 2.0, 2.0, 1.0])
    assert area_under_curve(score, np.array([True, True, False, False])) == pytest.approx(3.5 / 4)
    assert area_under_curve(score, np.array([True, True, True, True])) is None
    assert rank_correlation(score, np.ones(4)) == 0.0
