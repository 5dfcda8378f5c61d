"""The eighteen audiences found anew in plain Python, and who of them may be written to.

It starts from staging, from the maps of identity and from marts that have oracles of their own, and
shares no SQL with the audiences.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.properties.built_sample import DAY, PROJECT, Facts, Key, Row, build_sample, half_up
from tests.properties.test_communication_oracle import email_key

Found = dict[Key, tuple[Any, ...]]
"""By customer and brand: when the condition began, and what the message is about."""

MIDNIGHT = dt.time()
WRITTEN_IN = (
    ("staging.stg_transaction__orders", "ordered_at"),
    ("staging.stg_engagement__reviews", "reviewed_at"),
    ("staging.stg_engagement__survey_responses", "answered_at"),
    ("staging.stg_engagement__share_codes", "created_at"),
    ("staging.stg_communication__service_interactions", "opened_at"),
    ("staging.stg_loyalty__loyalty_events", "occurred_at"),
    ("staging.stg_privacy__consent_events", "decided_at"),
)
ACROSS_BRANDS = ("win_back", "other_channel", "activate", "reward", "stimulate")
PROFILED = ("lifecycle_stage", "rfm_segment", "activity_tier", "churn_risk_band")


class AudienceFacts(Facts):
    """The sample's facts, and those that many audiences start from."""

    @cached_property
    def brand_rows(self) -> dict[Key, Row]:
        """customer_brand_360 by customer and brand."""
        rows = self.rows("marts.customer_brand_360")
        return {(row["customer_id"], row["brand_id"]): row for row in rows}

    @cached_property
    def months(self) -> dict[str, list[Row]]:
        """customer_history by customer, the oldest month first."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("marts.customer_history"):
            found[row["customer_id"]].append(row)
        for own in found.values():
            own.sort(key=lambda month: month["month_date"])
        return found


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> AudienceFacts:
    """The sample's facts, read once."""
    return AudienceFacts(build_sample(tmp_path_factory.mktemp("audiences")))


def rules() -> dict[str, Row]:
    """The seed, by audience."""
    with (PROJECT / "seeds" / "audiences.csv").open(encoding="utf-8", newline="") as file:
        return {row["audience_name"]: row for row in csv.DictReader(file)}


def days(facts: AudienceFacts, name: str) -> dt.timedelta:
    """A variable that counts days."""
    return int(facts.variables[name]) * DAY


def share_of(part: int, whole: int) -> Decimal:
    """A quotient to six digits, rounded half up."""
    return half_up(Decimal(part) / whole, "0.000001")


def at_midnight(date: dt.date) -> dt.datetime:
    """The beginning of a day."""
    return dt.datetime.combine(date, MIDNIGHT)


def is_recent(facts: AudienceFacts, moment: dt.datetime | None, name: str) -> bool:
    """Whether less than the variable's days have gone by since a moment of the past."""
    return moment is not None and dt.timedelta(0) <= facts.as_of - moment < days(facts, name)


def owned(facts: AudienceFacts, feed: str, table: str, key: str) -> dict[Key, list[Row]]:
    """The rows of a feed by the customer and brand they belong to."""
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows(table):
        owner = facts.record_owner.get((row["brand_id"], feed, row[key]))
        if owner:
            found[owner, row["brand_id"]].append(row)
    return found


def categories(facts: AudienceFacts) -> dict[Key, str | None]:
    """Category by brand and product."""
    return {
        (row["brand_id"], row["product_id"]): row["category"]
        for row in facts.rows("staging.stg_transaction__products")
    }


def orders_kept(facts: AudienceFacts) -> dict[Key, list[Row]]:
    """Orders by customer and brand, the oldest first, each with whether it was kept."""
    refunded = {
        (row["brand_id"], row["order_id"])
        for row in facts.rows("staging.stg_transaction__returns")
        if row["returned_at"] <= facts.as_of
    }
    for own in facts.orders_of.values():
        for row in own:
            is_back = row["status"] == "returned" or (row["brand_id"], row["order_id"]) in refunded
            row["is_kept"] = not is_back
    return facts.orders_of


# --------------------------------------------------------------------------- the eighteen


