"""Carts, stages, declared preferences and loyalty, counted anew in plain Python."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.properties.built_sample import DAY, Facts, Key, Row, half_up, load_facts, median

CART = ("add_to_cart", "remove_from_cart", "checkout_started")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


@pytest.fixture(scope="module")
def carts(facts: Facts) -> dict[str, Row]:
    """All carts by id."""
    return expected_carts(facts)


# Carts


def expected_carts(facts: Facts) -> dict[str, Row]:
    """Walk through what each owner did at each brand, step by step."""
    session_of = {
        (row["brand_id"], row["event_id"]): (row["session_id"], row["visitor_key"])
        for row in facts.rows("intermediate.int_engagement__session_events")
    }
    steps: dict[Key, list[tuple[dt.datetime, int, str, str, Row]]] = defaultdict(list)
    for event in facts.rows("staging.stg_engagement__events"):
        kind = event["event_type"]
        if kind not in (*CART, "purchase") or event["occurred_at"] > facts.as_of:
            continue
        session, visitor = session_of[event["brand_id"], event["event_id"]]
        owner = facts.session_owner.get(session)
        steps[event["brand_id"], f"k:{owner}" if owner else visitor].append(
            (event["occurred_at"], int(kind == "purchase"), kind, event["event_id"], event)
        )
    for (customer, brand), orders in facts.orders_of.items():
        own = steps.get((brand, f"k:{customer}"), [])
        for order in orders if own else []:
            own.append((order["ordered_at"], 1, "order", order["order_id"], order))

    limit = dt.timedelta(hours=facts.variables["cart_abandon_hours"])
    found: dict[str, Row] = {}
    for (brand, owner), own in steps.items():
        cart: Row | None = None
        # Of one moment, filling comes before buying.
        for at, closes, kind, name, event in sorted(own, key=lambda step: step[:4]):
            if closes:
                if cart and at - cart["last_step_at"] < limit:
                    cart["ordered_at"] = at
                cart = None
                continue
            if cart is None or at - cart["last_step_at"] >= limit:
                cart = {
                    "brand_id": brand,
                    "customer_id": owner[2:] if owner.startswith("k:") else None,
                    "opened_at": at,
                    "ordered_at": None,
                    "content": Counter(),
                    "values": defaultdict(list),
                    "kinds": Counter(),
                }
                found[hashlib.md5(f"{brand}|{name}".encode()).hexdigest()] = cart
            cart["last_step_at"] = at
            cart["kinds"][kind] += 1
            product = event["product_id"]
            if kind == "checkout_started":
                continue
            cart["content"][product] += 1 if kind == "add_to_cart" else -1
            if kind == "add_to_cart" and event["event_value"] is not None:
                cart["values"][product].append(event["event_value"])
    filled = {
        name: cart
        for name, cart in found.items()
        if cart["kinds"]["add_to_cart"] + cart["kinds"]["checkout_started"]
    }
    for cart in filled.values():
        left = {product: count for product, count in cart["content"].items() if count > 0}
        cart["left"] = {product: count for product, count in left.items() if product}
        if cart["ordered_at"]:
            cart["status"] = "ordered"
        elif cart["kinds"]["add_to_cart"] and not left:
            cart["status"] = "emptied"
        elif facts.as_of - cart["last_step_at"] >= limit:
            cart["status"] = "abandoned"
        else:
            cart["status"] = "open"
    return filled


def test_carts_and_their_content(facts: Facts, carts: dict[str, Row]) -> None:
    """Each cart's fate, its content to the piece and the cent, and the order that came after."""
    products = {
        (row["brand_id"], row["product_id"]): row
        for row in facts.rows("staging.stg_transaction__products")
    }
    limit = dt.timedelta(hours=facts.variables["cart_abandon_hours"])

    def price(brand: str, product: str, values: list[Decimal]) -> Decimal | None:
        own = facts.brands[brand]["currency_code"]
        listed = products.get((brand, product))
        if listed and listed["list_price_amount_original"] is not None:
            currency = listed["currency_code"] or own
            return facts.in_euros(
                listed["list_price_amount_original"], currency, facts.as_of.date()
            )
        return facts.in_euros(max(values, default=None), own, facts.as_of.date())

    expected, open_products = {}, {}
    for name, cart in carts.items():
        brand = cart["brand_id"]
        prices = {p: price(brand, p, cart["values"][p]) for p in cart["left"]}
        known = [prices[p] * n for p, n in cart["left"].items() if prices[p] is not None]
        after, brought = None, None
        if cart["status"] == "abandoned":
            gone = cart["last_step_at"] + limit
            after, brought = next(
                (
                    (order["order_id"], order["net"])
                    for order in facts.orders_of.get((cart["customer_id"] or "", brand), [])
                    if gone <= order["ordered_at"] <= gone + facts.window
                ),
                (None, None),
            )
        expected[name] = (
            brand, cart["customer_id"], cart["status"], cart["kinds"]["checkout_started"],
            len(cart["left"]), sum(cart["left"].values()), sum(known) if known else None,
            cart["opened_at"], cart["last_step_at"], cart["ordered_at"], after,
            brought,
        )  # fmt: skip
        if cart["status"] == "open":
            for product, count in cart["left"].items():
                open_products[name, product] = (count, prices[product])
    found = {
        row["cart_id"]: (
            row["brand_id"], row["customer_id"], row["cart_status"], row["checkout_count"],
            row["product_count"], row["quantity"], row["cart_amount"], row["opened_at"],
            row["last_step_at"], row["ordered_at"], row["recovery_order_id"],
            row["recovery_amount"],
        )
        for row in facts.rows("marts.carts")
    }  # fmt: skip
    assert found == expected
    assert open_products
    assert open_products == {
        (row["cart_id"], row["product_id"]): (row["quantity"], row["unit_price_amount"])
        for row in facts.rows("marts.open_carts")
    }
    assert {"ordered", "abandoned", "open"} <= {cart["status"] for cart in carts.values()}


