"""product_affinity, price tiers and basket figures, counted anew in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.properties.built_sample import Facts, Key, Row, half_up, load_facts

DIMENSIONS = ("category", "product_brand", "collection", "color", "size", "season")
LOOKS = ("product_view", "category_view", "add_to_cart", "wishlist_add")
COMPLAINTS = ("complaint", "warranty", "chargeback")
LineKey = tuple[str, str, int]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


@pytest.fixture(scope="module")
def refunds(facts: Facts) -> list[Row]:
    """Returns of orders that count, up to as_of."""
    counted = {(order["brand_id"], order["order_id"]) for order in facts.orders}
    return [
        row
        for row in facts.rows("staging.stg_transaction__returns")
        if (row["brand_id"], row["order_id"]) in counted and row["returned_at"] <= facts.as_of
    ]


@pytest.fixture(scope="module")
def lines(facts: Facts, refunds: list[Row]) -> dict[LineKey, Row]:
    """Lines of counted orders with what they brought and what is left of it, in euros."""
    orders = {(order["brand_id"], order["order_id"]): order for order in facts.orders}
    found: dict[LineKey, Row] = {}
    of_order: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("staging.stg_transaction__order_lines"):
        order = orders.get((row["brand_id"], row["order_id"]))
        if order is None:
            continue
        own = row["quantity"] * row["unit_price_amount_original"]
        row["own"] = half_up(own, "0.01") - (row["discount_amount_original"] or 0)
        row["left"] = row["own"]
        row["back"] = Decimal(0)
        row["order"] = order
        found[row["brand_id"], row["order_id"], row["line_number"]] = row
        of_order[row["brand_id"], row["order_id"]].append(row)
    spread: dict[Key, Decimal] = defaultdict(Decimal)
    for refund in refunds:
        key = (refund["brand_id"], refund["order_id"])
        same = [row for row in of_order[key] if row["line_number"] == refund["line_number"]]
        if not same and refund["product_id"]:
            same = [row for row in of_order[key] if row["product_id"] == refund["product_id"]]
        if same:
            line = min(same, key=lambda row: row["line_number"])
            line["left"] -= refund["refund_amount_original"]
            line["back"] += refund["quantity"] or 0
        else:
            spread[key] += refund["refund_amount_original"]
    for key, amount in spread.items():
        own = sorted(of_order[key], key=lambda row: row["line_number"])
        whole = sum(max(row["own"], Decimal(0)) for row in own)
        so_far, given = Decimal(0), Decimal(0)
        for row in own if whole else []:
            so_far += max(row["own"], Decimal(0))
            up_to = half_up(amount * so_far / whole, "0.01")
            row["left"] -= up_to - given
            given = up_to
    for row in found.values():
        day, currency = row["order"]["ordered_at"].date(), row["order"]["currency_code"]
        row["net"] = facts.in_euros(row["left"], currency, day)
        row["price"] = facts.in_euros(row["unit_price_amount_original"], currency, day)
        row["off"] = facts.in_euros(row["discount_amount_original"] or Decimal(0), currency, day)
    return found


def test_lines_net_of_what_came_back(facts: Facts, lines: dict[LineKey, Row]) -> None:
    """To the cent; and somebody did send something back."""
    found = {
        (row["brand_id"], row["order_id"], row["line_number"]): (
            row["unit_price_amount"], row["net_line_amount"], row["returned_quantity"],
        )
        for row in facts.rows("intermediate.int_value__order_lines")
    }  # fmt: skip
    assert found == {key: (row["price"], row["net"], row["back"]) for key, row in lines.items()}
    assert sum(row["back"] > 0 for row in lines.values()) > 30


def test_affinity_is_the_share_of_spend_and_of_looks(
    facts: Facts, lines: dict[LineKey, Row]
) -> None:
    """Every customer, dimension and value, with shares and rank."""
    products = {
        (row["brand_id"], row["product_id"]): row
        for row in facts.rows("staging.stg_transaction__products")
    }
    spend: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    looks: Counter[tuple[str, str, str]] = Counter()
    for row in lines.values():
        customer = row["order"]["customer_id"]
        product = products.get((row["brand_id"], row["product_id"]))
        for dimension in DIMENSIONS if customer and product else ():
            if product and product[dimension] is not None:
                spend[customer, dimension, product[dimension]] += row["net"]
    for row in facts.rows("intermediate.int_engagement__session_events"):
        customer = facts.session_owner.get(row["session_id"])
        if not customer or row["event_type"] not in LOOKS or row["occurred_at"] > facts.as_of:
            continue
        product = products.get((row["brand_id"], row["product_id"]), {})
        for dimension in DIMENSIONS:
            value = product.get(dimension)
            if value is None and dimension == "category":
                value = row["category"]
            if value is not None:
                looks[customer, dimension, value] += 1
    groups: dict[Key, list[tuple[Decimal, int, str]]] = defaultdict(list)
    for key in {*spend, *looks}:
        paid = max(spend[key], Decimal(0))
        if (paid or looks[key]) and (key[0], "all") not in facts.stopped:
            groups[key[:2]].append((paid, looks[key], key[2]))
    expected: dict[tuple[str, str, str], tuple[object, ...]] = {}
    for (customer, dimension), own in groups.items():
        paid_in_all = sum(one[0] for one in own)
        looks_in_all = sum(one[1] for one in own)
        own.sort(key=lambda one: (-one[0], -one[1], one[2]))
        for number, (paid, seen, value) in enumerate(own):
            expected[customer, dimension, value] = (
                paid,
                seen,
                pytest.approx(float(paid / paid_in_all) if paid_in_all else 0.0, abs=6e-7),
                pytest.approx(seen / looks_in_all if looks_in_all else 0.0, abs=6e-7),
                number + 1,
            )
    found: dict[tuple[str, str, str], tuple[object, ...]] = {
        (row["customer_id"], row["dimension"], row["value"]): (
            row["spend_amount"], row["look_count"], float(row["spend_share"]),
            float(row["interest_share"]), row["value_rank"],
        )
        for row in facts.rows("marts.product_affinity")
    }  # fmt: skip
    assert found == expected
    assert {dimension for _, dimension, _ in found} == set(DIMENSIONS)


def third(prices: list[Decimal], share: str) -> Fraction:
    """A quantile with linear interpolation, in exact fractions."""
    ordered = sorted(map(Fraction, prices))
    position = Fraction(share) * (len(ordered) - 1)
    low = position.numerator // position.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def test_basket_figures(facts: Facts, lines: dict[LineKey, Row], refunds: list[Row]) -> None:
    """Pieces, pauses, returns, discounts and price tiers of every customer and scope."""
    categories = {
        (row["brand_id"], row["product_id"]): row["category"]
        for row in facts.rows("staging.stg_transaction__products")
    }
    prices: dict[tuple[str, Any], list[Decimal]] = defaultdict(list)
    of_order: dict[Key, list[Row]] = defaultdict(list)
    for row in lines.values():
        row["shelf"] = (row["brand_id"], categories.get((row["brand_id"], row["product_id"])))
        prices[row["shelf"]].append(row["price"])
        of_order[row["brand_id"], row["order_id"]].append(row)
    limits = {shelf: (third(own, "0.333333"), third(own, "0.666667"))
              for shelf, own in prices.items()}  # fmt: skip
    kinds: dict[Key, set[str | None]] = defaultdict(set)
    for refund in refunds:
        kinds[refund["brand_id"], refund["order_id"]].add(refund["return_type"])
    baskets: dict[Key, list[Row]] = defaultdict(list)
    for (customer, brand), own in facts.orders_of.items():
        baskets[customer, brand].extend(own)
        baskets[customer, "all"].extend(own)

    def share(part: Any, whole: Any) -> Decimal | None:
        return half_up(Decimal(part) / Decimal(whole), "0.0001") if whole else None

    tiers = set()
    found = {(row["customer_id"], row["scope"]): row
             for row in facts.rows("intermediate.int_value__basket_figures")}  # fmt: skip
    assert set(found) == set(baskets)
    for key, own in baskets.items():
        row = found[key]
        spend = {"premium": Decimal(0), "middle": Decimal(0), "budget": Decimal(0)}
        pieces = paid = off = Decimal(0)
        lined = discounted = returned = complained = 0
        for order in own:
            mine = of_order[order["brand_id"], order["order_id"]]
            lined += bool(mine)
            pieces += sum(max(line["quantity"] - line["back"], Decimal(0)) for line in mine)
            for line in mine:
                low, high = limits[line["shelf"]]
                price = Fraction(line["price"])
                spend["premium" if price > high else "middle" if price > low else "budget"] += line[
                    "net"
                ]
            given = order["discount_amount_original"]
            day, currency = order["ordered_at"].date(), order["currency_code"]
            less = facts.in_euros(given, currency, day)
            less = sum(line["off"] for line in mine) if less is None else less
            paid += order["amount"]
            off += less
            discounted += less > 0 or order["coupon_code"] is not None
            back = kinds[order["brand_id"], order["order_id"]]
            complained += bool(back & set(COMPLAINTS))
            returned += bool(back - set(COMPLAINTS))
        spend = {tier: max(amount, Decimal(0)) for tier, amount in spend.items()}
        whole = sum(spend.values())
        # The dearer of two that tie stands first.
        tier = max(spend, key=lambda one: spend[one]) if whole else None
        tiers.add(tier)
        moments = [order["ordered_at"] for order in own]
        pauses = len(own) - 1
        days = (max(moments) - min(moments)).total_seconds() / 86400
        assert (row["return_rate"], row["complaint_rate"]) == (
            share(returned, len(own)), share(complained, len(own))
        )  # fmt: skip
        likings = (
            share(discounted, len(own)), share(off, paid + off), share(spend["budget"], whole),
            share(spend["middle"], whole), share(spend["premium"], whole), tier,
        )  # fmt: skip
        assert (
            row["discounted_order_share"], row["discount_share"], row["budget_spend_share"],
            row["middle_spend_share"], row["premium_spend_share"], row["price_tier"],
        ) == ((None,) * len(likings) if key in facts.stopped else likings)  # fmt: skip
        assert row["average_basket_quantity"] == (
            half_up(pieces / lined, "0.01") if lined else None
        )
        if pauses:
            assert float(row["average_days_between_orders"]) == pytest.approx(
                days / pauses, abs=0.051
            )
        else:
            assert row["average_days_between_orders"] is None
    assert tiers == {"premium", "middle", "budget", None}
