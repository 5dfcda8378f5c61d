"""kpi_daily, counted anew from orders, sessions and interactions, one day at a time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.properties.built_sample import Facts, Row, load_facts

Day = tuple[str, dt.date]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


def by_day(rows: list[Row], moment: str) -> dict[Day, list[Row]]:
    """The rows of each brand and UTC day."""
    days: dict[Day, list[Row]] = defaultdict(list)
    for row in rows:
        days[row["brand_id"], row[moment].date()].append(row)
    return days


def share(part: int | Decimal, whole: int) -> Fraction | None:
    """The exact quotient; nothing of nothing."""
    return Fraction(part) / whole if whole else None


def is_rounded(value: Decimal | None, exact: Fraction | None) -> bool:
    """Whether the value is the quotient to its last digit; a tie may fall either way."""
    if value is None or exact is None:
        return value is None and exact is None
    half = Fraction(1, 2 * 10 ** -int(value.as_tuple().exponent))
    return abs(Fraction(value) - exact) <= half


def test_rates_and_counts_of_a_day(facts: Facts) -> None:
    counted = [row for row in facts.rows("intermediate.int_transaction__orders")
               if row["is_counted"]]  # fmt: skip
    customers = {
        (row["brand_id"], row["record_id"]): row["customer_id"]
        for row in facts.rows("intermediate.int_identity__record_customers")
        if row["feed"] == "orders" and row["customer_id"]
    }
    first: dict[tuple[str, str], dt.date] = {}
    for row in sorted(counted, key=lambda row: row["ordered_at"]):
        if customer := customers.get((row["brand_id"], row["order_id"])):
            first.setdefault((row["brand_id"], customer), row["ordered_at"].date())
    orders = by_day(counted, "ordered_at")
    sessions = by_day(facts.rows("intermediate.int_engagement__sessions"), "started_at")
    opened = [row for row in facts.rows("staging.stg_communication__service_interactions")
              if row["opened_at"] <= facts.as_of]  # fmt: skip
    interactions = by_day(opened, "opened_at")

    mart = {(row["brand_id"], row["kpi_date"]): row for row in facts.rows("marts.kpi_daily")}
    assert set(orders) | set(sessions) | set(interactions) <= set(mart)
    seen: dict[str, int] = defaultdict(int)
    for key, row in mart.items():
        brand, date = key
        known = {customers.get((brand, order["order_id"])) for order in orders[key]} - {None}
        new = sum(first[brand, str(customer)] == date for customer in known)
        visits = sessions[key]
        answered = [
            case["first_response_at"] - case["opened_at"]
            for case in interactions[key]
            if case["first_response_at"]
            and case["opened_at"] <= case["first_response_at"] <= facts.as_of
        ]
        minutes = sum(answered, dt.timedelta()) / dt.timedelta(microseconds=60_000_000)
        paid = sum((order["total_amount"] for order in orders[key]), Decimal(0))
        assert row["new_customer_count"] == new, key
        assert row["interaction_count"] == len(interactions[key]), key
        expected = {
            "average_order_amount": share(paid, len(orders[key])),
            "net_amount_per_customer": share(row["net_amount"], len(known)),
            "returning_customer_share": share(len(known) - new, len(known)),
            "conversion_rate": share(
                sum(visit["purchase_count"] > 0 for visit in visits), len(visits)
            ),
        }
        for name, quotient in expected.items():
            assert is_rounded(row[name], quotient), (key, name)
        response = row["average_first_response_minutes"]
        assert (response is None) is (not answered), key
        if answered:
            assert abs(float(response) - minutes / len(answered)) <= 0.0051, key
        for name, value in expected.items():
            seen[name] += bool(value)
        seen["average_first_response_minutes"] += bool(answered)
    assert min(seen.values()) > 20, "the sample must show each of them"