def welcome(facts: AudienceFacts) -> Found:
    """Registered lately, no order yet."""
    return {
        key: (row["registered_at"], None)
        for key, row in facts.brand_rows.items()
        if not facts.orders_of.get(key) and is_recent(facts, row["registered_at"], "welcome_days")
    }


def preference_discovery(facts: AudienceFacts) -> Found:
    """Active, known for a while, never answered anything."""
    pause = int(facts.variables["preference_discovery_active_days"])
    wait = days(facts, "preference_discovery_after_days")
    answered = {
        facts.record_owner.get((row["brand_id"], "survey_responses", row["response_id"]))
        for row in facts.rows("staging.stg_engagement__survey_responses")
        if row["answered_at"] <= facts.as_of
    }
    lives: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_lifecycle__life_days"):
        lives[row["customer_id"], row["brand_id"]].append(row)
    brands = facts.brand_rows
    found: Found = {}
    for key, own in lives.items():
        own.sort(key=lambda row: row["life_date"])
        since = own[0]["life_date"]
        for before, after in pairwise(own):
            if (after["life_date"] - before["life_date"]).days >= pause:
                since = after["life_date"]
        known = brands[key]["registered_at"] or at_midnight(own[0]["life_date"])
        last = max(row["last_activity_at"] for row in own)
        if (
            key[0] not in answered
            and facts.as_of - known >= wait
            and is_recent(facts, last, "preference_discovery_active_days")
        ):
            found[key] = (max(at_midnight(since), known + wait), None)
    return found


def browsed_category(facts: AudienceFacts) -> Found:
    """Looked at one category again and again since the last order or cart."""
    needed = int(facts.variables["browsed_category_looks"])
    catalogue = categories(facts)
    events: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_engagement__session_events"):
        owner = facts.session_owner.get(row["session_id"])
        if owner and is_recent(facts, row["occurred_at"], "browsed_category_days"):
            events[owner, row["brand_id"]].append(row)
    found: Found = {}
    for key, own in events.items():
        stops = [order["ordered_at"] for order in facts.orders_of.get(key, [])]
        stops += [
            row["occurred_at"] for row in own
            if row["event_type"] in ("add_to_cart", "checkout_started")
        ]  # fmt: skip
        looks: dict[str, list[dt.datetime]] = defaultdict(list)
        for row in own:
            category = row["category"] or catalogue.get((key[1], row["product_id"]))
            is_look = row["event_type"] in ("product_view", "category_view", "wishlist_add")
            if is_look and category and all(row["occurred_at"] > stop for stop in stops):
                looks[category].append(row["occurred_at"])
        ranked = sorted(
            (-len(seen), facts.as_of - max(seen), category)
            for category, seen in looks.items()
            if len(seen) >= needed
        )
        if ranked:
            category = ranked[0][2]
            found[key] = (sorted(looks[category])[needed - 1], category)
    return found


def abandoned_cart(facts: AudienceFacts) -> Found:
    """The last cart was given up lately, and no order has come since it was begun."""
    carts: dict[Key, list[Row]] = defaultdict(list)
    for row in facts.rows("marts.carts"):
        if row["customer_id"]:
            carts[row["customer_id"], row["brand_id"]].append(row)
    found: Found = {}
    for key, own in carts.items():
        last = min(own, key=lambda row: (facts.as_of - row["opened_at"], row["cart_id"]))
        if (
            last["cart_status"] == "abandoned"
            and is_recent(facts, last["abandoned_at"], "abandoned_cart_days")
            and all(o["ordered_at"] < last["opened_at"] for o in facts.orders_of.get(key, []))
        ):
            found[key] = (last["abandoned_at"], last["cart_id"])
    return found


def latest_order(own: list[Row]) -> Row:
    """The last order; of two at one moment the first by number."""
    newest = max(row["ordered_at"] for row in own)
    return min((row for row in own if row["ordered_at"] == newest), key=lambda r: r["order_id"])


def post_purchase_thanks(facts: AudienceFacts) -> Found:
    """Has just ordered and kept it."""
    found: Found = {}
    for key, own in orders_kept(facts).items():
        last = latest_order(own)
        if last["is_kept"] and is_recent(facts, last["ordered_at"], "post_purchase_thanks_days"):
            found[key] = (last["ordered_at"], last["order_id"])
    return found


