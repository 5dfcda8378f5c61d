"""attribution, journeys and cohort_retention, counted anew in plain Python."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby

import pytest

from tests.properties.built_sample import DAY, Facts, Key, Row, load_facts

Touch = tuple[dt.datetime, str, str, str, str | None]
EPOCH = dt.datetime(1970, 1, 1)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


@pytest.fixture(scope="module")
def touches(facts: Facts) -> dict[Key, list[Touch]]:
    """By customer and brand: visits, and clicks that led to none, in time."""
    found: dict[Key, list[Touch]] = defaultdict(list)
    landed = set()
    campaigns = {
        message: row["campaign_id"]
        for message, own in facts.message_events.items()
        for row in reversed(own)
        if row["campaign_id"]
    }
    groups = {row["session_id"]: row["channel_group"] for row in facts.rows("marts.sessions")}
    for row in facts.rows("intermediate.int_engagement__sessions"):
        owner = facts.session_owner.get(row["session_id"])
        if owner:
            found[owner, row["brand_id"]].append((
                row["started_at"], "session", row["session_id"], groups[row["session_id"]],
                campaigns.get((row["brand_id"], row["landing_message_id"]))
                or row["landing_campaign"],
            ))  # fmt: skip
            landed.add((owner, row["brand_id"], row["landing_message_id"]))
    for (brand, message_id), own in facts.message_events.items():
        clicks = [row["occurred_at"] for row in own
                  if row["event_type"] == "clicked" and not row["is_robot"]]  # fmt: skip
        owner = facts.message_owner.get((brand, message_id))
        outbound = own[0]["direction"] == "outbound"
        if clicks and owner and outbound and (owner, brand, message_id) not in landed:
            found[owner, brand].append((
                min(clicks), "click", message_id,
                "email" if own[0]["channel"] == "email" else "message",
                campaigns.get((brand, message_id)),
            ))  # fmt: skip
    for own_touches in found.values():
        own_touches.sort(key=lambda touch: touch[:3])
    return found


@pytest.fixture(scope="module")
def refunded(facts: Facts) -> dict[Key, list[Row]]:
    """Refunds that count, by brand and order."""
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_transaction__refunds"):
        if row["is_counted"]:
            found[row["brand_id"], row["order_id"]].append(row)
    return found


def cents(amount: Decimal, shares: list[Fraction]) -> list[Decimal]:
    """Parts of an amount: each takes what its share moves the rounded running total by."""
    whole = Fraction(amount) * 100
    up_to = [(whole * share + Fraction(1, 2)).__floor__() for share in accumulate(shares)]
    return [
        Decimal(later - earlier) / 100 for earlier, later in zip([0, *up_to], up_to, strict=False)
    ]


def test_credit_of_every_touch(
    facts: Facts, touches: dict[Key, list[Touch]], refunded: dict[Key, list[Row]]
) -> None:
    """All touches of all orders under all five rules, to the cent."""
    half_life = facts.variables["attribution_half_life_days"] * DAY
    expected: dict[tuple[str, str, int], tuple[object, ...]] = {}
    for order in facts.orders:
        brand, order_id, at = order["brand_id"], order["order_id"], order["ordered_at"]
        revenue = order["amount"] - sum(
            (row["refund_amount"] for row in refunded[brand, order_id]), Decimal(0)
        )
        way = [
            touch for touch in touches.get((order["customer_id"], brand), [])
            if at - facts.window <= touch[0] <= at
        ]  # fmt: skip
        count = len(way)
        if not way:
            expected[brand, order_id, 0] = (None, "unknown", None, revenue, *[revenue] * 5)
            continue
        linear = cents(revenue, [Fraction(1, count)] * count)
        if count <= 2:
            position = cents(revenue, [Fraction(1, count)] * count)
        else:
            middle = [Fraction(1, 5) / (count - 2)] * (count - 2)
            position = cents(revenue, [Fraction(2, 5), *middle, Fraction(2, 5)])
        weights = [
            Fraction(round(Decimal(0.5 ** ((at - touch[0]) / half_life)), 8)) for touch in way
        ]
        decay = cents(revenue, [weight / sum(weights) for weight in weights])
        for number, touch in enumerate(way):
            expected[brand, order_id, number + 1] = (
                touch[2], touch[3], touch[4], revenue,
                revenue if number == 0 else 0, revenue if number == count - 1 else 0,
                linear[number], position[number], decay[number],
            )  # fmt: skip
    found = {
        (row["brand_id"], row["order_id"], row["touch_number"]): (
            row["touch_id"], row["channel_group"], row["campaign"], row["revenue_amount"],
            row["first_touch_amount"], row["last_touch_amount"], row["linear_amount"],
            row["position_based_amount"], row["time_decay_amount"],
        )
        for row in facts.rows("marts.attribution")
    }  # fmt: skip
    assert found == expected
    assert max(number for _, _, number in found) >= 3


def test_parts_add_up_however_odd_the_amount() -> None:
    """The rule of the cents by hand: 0.05 among nine, and a refund of 0.10 among three."""
    ninths = cents(Decimal("0.05"), [Fraction(1, 9)] * 9)
    assert sum(ninths) == Decimal("0.05")
    assert set(ninths) == {Decimal("0.00"), Decimal("0.01")}
    thirds = cents(Decimal("-0.10"), [Fraction(1, 3)] * 3)
    assert thirds == [Decimal("-0.03"), Decimal("-0.04"), Decimal("-0.03")]


def test_journeys_to_first_orders(
    facts: Facts, touches: dict[Key, list[Touch]], refunded: dict[Key, list[Row]]
) -> None:
    """Paths, how often each led to a first order, and what that brought."""
    window = facts.variables["journey_window_days"] * DAY
    firsts: dict[Key, Row] = {}
    for (customer, brand), own in facts.orders_of.items():
        for scope in (brand, "all"):
            best = firsts.get((customer, scope), own[0])
            firsts[customer, scope] = min(
                best, own[0], key=lambda row: (row["ordered_at"], row["brand_id"], row["order_id"])
            )
    counts: Counter[Key] = Counter()
    amounts: dict[Key, Decimal] = defaultdict(Decimal)
    touched: Counter[Key] = Counter()
    for (customer, scope), order in firsts.items():
        brands = facts.brands if scope == "all" else [scope]
        way = sorted(
            (touch[0], brand, touch[1], touch[2], touch[3])
            for brand in brands
            for touch in touches.get((customer, brand), [])
            if order["ordered_at"] - window <= touch[0] <= order["ordered_at"]
        )
        steps = [channel for channel, _ in groupby(touch[4] for touch in way)]
        path = " > ".join(steps[-facts.variables["journey_max_steps"] :]) or "unknown"
        counts[scope, path] += 1
        touched[scope, path] += len(way)
        amounts[scope, path] += order["amount"] - sum(
            (row["refund_amount"] for row in refunded[order["brand_id"], order["order_id"]]),
            Decimal(0),
        )
    rows = facts.rows("marts.journeys")
    found = {(row["scope"], row["path"]): (row["first_order_count"], row["first_order_amount"])
             for row in rows}  # fmt: skip
    assert found == {key: (counts[key], amounts[key]) for key in counts}
    for row in rows:
        key = (row["scope"], row["path"])
        assert float(row["average_touch_count"]) == pytest.approx(
            touched[key] / counts[key], abs=0.00501
        )
        peers = [(-counts[other], other[1]) for other in counts if other[0] == row["scope"]]
        assert row["path_rank"] == 1 + sorted(peers).index((-counts[key], key[1]))
    assert max(row["step_count"] for row in rows) >= 3


def test_retention_of_every_cohort(facts: Facts, refunded: dict[Key, list[Row]]) -> None:
    """Customers, orders and money of each cohort and month, and the months without any."""

    def month_of(moment: dt.datetime) -> int:
        return moment.year * 12 + moment.month - 1

    def day_of(month: int) -> dt.date:
        return dt.date(month // 12, month % 12 + 1, 1)

    orders: dict[Key, list[Row]] = defaultdict(list)
    for (customer, brand), own in facts.orders_of.items():
        orders[customer, brand] = own
        orders[customer, "all"] = [*orders[customer, "all"], *own]
    last = month_of(facts.as_of)
    expected: dict[tuple[str, dt.date, dt.date], list[object]] = {}
    cohorts: dict[tuple[str, int], list[Key]] = defaultdict(list)
    for key, own in orders.items():
        cohorts[key[1], min(month_of(order["ordered_at"]) for order in own)].append(key)
    for (scope, cohort), members in cohorts.items():
        to_date = Decimal(0)
        for month in range(cohort, last + 1):
            active, count, net = 0, 0, Decimal(0)
            for key in members:
                here = [row for row in orders[key] if month_of(row["ordered_at"]) == month]
                active += bool(here)
                count += len(here)
                net += sum((row["amount"] for row in here), Decimal(0))
                net -= sum(
                    (
                        refund["refund_amount"]
                        for row in orders[key]
                        for refund in refunded[row["brand_id"], row["order_id"]]
                        if max(month_of(refund["returned_at"]), month_of(row["ordered_at"]))
                        == month
                    ),
                    Decimal(0),
                )
            to_date += net
            expected[scope, day_of(cohort), day_of(month)] = [
                month - cohort, len(members), active, count, net, to_date,
                pytest.approx(active / len(members), abs=6e-7), month < last,
            ]  # fmt: skip
    found = {
        (row["scope"], row["cohort_month_date"], row["month_date"]): [
            row["months_since_first"], row["customer_count"], row["active_customer_count"],
            row["order_count"], row["net_amount"], row["net_amount_to_date"],
            float(row["retention_share"]), row["is_month_over"],
        ]
        for row in facts.rows("marts.cohort_retention")
    }  # fmt: skip
    assert found == expected
    assert any(row[2] == 0 for row in found.values())
