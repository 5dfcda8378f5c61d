"""customer_history and funnel_transitions, by asking the same of every month's end anew.

The slow and obvious way: for each month, forget all that came later and start from the beginning.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.properties.built_sample import DAY, Facts, Key, Row, load_facts

MEASURES = ("recency", "frequency", "monetary")
MICROSECOND = dt.timedelta(microseconds=1)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


@pytest.fixture(scope="module")
def history(facts: Facts) -> dict[tuple[str, dt.date], Row]:
    """The mart by customer and month."""
    return {(row["customer_id"], row["month_date"]): row
            for row in facts.rows("marts.customer_history")}  # fmt: skip


def month_ends(facts: Facts) -> dict[dt.date, dt.datetime]:
    """The last microsecond of each month that is kept, and as_of in its own."""
    first = min(row["first_seen_at"] for row in facts.rows("intermediate.int_identity__customers"))
    ends: dict[dt.date, dt.datetime] = {}
    month = facts.as_of.date().replace(day=1)
    moment = facts.as_of
    while moment >= first and len(ends) < facts.variables["history_months"]:
        ends[month] = moment
        moment = dt.datetime.combine(month, dt.time()) - MICROSECOND
        month = moment.date().replace(day=1)
    return ends


def cuts(values: list[Any], shares: list[Fraction]) -> list[Fraction]:
    """Quantiles with linear interpolation, in exact fractions."""
    ordered = sorted(Fraction(value) for value in values)
    found = []
    for share in shares:
        position = share * (len(ordered) - 1)
        low = position.numerator // position.denominator
        high = min(low + 1, len(ordered) - 1)
        found.append(ordered[low] + (ordered[high] - ordered[low]) * (position - low))
    return found


def test_every_customer_has_every_month_since_they_were_seen(
    facts: Facts, history: dict[tuple[str, dt.date], Row]
) -> None:
    ends = month_ends(facts)
    expected = {
        (row["customer_id"], month)
        for row in facts.rows("intermediate.int_identity__customers")
        for month, end in ends.items()
        if row["first_seen_at"] <= end and (row["customer_id"], "all") not in facts.stopped
    }
    assert set(history) == expected
    assert len(ends) >= 12


def test_rfm_of_each_month_is_that_of_what_was_known(
    facts: Facts, history: dict[tuple[str, dt.date], Row]
) -> None:
    """Measures to the cent and the day, segments by exact quantiles of that month's customers."""
    refunds: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_transaction__refunds"):
        if row["is_counted"]:
            refunds[row["brand_id"], row["order_id"]].append(row)
    ranges = sorted(facts.rows("reference.rfm_segments"), key=lambda row: row["priority"])
    fifths = [Fraction(number, 5) for number in (1, 2, 3, 4)]
    seen = set()
    for month, end in month_ends(facts).items():
        baskets: dict[str, list[Row]] = defaultdict(list)
        for order in facts.orders:
            if order["customer_id"] and order["ordered_at"] <= end:
                baskets[order["customer_id"]].append(order)
        measures = {
            customer: (
                (end - max(order["ordered_at"] for order in own)) // DAY,
                len(own),
                sum((order["amount"] for order in own), Decimal(0)) - sum(
                    (refund["refund_amount"] for order in own
                     for refund in refunds[order["brand_id"], order["order_id"]]
                     if refund["returned_at"] <= end), Decimal(0)
                ),
            )
            for customer, own in baskets.items()
            if (customer, "all") not in facts.stopped
        }  # fmt: skip
        limits = [
            cuts([one[index] for one in measures.values()], fifths) if measures else []
            for index in range(3)
        ]
        for (customer, at), row in history.items():
            if at != month:
                continue
            if customer not in measures:
                assert (row["frequency"], row["rfm_segment"]) == (None, None)
                continue
            scores = [
                1 + sum(cut < Fraction(value) for cut in limit)
                for value, limit in zip(measures[customer], limits, strict=True)
            ]
            scores[0] = 6 - scores[0]
            segment = next(
                line["rfm_segment"] for line in ranges
                if all(
                    line[f"{name}_min"] <= score <= line[f"{name}_max"]
                    for name, score in zip(MEASURES, scores, strict=True)
                )
            )  # fmt: skip
            seen.add(segment)
            assert (
                row["recency_days"], row["frequency"], row["monetary_amount"],
                row["rfm_score"], row["rfm_segment"],
            ) == (*measures[customer], "".join(map(str, scores)), segment)  # fmt: skip
    assert len(seen) >= 8