def review_request(facts: AudienceFacts) -> Found:
    """Has had an order long enough, and nothing was said of it."""
    wait = days(facts, "review_request_after_days")
    all_reviews = facts.rows("staging.stg_engagement__reviews")
    reviewed = {
        (r["brand_id"], r["order_id"]) for r in all_reviews if r["reviewed_at"] <= facts.as_of
    }
    reviews = owned(facts, "reviews", "staging.stg_engagement__reviews", "review_id")
    cases = owned(
        facts,
        "service_interactions",
        "staging.stg_communication__service_interactions",
        "interaction_id",
    )
    found: Found = {}
    for key, own in orders_kept(facts).items():
        due = [
            row for row in own
            if row["is_kept"]
            and facts.as_of - row["ordered_at"] >= wait
            and is_recent(facts, row["ordered_at"], "review_request_until_days")
        ]  # fmt: skip
        if not due:
            continue
        last = latest_order(due)
        is_said = (key[1], last["order_id"]) in reviewed or any(
            last["ordered_at"] <= r["reviewed_at"] <= facts.as_of for r in reviews.get(key, [])
        )
        is_open = any(
            case["opened_at"] <= facts.as_of
            and (case["resolved_at"] is None or case["resolved_at"] > facts.as_of)
            for case in cases.get(key, [])
        )
        if not is_said and not is_open:
            found[key] = (last["ordered_at"] + wait, last["order_id"])
    return found


def last_opinion(facts: AudienceFacts) -> dict[Key, Row]:
    """The latest review with stars, by customer and brand."""
    reviews = owned(facts, "reviews", "staging.stg_engagement__reviews", "review_id")
    found = {}
    for key, own in reviews.items():
        rated = [r for r in own if r["rating"] is not None and r["reviewed_at"] <= facts.as_of]
        if rated:
            found[key] = min(rated, key=lambda r: (facts.as_of - r["reviewed_at"], r["review_id"]))
    return found


def review_problem(facts: AudienceFacts) -> Found:
    """The last stars are few, and nobody has solved anything since."""
    cases = owned(
        facts,
        "service_interactions",
        "staging.stg_communication__service_interactions",
        "interaction_id",
    )
    found: Found = {}
    for key, last in last_opinion(facts).items():
        solved = [
            case["resolved_at"] for case in cases.get(key, [])
            if case["resolved_at"] and case["resolved_at"] <= facts.as_of
        ]  # fmt: skip
        if (
            last["rating"] <= int(facts.variables["review_problem_rating"])
            and is_recent(facts, last["reviewed_at"], "review_problem_days")
            and all(moment < last["reviewed_at"] for moment in solved)
        ):
            found[key] = (last["reviewed_at"], last["review_id"])
    return found


def order_lines(facts: AudienceFacts) -> list[Row]:
    """Lines of orders that count and have a customer, with the order's day."""
    orders = {
        (row["brand_id"], row["order_id"]): row for own in facts.orders_of.values() for row in own
    }
    lines = []
    for row in facts.rows("staging.stg_transaction__order_lines"):
        order = orders.get((row["brand_id"], row["order_id"]))
        if order:
            row["customer_id"] = order["customer_id"]
            row["day"] = order["ordered_at"].date()
            lines.append(row)
    return lines


def cross_sell(facts: AudienceFacts) -> Found:
    """The category that goes best with what was bought, and was not bought itself."""
    wait = days(facts, "cross_sell_after_days")
    catalogue = categories(facts)
    bought: dict[Key, set[str]] = defaultdict(set)
    for line in order_lines(facts):
        category = catalogue.get((line["brand_id"], line["product_id"]))
        if category:
            bought[line["customer_id"], line["brand_id"]].add(category)
    buyers: Counter[Key] = Counter()
    pairs: Counter[tuple[str, str, str]] = Counter()
    for (_, brand), own in bought.items():
        for one in own:
            buyers[brand, one] += 1
            for other in own - {one}:
                pairs[brand, one, other] += 1
    found: Found = {}
    for key, own in bought.items():
        last = max(row["ordered_at"] for row in facts.orders_of[key])
        if facts.as_of - last < wait or not is_recent(facts, last, "cross_sell_until_days"):
            continue
        brand = key[1]
        options = sorted(
            (-share_of(count, buyers[brand, one]), -count, other, one)
            for (where, one, other), count in pairs.items()
            if where == brand and one in own and other not in own
            and count >= int(facts.variables["cross_sell_min_buyers"])
        )  # fmt: skip
        if options:
            found[key] = (last + wait, options[0][2])
    return found