# Stages


def signs_of_life(facts: Facts) -> dict[Key, list[tuple[dt.datetime, bool]]]:
    """Moments by customer and brand, and whether each is a visit's."""
    points = {
        row["activity_kind"]: row["points"] for row in facts.rows("reference.activity_points")
    }
    signs: dict[Key, list[tuple[dt.datetime, bool]]] = defaultdict(list)

    def note(owner: str | None, brand: str, moment: dt.datetime, kind: str | None) -> None:
        if owner and moment <= facts.as_of and (kind is None or points[kind] > 0):
            signs[owner, brand].append((moment, kind is None))

    for order in facts.orders:
        note(order["customer_id"], order["brand_id"], order["ordered_at"], "order")
    for table, feed, key, moment, kind in (
        ("engagement__reviews", "reviews", "review_id", "reviewed_at", "review"),
        ("engagement__survey_responses", "survey_responses", "response_id", "answered_at",
         "survey_answer"),
        ("communication__service_interactions", "service_interactions", "interaction_id",
         "opened_at", "service_interaction"),
        ("loyalty__loyalty_events", "loyalty_events", "event_id", "occurred_at", "loyalty_"),
    ):  # fmt: skip
        for row in facts.rows(f"staging.stg_{table}"):
            owner = facts.record_owner.get((row["brand_id"], feed, row[key]))
            full = kind + row["event_type"] if kind.endswith("_") else kind
            note(owner, row["brand_id"], row[moment], full)
    for row in facts.rows("intermediate.int_engagement__sessions"):
        for moment in (row["started_at"], row["ended_at"]):
            note(facts.session_owner.get(row["session_id"]), row["brand_id"], moment, None)
    for message, own in facts.message_events.items():
        for event in own:
            if not event["is_robot"]:
                kind = "message_" + event["event_type"]
                note(facts.message_owner.get(message), message[0], event["occurred_at"], kind)
    return signs


def expected_stage(
    facts: Facts,
    orders: list[dt.datetime],
    signs: list[tuple[dt.datetime, bool]],
    has_open_cart: bool,
) -> str:
    """Tell the stage in words of one branch each."""
    inactive = facts.variables["inactive_after_days"] * DAY
    visits = [moment for moment, is_visit in signs if is_visit]
    lively = any(facts.as_of - moment < inactive for moment, _ in signs)
    if not orders:
        if has_open_cart:
            return "cart_open"
        if not visits:
            return "contact_only"
        return "browsing" if lively else "inactive"
    if not lively:
        return "inactive"
    if facts.as_of - orders[-1] >= facts.variables["at_risk_after_days"] * DAY:
        return "at_risk"
    if len(orders) > 1 and orders[-1] - orders[-2] >= inactive:
        return "won_back"
    return "first_order" if len(orders) == 1 else "repeat"