def happenings(facts: Facts) -> list[tuple[str, str, float, dt.datetime]]:
    """Customer, brand, points and time of all that earns points."""
    points = {row["activity_kind"]: float(row["points"])
              for row in facts.rows("reference.activity_points")}  # fmt: skip
    found: list[tuple[str | None, str, str, dt.datetime]] = []
    for order in facts.orders:
        found.append((order["customer_id"], order["brand_id"], "order", order["ordered_at"]))
    for table, feed, key, moment, kind in (
        ("engagement__reviews", "reviews", "review_id", "reviewed_at", "review"),
        ("engagement__survey_responses", "survey_responses", "response_id", "answered_at",
         "survey_answer"),
        ("communication__service_interactions", "service_interactions", "interaction_id",
         "opened_at", "service_interaction"),
        ("loyalty__loyalty_events", "loyalty_events", "event_id", "occurred_at", ""),
    ):  # fmt: skip
        for row in facts.rows(f"staging.stg_{table}"):
            owner = facts.record_owner.get((row["brand_id"], feed, row[key]))
            found.append(
                (owner, row["brand_id"], kind or "loyalty_" + row["event_type"], row[moment])
            )
    for row in facts.rows("intermediate.int_engagement__session_events"):
        found.append((facts.session_owner.get(row["session_id"]), row["brand_id"],
                      "web_" + row["event_type"], row["occurred_at"]))  # fmt: skip
    for key_of, own in facts.message_events.items():
        found.extend(
            (facts.message_owner.get(key_of), key_of[0], "message_" + row["event_type"],
             row["occurred_at"])
            for row in own if not row["is_robot"]
        )  # fmt: skip
    return [
        (owner, brand, points[kind], at)
        for owner, brand, kind, at in found
        if owner and points.get(kind)
    ]


def test_tiers_of_each_month(facts: Facts, history: dict[tuple[str, dt.date], Row]) -> None:
    """Scores from each happening's own age, then tiers from the scores as they stand."""
    window = facts.variables["activity_window_days"] * DAY
    half_life = facts.variables["activity_half_life_days"] * DAY
    share = Fraction(str(facts.variables["activity_high_quantile"]))
    points = happenings(facts)
    found: dict[dt.date, dict[Key, Decimal]] = defaultdict(dict)
    numbers = {row["month_number"]: row["month_date"]
               for row in facts.rows("intermediate.int_history__months")}  # fmt: skip
    for row in facts.rows("intermediate.int_history__activity_scores"):
        found[numbers[row["month_number"]]][row["customer_id"], row["brand_id"]] = row[
            "activity_score"
        ]
    tiers = set()
    for month, end in month_ends(facts).items():
        expected: dict[Key, float] = defaultdict(float)
        for owner, brand, worth, at in points:
            age = end - at
            if dt.timedelta(0) <= age <= window:
                expected[owner, brand] += worth * 0.5 ** (age / half_life)
        scores = found[month]
        assert set(scores) == {key for key, score in expected.items() if score > 5e-7}
        for key, score in scores.items():
            assert float(score) == pytest.approx(expected[key], abs=5e-6)
        high: Counter[str] = Counter()
        low: Counter[str] = Counter()
        total: dict[str, Decimal] = defaultdict(Decimal)
        for brand in facts.brands:
            own = {
                key[0]: score for key, score in scores.items()
                if key[1] == brand and key not in facts.stopped
            }  # fmt: skip
            if own:
                [limit] = cuts(list(own.values()), [share])
                for customer, score in own.items():
                    (high if Fraction(score) >= limit else low)[customer] += 1
                    total[customer] += score
        for (customer, of_month), row in history.items():
            if of_month != month:
                continue
            tier = (
                "high_in_several" if high[customer] >= 2 else "high_in_one" if high[customer]
                else "low_everywhere" if low[customer] else "dormant"
            )  # fmt: skip
            tiers.add(tier)
            assert (
                row["activity_tier"], row["high_brand_count"], row["low_brand_count"],
                row["activity_score"],
            ) == (tier, high[customer], low[customer], total[customer])  # fmt: skip
    assert len(tiers) == 4