def next_order(facts: AudienceFacts) -> Found:
    """Expected soon by the forecast at the brand."""
    wait = days(facts, "next_order_after_days")
    found: Found = {}
    for row in facts.rows("marts.customer_predictions"):
        key = row["customer_id"], row["scope"]
        if key not in facts.orders_of or row["next_order_date"] is None:
            continue
        last = max(order["ordered_at"] for order in facts.orders_of[key])
        ahead = row["next_order_date"] - facts.as_of.date()
        if ahead <= days(facts, "next_order_days") and facts.as_of - last >= wait:
            found[key] = (last + wait, None)
    return found


def replenishment(facts: AudienceFacts) -> Found:
    """A product with a rhythm falls due."""
    lead = days(facts, "replenishment_lead_days")
    bought: dict[tuple[str, str, str], set[dt.date]] = defaultdict(set)
    for line in order_lines(facts):
        bought[line["customer_id"], line["brand_id"], line["product_id"]].add(line["day"])
    due: dict[Key, list[tuple[dt.date, str]]] = defaultdict(list)
    for (customer, brand, product), dates in bought.items():
        if len(dates) < int(facts.variables["replenishment_min_days_bought"]):
            continue
        interval = (max(dates) - min(dates)).days // (len(dates) - 1)
        date = max(dates) + interval * DAY
        late = facts.as_of.date() - date
        if (
            interval >= int(facts.variables["replenishment_min_interval_days"])
            and -lead <= late < days(facts, "replenishment_late_days")
        ):  # fmt: skip
            due[customer, brand].append((date, product))
    return {key: (at_midnight(min(own)[0]) - lead, min(own)[1]) for key, own in due.items()}


def referral(facts: AudienceFacts) -> Found:
    """Came back, content, and has not shared lately."""
    needed = int(facts.variables["referral_min_orders"])
    shares = owned(facts, "share_codes", "staging.stg_engagement__share_codes", "share_code")
    found: Found = {}
    for key, last in last_opinion(facts).items():
        own = sorted(row["ordered_at"] for row in facts.orders_of.get(key, []))
        shared = any(
            is_recent(facts, row["created_at"], "referral_pause_days")
            for row in shares.get(key, [])
        )
        if (
            len(own) >= needed
            and is_recent(facts, own[-1], "referral_active_days")
            and last["rating"] >= int(facts.variables["referral_min_rating"])
            and not shared
        ):
            found[key] = (max(own[needed - 1], last["reviewed_at"]), last["review_id"])
    return found


def other_channel(facts: AudienceFacts) -> Found:
    """The last messages on a channel all went unanswered."""
    needed = int(facts.variables["other_channel_messages"])
    sent: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for message in facts.messages:
        if message["customer_id"] and message["is_reached"]:
            sent[message["customer_id"], message["brand_id"], message["channel"]].append(message)
    silent: dict[Key, list[tuple[int, str, dt.datetime]]] = defaultdict(list)
    for (customer, brand, channel), own in sent.items():
        answered = [m["sent_at"] for m in own if m["responses"] or m["is_responded"]]
        waiting = sorted(
            m["sent_at"] for m in own
            if m["sent_at"] not in answered and all(m["sent_at"] > moment for moment in answered)
        )  # fmt: skip
        if len(waiting) >= needed and is_recent(facts, waiting[-1], "other_channel_days"):
            silent[customer, brand].append((-len(waiting), channel, waiting[needed - 1]))
    return {key: (min(own)[2], min(own)[1]) for key, own in silent.items()}


def tier_since(facts: AudienceFacts, tier: str) -> dict[str, dt.datetime]:
    """Customers of a tier, and since when they have been in it, to the month."""
    found = {}
    for row in facts.rows("marts.customer_360"):
        if row["activity_tier"] != tier:
            continue
        own = facts.months[row["customer_id"]]
        start = own[-1]["month_date"]
        for month in reversed(own):
            if month["activity_tier"] != tier:
                break
            start = month["month_date"]
        found[row["customer_id"]] = max(at_midnight(start), row["first_seen_at"])
    return found


