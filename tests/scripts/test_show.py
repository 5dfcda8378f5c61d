"""The page that `crossbrand show` prints from a small warehouse, and its mistakes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from crossbrand.console import bar
from crossbrand.errors import CrossbrandError
from crossbrand.show import QUESTIONS, SEGMENT_ORDER, TIER_ORDER, show

from .conftest import Row, TruthMaker, WarehouseMaker

RECORDS: list[Row] = [
    ("aster", "contacts", "c1", "anna", "contact_id"),
    ("birch", "contacts", "c2", "anna", "contact_id"),
    ("birch", "contacts", "c3", "bert", "contact_id"),
    ("aster", "orders", "o1", "anna", "email"),
    ("aster", "orders", "o2", None, None),
]

MARTS_DDL = """
    create table marts.customer_360 as
    select
        customer_id, name as first_name, 'Nováková' as last_name, name || '@example.com' as email,
        '+420600000001' as phone, null::varchar as loyalty_card_id, date '1990-02-01' as birth_date,
        '35_44' as age_band, 'Brno' as city, 'CZ' as country_code, date '2025-06-30' as as_of_date,
        brand_count, false as is_suspect, 2 as contact_count, 4 as identifier_count,
        orders as order_count, 99.5::decimal(18, 2) as net_amount, 3 as session_count,
        0 as review_count, 7 as message_count, 1 as clicked_message_count, 0 as return_count,
        0 as service_interaction_count, null::varchar as loyalty_tier, 12 as recency_days,
        '545' as rfm_score, segment as rfm_segment, 'high_in_one' as activity_tier,
        'birch' as brand_to_stimulate_id, 'aster' as strongest_brand_id,
        null::varchar as preferred_channel, timestamp '2025-06-01' as last_order_at,
    from (values ('anna', 'Anna', 2, 1, 'champions'), ('bert', 'Bert', 1, 2, 'lost'))
        as people (customer_id, name, brand_count, orders, segment);
    create table marts.customer_brand_360 as
    select
        customer_id, brand_id, 1 as order_count, 99.5::decimal(18, 2) as net_amount,
        3 as session_count, 7 as message_count, 'high' as activity_tier,
        true as has_marketing_consent,
    from (values ('anna', 'aster'), ('anna', 'birch'), ('bert', 'birch'))
        as pairs (customer_id, brand_id);
    create table marts.customer_timeline as
    select
        'anna' as customer_id, timestamp '2025-06-01 10:00' + interval (n) minute as occurred_at,
        'aster' as brand_id, 'eshop' as channel, 'order_placed' as happening,
        'order ' || n as detail, 10.0::decimal(18, 2) as amount, 'orders' as feed,
        n::varchar as record_id,
    from range(20) as numbers (n);
    create table marts.rfm_scores as
    select
        customer_id, 'all' as scope, rfm_segment, 12 as recency_days, 3 as frequency,
        net_amount as monetary_amount,
    from marts.customer_360;
    create table marts.cross_brand_activity_tiers as
    select
        customer_id, 'high_in_one' as tier, 'stimulate' as suggested_treatment,
        'birch' as brand_to_stimulate_id, 'aster' as strongest_brand_id,
    from marts.customer_360;
    create table marts.rejected_records as
    select feed, reason_code
    from (values
        ('orders', 'future_time'), ('events', 'future_time'), ('orders', 'unknown_brand')
    ) as rejects (feed, reason_code);
"""


@pytest.fixture
def warehouse(make_warehouse: WarehouseMaker) -> Path:
    path = make_warehouse(RECORDS)
    with duckdb.connect(str(path)) as connection:
        connection.execute(MARTS_DDL)
    return path


def page(warehouse: Path, truth: Path, **options: object) -> str:
    console = Console(file=io.StringIO(), width=100, record=True)
    show(warehouse, truth, console, **options)  # type: ignore[arg-type]
    return console.export_text()


def test_every_section_has_its_figures(warehouse: Path, make_truth: TruthMaker) -> None:
    truth = make_truth([("contacts", "aster", "c1", "p1"), ("contacts", "birch", "c2", "p1")])
    text = " ".join(page(warehouse, truth).split())

    assert "3 contact records are 2 customers" in text
    assert "4 of 5 records have their customer" in text
    assert "1 are customers of more than one of the 2 brands" in text
    assert re.search(r"pairs of records\s+100\.00%", text)
    assert text.index("champions") < text.index("lost")
    assert re.search(r"high in one\s+2 █+\s+stimulate \(2 with a named brand\)", text)
    assert "One customer: anna" in text
    assert "Anna Nováková" in text
    assert re.search(r"future time\s+2 .*events, orders", text)
    assert re.search(r"unknown brand\s+1 ", text)


def test_the_timeline_is_the_end_of_it_in_order(warehouse: Path, tmp_path: Path) -> None:
    text = page(warehouse, tmp_path, timeline_rows=3)
    assert re.findall(r"order (\d+)\b", text)[-3:] == ["17", "18", "19"]
    assert "order 16" not in text


def test_another_customer_is_shown_when_named(warehouse: Path, tmp_path: Path) -> None:
    assert "Bert Nováková" in page(warehouse, tmp_path, customer_id="bert")
    with pytest.raises(CrossbrandError, match="no customer nobody"):
        page(warehouse, tmp_path, customer_id="nobody")


def test_without_a_truth_nothing_is_claimed(warehouse: Path, tmp_path: Path) -> None:
    text = page(warehouse, tmp_path)
    assert "Not measured" in text
    assert "B-cubed" not in text


def test_an_incomplete_warehouse_is_named(make_warehouse: WarehouseMaker, tmp_path: Path) -> None:
    with pytest.raises(CrossbrandError, match=r"no marts\.customer_360"):
        page(make_warehouse(RECORDS), tmp_path)


def test_the_questions_to_go_on_with_run_as_printed(warehouse: Path, tmp_path: Path) -> None:
    text = page(warehouse, tmp_path)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for _, sql in QUESTIONS:
            assert " ".join(sql.split()) in " ".join(text.split())
            connection.sql(sql).fetchall()
    [command] = re.findall(r"^ *\.venv/bin/python -c '(.*)'$", text, flags=re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    assert "contact_id" in done.stdout


def test_orders_of_segments_and_tiers_follow_the_seeds(project: Path) -> None:
    with duckdb.connect() as connection:
        for seed, column, order in (
            ("rfm_segments", "rfm_segment", SEGMENT_ORDER),
            ("suggested_treatments", "tier", TIER_ORDER),
        ):
            path = project / "seeds" / f"{seed}.csv"
            rows = connection.execute(f"select distinct {column} from '{path}'").fetchall()
            assert {value for (value,) in rows} == set(order)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, ""), (8, "████"), (4, "██"), (0.001, "▏"), (1, "▌"), (-1, ""), (80, "████")],
)
def test_bars_are_proportional_and_never_empty_above_zero(value: float, expected: str) -> None:
    assert bar(value, 8, 4) == expected