def test_stages_of_each_month(facts: Facts, history: dict[tuple[str, dt.date], Row]) -> None:
    """Each stage by its rule, from orders, visits, signs of life and carts of until then."""
    inactive = facts.variables["inactive_after_days"] * DAY
    at_risk = facts.variables["at_risk_after_days"] * DAY
    orders: dict[str, list[dt.datetime]] = defaultdict(list)
    for order in facts.orders:
        if order["customer_id"]:
            orders[order["customer_id"]].append(order["ordered_at"])
    visits: dict[str, list[dt.datetime]] = defaultdict(list)
    for row in facts.rows("intermediate.int_engagement__session_events"):
        if (owner := facts.session_owner.get(row["session_id"])) is not None:
            visits[owner].append(row["occurred_at"])
    signs: dict[str, list[dt.datetime]] = defaultdict(list)
    for owner, _, _, at in happenings(facts):
        signs[owner].append(at)
    carts: dict[str, list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_lifecycle__carts"):
        carts[row["customer_id"]].append(row)
    seen = set()
    ends = month_ends(facts)
    for (customer, month), row in history.items():
        end = ends[month]
        bought = sorted(at for at in orders[customer] if at <= end)
        visited = [at for at in visits[customer] if at <= end]
        lived = [*bought, *visited, *(at for at in signs[customer] if at <= end)]
        if not bought and any(
            cart["opened_at"] <= end < cart["open_until_at"] for cart in carts[customer]
        ):
            stage = "cart_open"
        elif not bought and not visited:
            stage = "contact_only"
        elif end - max(lived) >= inactive:
            stage = "inactive"
        elif not bought:
            stage = "browsing"
        elif end - bought[-1] >= at_risk:
            stage = "at_risk"
        elif len(bought) > 1 and bought[-1] - bought[-2] >= inactive:
            stage = "won_back"
        else:
            stage = "repeat" if len(bought) > 1 else "first_order"
        seen.add(stage)
        assert row["lifecycle_stage"] == stage, (customer, month)
    assert len(seen) >= 7


def test_transitions_are_pairs_of_months(
    facts: Facts, history: dict[tuple[str, dt.date], Row]
) -> None:
    """Who was where a month before, counted from the history row by row."""
    first_seen = {row["customer_id"]: row["first_seen_at"].date().replace(day=1)
                  for row in facts.rows("intermediate.int_identity__customers")}  # fmt: skip
    expected: Counter[tuple[dt.date, str, str, str]] = Counter()
    for (customer, month), row in history.items():
        before = history.get((customer, (month - DAY).replace(day=1)))
        is_new = first_seen[customer] == month
        if before is None and not is_new:
            continue
        for funnel in ("rfm_segment", "activity_tier", "lifecycle_stage"):
            origin = "not_known" if before is None else before[funnel] or "no_order"
            expected[month, funnel, origin, row[funnel] or "no_order"] += 1
    rows = facts.rows("marts.funnel_transitions")
    found = {
        (row["month_date"], row["funnel"], row["from_value"], row["to_value"]): row[
            "customer_count"
        ]
        for row in rows
    }
    assert found == dict(expected)
    leaving: Counter[tuple[dt.date, str, str]] = Counter()
    for (month, funnel, origin, _), count in expected.items():
        leaving[month, funnel, origin] += count
    for row in rows:
        whole = leaving[row["month_date"], row["funnel"], row["from_value"]]
        assert float(row["from_share"]) == pytest.approx(row["customer_count"] / whole, abs=6e-7)
        assert row["is_move"] == (row["from_value"] != row["to_value"])