def permitted_first(row: Row) -> bool:
    """Whether a brand stands back because it may not act."""
    return not (row["has_profiling_consent"] and row["contactable_channels"])


def closest_brand(facts: AudienceFacts, tier: str, brand_tier: str) -> Found:
    """Customers of a tier, at the brand that is closest of those that may act."""
    brands: dict[str, list[tuple[bool, Decimal, str]]] = defaultdict(list)
    for (customer, brand), row in facts.brand_rows.items():
        if row["activity_tier"] == brand_tier:
            brands[customer].append((permitted_first(row), -row["activity_score"], brand))
    return {
        (customer, min(brands[customer])[2]): (since, None)
        for customer, since in tier_since(facts, tier).items()
    }


def stimulate(facts: AudienceFacts) -> Found:
    """High in one brand, and another to be led to."""
    brands, since = facts.brand_rows, tier_since(facts, "high_in_one")
    found: Found = {}
    for row in facts.rows("marts.cross_brand_activity_tiers"):
        customer, other, strong = (
            row["customer_id"], row["brand_to_stimulate_id"], row["strongest_brand_id"]
        )  # fmt: skip
        if row["tier"] == "high_in_one" and other:
            options = sorted(
                (permitted_first(brands[customer, brand]), brand != other, brand)
                for brand in (other, strong)
                if (customer, brand) in brands
            )
            found[customer, options[0][2]] = (since[customer], other)
    return found


def win_back(facts: AudienceFacts) -> Found:
    """Without any activity anywhere, and once a buyer."""
    window = days(facts, "activity_window_days")
    dormant = tier_since(facts, "dormant")
    signs: dict[str, list[dt.datetime]] = defaultdict(list)
    for row in facts.rows("marts.brand_activity"):
        if row["last_activity_at"]:
            signs[row["customer_id"]].append(row["last_activity_at"])
    own: dict[str, list[Row]] = defaultdict(list)
    for row in facts.brand_rows.values():
        if row["last_order_at"] and row["customer_id"] in dormant:
            own[row["customer_id"]].append(row)
    found: Found = {}
    for customer, rows in own.items():
        first = min(
            rows,
            key=lambda r: (permitted_first(r), facts.as_of - r["last_order_at"], r["brand_id"]),
        )
        last = max(signs[customer], default=first["last_order_at"])
        found[customer, first["brand_id"]] = (min(last + window, facts.as_of), None)
    return found


def birthday(facts: AudienceFacts) -> Found:
    """Has a birthday in the coming days."""
    today, lead = facts.as_of.date(), days(facts, "birthday_lead_days")
    found: Found = {}
    for key, row in facts.brand_rows.items():
        born = row["birth_date"]
        for ahead in range(lead.days + 1):
            date = today + ahead * DAY
            is_leap = date.year % 4 == 0 and (date.year % 100 != 0 or date.year % 400 == 0)
            celebrated = (born.month, born.day) if born else None
            if celebrated == (2, 29) and not is_leap:
                celebrated = (3, 1)
            if celebrated == (date.month, date.day):
                found[key] = (at_midnight(date) - lead, None)
                break
    return found


def voucher_expiring(facts: AudienceFacts) -> Found:
    """Holds an unused voucher that lapses soon."""
    valid, last = days(facts, "voucher_valid_days"), days(facts, "voucher_expiring_days")
    found: Found = {}
    for row in sorted(
        facts.rows("marts.loyalty_vouchers"), key=lambda r: (r["issued_at"], r["voucher_code"])
    ):
        age = facts.as_of - row["issued_at"]
        if row["customer_id"] and not row["is_used"] and valid - last <= age < valid:
            found.setdefault(
                (row["customer_id"], row["brand_id"]),
                (row["issued_at"] + valid - last, row["voucher_code"]),
            )
    return found