def test_lifecycle_stages(facts: Facts, carts: dict[str, Row]) -> None:
    """Every customer, in all brands together and in each that knows it."""
    signs = signs_of_life(facts)
    open_at = {
        (cart["customer_id"], cart["brand_id"])
        for cart in carts.values()
        if cart["status"] == "open"
    }
    known = {(customer, key[0]) for key, customer in facts.record_owner.items()}
    known |= {(customer, key[0]) for key, customer in facts.message_owner.items()}
    known |= {
        (row["customer_id"], row["brand_id"])
        for row in facts.rows("intermediate.int_identity__session_customers")
    }
    expected = {}
    for customer, brand in known:
        orders = [order["ordered_at"] for order in facts.orders_of.get((customer, brand), [])]
        expected[customer, brand] = expected_stage(
            facts, orders, signs[customer, brand], (customer, brand) in open_at
        )
    for row in facts.rows("intermediate.int_identity__customers"):
        customer = row["customer_id"]
        everywhere = [(customer, brand) for brand in facts.brands]
        expected[customer, "all"] = expected_stage(
            facts,
            sorted(o["ordered_at"] for pair in everywhere for o in facts.orders_of.get(pair, [])),
            [sign for pair in everywhere for sign in signs[pair]],
            any(pair in open_at for pair in everywhere),
        )
    found = {
        (row["customer_id"], row["scope"]): row["lifecycle_stage"]
        for row in facts.rows("marts.lifecycle_stages")
    }
    assert found == {key: stage for key, stage in expected.items() if key not in facts.stopped}
    assert len(set(found.values())) == 8


def test_declared_preferences_are_the_latest_answers(facts: Facts) -> None:
    """One answer a question, the newest, with the one before it."""
    answers: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for row in facts.rows("staging.stg_engagement__survey_responses"):
        owner = facts.record_owner.get((row["brand_id"], "survey_responses", row["response_id"]))
        if owner and row["answered_at"] <= facts.as_of:
            answers[owner, row["question_key"]].append(
                (
                    facts.as_of - row["answered_at"],
                    row["brand_id"],
                    row["response_id"],
                    row["answer"],
                )
            )
    expected = {}
    for key, own in answers.items():
        newest, *older = sorted(own)
        expected[key] = (newest[3], older[0][3] if older else None, len(own), newest[1])
    assert expected == {
        (row["customer_id"], row["question_key"]): (
            row["answer"], row["previous_answer"], row["answer_count"], row["brand_id"]
        )
        for row in facts.rows("marts.declared_preferences")
    }  # fmt: skip


# Loyalty


def loyalty_by_card(facts: Facts) -> dict[Key, list[Row]]:
    """Events by brand and card, the oldest first, with their owner."""
    cards: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("staging.stg_loyalty__loyalty_events"):
        if row["occurred_at"] <= facts.as_of:
            row["owner"] = facts.record_owner.get(
                (row["brand_id"], "loyalty_events", row["event_id"])
            )
            cards[row["brand_id"], row["loyalty_card_id"]].append(row)
    for own in cards.values():
        own.sort(key=lambda row: (row["occurred_at"], row["event_id"]))
    return cards


def expected_voucher_use(facts: Facts, issue: Row, own: list[Row]) -> dt.datetime | None:
    """When a voucher was used first: at a till that says so, or on an order that names it."""
    moments = [
        row["occurred_at"]
        for row in own
        if row["event_type"] == "voucher_redeemed"
        and row["voucher_code"] == issue["voucher_code"]
        and row["occurred_at"] >= issue["occurred_at"]
    ]
    for order in facts.orders:
        if (
            order["brand_id"] == issue["brand_id"]
            and order["coupon_code"] == issue["voucher_code"]
            and order["ordered_at"] >= issue["occurred_at"]
        ):
            card = order["loyalty_card_id"]
            same_person = issue["owner"] and order["customer_id"] == issue["owner"]
            if card == issue["loyalty_card_id"] or (card is None and same_person):
                moments.append(order["ordered_at"])
    return min(moments, default=None)