ORACLES: dict[str, Callable[[AudienceFacts], Found]] = {
    "abandoned_cart": abandoned_cart,
    "activate": lambda facts: closest_brand(facts, "low_everywhere", "low"),
    "birthday": birthday,
    "browsed_category": browsed_category,
    "cross_sell": cross_sell,
    "next_order": next_order,
    "other_channel": other_channel,
    "post_purchase_thanks": post_purchase_thanks,
    "preference_discovery": preference_discovery,
    "referral": referral,
    "replenishment": replenishment,
    "review_problem": review_problem,
    "review_request": review_request,
    "reward": lambda facts: closest_brand(facts, "high_in_several", "high"),
    "stimulate": stimulate,
    "voucher_expiring": voucher_expiring,
    "welcome": welcome,
    "win_back": win_back,
}


def test_every_audience_has_an_oracle() -> None:
    assert set(ORACLES) == set(rules())


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_the_condition_holds_for_exactly_these(facts: AudienceFacts, name: str) -> None:
    """Who is in the scenario, since when, and what the message is about."""
    found = {
        (row["customer_id"], row["brand_id"]): (row["entered_at"], row["about_id"])
        for row in facts.rows("marts.audience_scenarios")
        if row["audience_name"] == name
    }
    # What a brand may not conclude no scenario says; nor, of who asked to be left alone, any other.
    across = name in ACROSS_BRANDS
    restricted = {
        (row["customer_id"], row["scope"])
        for row in facts.rows("intermediate.int_privacy__profiling_stops")
        if row["is_restricted"]
    }
    stopped = restricted if rules()[name]["purpose"] == "marketing" else facts.stopped
    assert found == {
        (customer, brand): fact
        for (customer, brand), fact in ORACLES[name](facts).items()
        if (customer, "all" if across else brand) not in stopped
    }
    assert found, "an empty audience proves nothing"
    assert all(entered <= facts.as_of for entered, _ in found.values())


# --------------------------------------------------------------------------- who is written to


def drawn_share(audience: str, customer: str) -> Decimal:
    """The number that decides about holding out."""
    digest = hashlib.md5(f"{audience}|{customer}".encode(), usedforsecurity=False).hexdigest()
    return Decimal(int(digest[:4], 16)) / 65536


def in_utc(hour: int, weekday: int, zone: str, as_of: dt.datetime) -> tuple[int, int]:
    """An hour of a local week as an hour of a week in UTC, at today's offset."""
    moment = dt.datetime(2024, 1, weekday, hour)
    aware = as_of.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone or "UTC"))
    offset = aware.utcoffset()
    assert offset is not None
    return (moment - offset).hour, (moment - offset).isoweekday()


def permissions(facts: AudienceFacts) -> dict[Key, set[str]]:
    """Channels that are permitted, by customer and brand; contactability has its own oracle."""
    found: dict[Key, set[str]] = defaultdict(set)
    for row in facts.rows("marts.contactability"):
        if row["may_contact"]:
            found[row["customer_id"], row["brand_id"]].add(row["channel"])
    return found


def last_scenario(facts: AudienceFacts) -> dict[tuple[str, str, str], dt.datetime]:
    """When a brand last sent a customer a message of a scenario."""
    scenario = {
        (row["brand_id"], row["campaign_id"]): row["scenario"]
        for row in facts.rows("staging.stg_communication__campaigns")
    }
    found: dict[tuple[str, str, str], dt.datetime] = {}
    for message in facts.messages:
        name = scenario.get((message["brand_id"], message["campaign_id"]))
        if name and message["customer_id"]:
            place = (name, message["customer_id"], message["brand_id"])
            found[place] = max(message["sent_at"], found.get(place, message["sent_at"]))
    return found


def expected_candidates(
    facts: AudienceFacts, may: dict[Key, set[str]], profiled: set[Key]
) -> dict[tuple[str, str, str], tuple[str | None, str | None]]:
    """By audience, customer and brand: why nobody writes, and on which channel it would be."""
    suspects = {
        row["customer_id"]
        for row in facts.rows("intermediate.int_identity__customers")
        if row["is_suspect"]
    }
    tired = {
        (row["customer_id"], row["channel"])
        for row in facts.rows("marts.contact_pressure")
        if row["is_fatigued"]
    }
    likes = {
        row["customer_id"]: row
        for row in facts.rows("marts.channel_affinity")
        if row["is_preferred"]
    }
    sent, seed = last_scenario(facts), rules()
    expected: dict[tuple[str, str, str], tuple[str | None, str | None]] = {}
    for row in facts.rows("marts.audience_scenarios"):
        name, customer, brand = row["audience_name"], row["customer_id"], row["brand_id"]
        rule = seed[name]
        avoided = row["about_id"] if row["about"] == "avoided_channel" else None
        ways = [
            channel for channel in rule["channels"].split(",")
            if channel in may.get((customer, brand), ()) and channel != avoided
        ]  # fmt: skip
        fresh = [channel for channel in ways if (customer, channel) not in tired]
        liked = likes.get(customer)
        if liked and not (liked["is_declared"] or (customer, brand) in profiled):
            liked = None
        options = fresh or ways
        channel = options[0] if options else None
        if liked and liked["channel"] in options:
            channel = liked["channel"]
        last = sent.get((name, customer, brand))
        if customer in suspects:
            reason = "suspect"
        elif rule["purpose"] == "profiling" and (customer, brand) not in profiled:
            reason = "no_profiling_consent"
        elif not ways:
            reason = "not_contactable"
        elif last and facts.as_of - last < int(rule["cool_down_days"]) * DAY:
            reason = "cooling_down"
        elif not fresh:
            reason = "fatigued"
        else:
            reason = None
        expected[name, customer, brand] = (reason, channel)
    return expected


def test_members_are_those_against_whom_nothing_speaks(facts: AudienceFacts) -> None:
    """The reason, the channel, the hour and the draw of every candidate; the members among them."""
    profiled = {key for key, row in facts.brand_rows.items() if row["has_profiling_consent"]}
    expected = expected_candidates(facts, permissions(facts), profiled)
    affinities = facts.rows("marts.channel_affinity")
    hours = {
        (r["customer_id"], r["channel"]): (r["best_hour"], r["best_weekday"]) for r in affinities
    }
    rows, seed = facts.rows("marts.audience_candidates"), rules()
    place = ("audience_name", "customer_id", "brand_id")
    found = {tuple(r[c] for c in place): (r["excluded_reason"], r["channel"]) for r in rows}
    assert found == expected
    for row in rows:
        hour, weekday = hours.get((row["customer_id"], row["channel"]), (None, None))
        at: tuple[int | None, int | None] = (None, None)
        if hour is not None and (row["customer_id"], row["brand_id"]) in profiled:
            zone = facts.brands[row["brand_id"]]["time_zone"]
            at = in_utc(hour, weekday, zone, facts.as_of)
        assert (row["send_at_hour"], row["send_at_weekday"]) == at, row
        share = Decimal(seed[row["audience_name"]]["holdout_share"])
        assert row["is_held_out"] == (
            drawn_share(row["audience_name"], row["customer_id"]) < share
        ), row
    assert {tuple(r[c] for c in place) for r in facts.rows("marts.audience_members")} == {
        key for key, (reason, _) in expected.items() if reason is None
    }
    reasons = Counter(reason for reason, _ in expected.values())
    told = {None, "suspect", "no_profiling_consent", "not_contactable", "cooling_down"}
    assert told <= set(reasons)
    assert {row["is_held_out"] for row in rows} == {True, False}


def test_sizes_and_overlaps_are_the_members_counted(facts: AudienceFacts) -> None:
    """The table audiences, and the pairs, from the candidates."""
    rows = facts.rows("marts.audience_candidates")
    people: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["excluded_reason"] is None:
            people[row["audience_name"]].add(row["customer_id"])
    for size in facts.rows("marts.audiences"):
        name = size["audience_name"]
        own = [row for row in rows if row["audience_name"] == name]
        members = [row for row in own if row["excluded_reason"] is None]
        assert size["qualified_count"] == len(own)
        assert size["member_count"] == len(members)
        assert size["customer_count"] == len(people[name])
        assert size["held_out_count"] == sum(row["is_held_out"] for row in members)
        for reason in (
            "suspect", "no_profiling_consent", "not_contactable", "cooling_down", "fatigued"
        ):  # fmt: skip
            counted = sum(row["excluded_reason"] == reason for row in own)
            assert size[f"{reason}_count"] == counted, (name, reason)
        brands = Counter(row["brand_id"] for row in members)
        listed = ",".join(f"{brand}:{count}" for brand, count in sorted(brands.items()))
        assert size["member_counts_by_brand"] == listed
        shared = sorted(
            (-len(people[name] & people[other]), other)
            for other in people
            if other != name and people[name] & people[other]
        )
        assert size["overlapping_audience_count"] == len(shared)
        assert size["largest_overlap_audience_name"] == (shared[0][1] if shared else None)
    assert {row["audience_name"] for row in facts.rows("marts.audiences")} == set(rules())
    pairs = {
        (row["audience_name"], row["other_audience_name"]): (
            row["both_count"], row["jaccard_share"]
        )
        for row in facts.rows("marts.audience_overlap")
    }  # fmt: skip
    assert pairs == {
        (one, other): (
            len(people[one] & people[other]),
            share_of(len(people[one] & people[other]), len(people[one] | people[other])),
        )
        for one in people
        for other in people
        if one != other and people[one] & people[other]
    }