def test_loyalty_cards_vouchers_and_conflicts(facts: Facts) -> None:
    """Points to the hundredth, tiers, vouchers and the cards that spent what they had not."""
    expected, vouchers, conflicts = {}, {}, set()
    for (brand, card), own in loyalty_by_card(facts).items():
        moved: list[tuple[dt.datetime, Decimal, str]] = []
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for row in own:
            kind, points = row["event_type"], row["points"] or Decimal(0)
            if kind == "points_earned":
                moved.append((row["occurred_at"], -points, row["event_id"]))
                totals[kind] += points
            elif kind in ("points_redeemed", "points_expired"):
                moved.append((row["occurred_at"], abs(points), row["event_id"]))
                totals[kind] += abs(points)
        balance, lowest = Decimal(0), Decimal(0)
        for _, taken, _ in sorted(moved):
            balance -= taken
            lowest = min(lowest, balance)
        issues: dict[str, Row] = {}
        for row in own:
            if row["event_type"] == "voucher_issued" and row["voucher_code"]:
                issues.setdefault(row["voucher_code"], row)
        waits = []
        for code, issue in issues.items():
            used = expected_voucher_use(facts, issue, own)
            wait = (used - issue["occurred_at"]) // DAY if used else None
            vouchers[brand, code, card] = (issue["owner"], used, wait)
            waits += [wait] if wait is not None else []
        newest_first = sorted(
            own, key=lambda row: (facts.as_of - row["occurred_at"], row["event_id"])
        )
        owners = [row["owner"] for row in newest_first if row["owner"]]
        tiers = [row["tier"] for row in newest_first if row["tier"]]
        kinds = Counter(row["event_type"] for row in own)
        rewards = kinds["points_redeemed"] + len(waits) + kinds["reward_claimed"]
        expected[brand, card] = (
            owners[0] if owners else None, tiers[0] if tiers else None, totals["points_earned"],
            totals["points_redeemed"], totals["points_expired"], balance, len(issues), len(waits),
            half_up(median(waits), "0.1") if waits else None, rewards, rewards > 0, lowest < 0,
        )  # fmt: skip
        if lowest < 0:
            kind = "negative_balance" if balance < 0 else "overdrawn_before"
            conflicts.add((brand, card, kind))
        if len(set(owners)) > 1:
            conflicts.add((brand, card, "shared_card"))
    found = {
        (row["brand_id"], row["loyalty_card_id"]): (
            row["customer_id"], row["loyalty_tier"], row["points_earned"], row["points_redeemed"],
            row["points_expired"], row["points_balance"], row["voucher_issued_count"],
            row["voucher_used_count"], row["median_days_to_use"], row["reward_count"],
            row["has_used_rewards"], row["has_points_conflict"],
        )
        for row in facts.rows("marts.loyalty_cards")
    }  # fmt: skip
    assert found == expected
    # Each brand has a programme of its own in the sample, so both 360s show the holders' cards.
    for table in ("marts.customer_360", "marts.customer_brand_360"):
        held: dict[tuple[str | None, str | None], list[Any]] = defaultdict(lambda: [0, 0, 0])
        for (brand, _), card_row in expected.items():
            held[card_row[0], brand if "brand" in table else None][0] += card_row[5]
        for (brand, _, _), (owner, used, _) in vouchers.items():
            mine = held[owner, brand if "brand" in table else None]
            mine[1] += 1
            mine[2] += used is not None
        shown = {
            (row["customer_id"], row.get("brand_id")): [
                row["points_balance"], row["voucher_issued_count"], row["voucher_redeemed_count"]
            ]
            for row in facts.rows(table)
        }  # fmt: skip
        assert {key: three for key, three in shown.items() if any(three)} == {
            key: three for key, three in held.items() if key[0] and any(three)
        }
    assert vouchers == {
        (row["brand_id"], row["voucher_code"], row["loyalty_card_id"]): (
            row["customer_id"], row["used_at"], row["days_to_use"]
        )
        for row in facts.rows("marts.loyalty_vouchers")
    }  # fmt: skip
    assert conflicts == {
        (row["brand_id"], row["loyalty_card_id"], row["conflict_kind"])
        for row in facts.rows("marts.loyalty_conflicts")
    }
    assert conflicts
    assert any(used for _, used, _ in vouchers.values())