# --------------------------------------------------------------------------- profiles


def test_profiles_hold_what_is_permitted_and_no_more(facts: AudienceFacts) -> None:
    """Who has a profile, by what it can be reached, and what it says of behaviour."""
    told = ("email", "sms", "call", "letter", "web_push", "app_push")
    may = permissions(facts)
    suspects = {row["customer_id"] for row in facts.rows("marts.customer_360") if row["is_suspect"]}
    brands, seed = facts.brand_rows, rules()
    keys: dict[tuple[str, str, str], str] = {
        (row["customer_id"], row["brand_id"], row["address_kind"]): row["address"]
        for row in facts.rows("intermediate.int_communication__addresses")
    }
    profiles = {
        (row["customer_id"], row["brand_id"]): row for row in facts.rows("marts.sync_profiles")
    }
    assert set(profiles) == {
        key for key, ways in may.items() if ways & set(told) and key[0] not in suspects
    }
    written: dict[Key, list[tuple[dt.timedelta, str]]] = defaultdict(list)
    for table, moment in WRITTEN_IN:
        for row in facts.rows(table):
            if row["email"]:
                age = dt.datetime.max - row[moment]
                written[row["brand_id"], row["email_key"]].append((age, row["email"]))
    members: dict[Key, list[str]] = defaultdict(list)
    for row in facts.rows("marts.audience_members"):
        if not row["is_held_out"]:
            members[row["customer_id"], row["brand_id"]].append(row["audience_name"])
    with (PROJECT / "seeds" / "sync_fields.csv").open(encoding="utf-8", newline="") as file:
        purposes = {row["field_name"]: row["purpose"] for row in csv.DictReader(file)}
    seen: Counter[str] = Counter()
    for key, row in profiles.items():
        ways, brand = may[key], brands[key]
        for channel in told:
            assert row[f"may_contact_{channel}"] == (channel in ways), row
        assert (row["email"] is not None) == ("email" in ways)
        if row["email"]:
            address = keys[*key, "email"]
            if brand["email"] and email_key(brand["email"]) == address:
                assert row["email"] == brand["email"]
            else:
                assert row["email"] == min(written[key[1], address])[1]
        assert row["phone"] == (keys[*key, "phone"] if ways & {"sms", "call"} else None)
        for field in ("first_name", "birth_date", "order_count", "net_amount", "points_balance"):
            assert row[field] == brand[field]
        for field in PROFILED:
            assert row[field] == (brand[field] if brand["has_profiling_consent"] else None)
        for field, purpose in purposes.items():
            if purpose == "profiling":
                assert row[field] is None or brand["has_profiling_consent"], (field, row)
                seen[field] += row[field] is not None
        names = sorted(members.get(key, []))
        assert (row["audiences"] or "") == ",".join(names)
        if not brand["has_profiling_consent"]:
            assert all(seed[name]["purpose"] == "marketing" for name in names)
    assert all(seen[field] for field, purpose in purposes.items() if purpose == "profiling")
    hashes: dict[str, tuple[Any, ...]] = {}
    for row in profiles.values():
        content = tuple(value for field, value in row.items() if field != "row_hash")
        assert hashes.setdefault(row["row_hash"], content) == content
    assert len(hashes) == len(profiles)
