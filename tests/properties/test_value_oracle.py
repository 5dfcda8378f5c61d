"""RFM, sessions, activity and tiers against a slow and obvious Python that shares no SQL with them.

The random data stands in for everything upstream (staging, identity, brands, rates) as tables in a
small warehouse; the real models are then run on it by dbt. Days, amounts and gaps are drawn from
few values, so that ties and exact window edges are common instead of unheard of.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .project_copy import ProjectCopy

AS_OF = dt.datetime(2025, 6, 30, 12, 0, 0)
EPOCH = dt.datetime(1970, 1, 1)
DAY = dt.timedelta(days=1)
BRANDS = [("north", "one"), ("south", "one"), ("east", "two"), ("west", "three")]
CURRENCIES = {"north": "CZK", "south": "PLN", "east": "EUR", "west": "HUF"}
MODELS = [
    "int_transaction__exchange_rates",
    "int_transaction__orders",
    "int_transaction__refunds",
    "int_transaction__order_customers",
    "int_transaction__rfm_measures",
    "int_transaction__rfm_populations",
    "int_transaction__rfm_cuts",
    "int_transaction__rfm_segments",
    "int_engagement__session_events",
    "int_engagement__sessions",
    "int_engagement__session_landings",
    "int_engagement__session_activity",
    "int_engagement__record_happenings",
    "int_engagement__record_activity",
    "int_engagement__activity_scores",
    "int_engagement__activity_tiers",
    "int_engagement__brand_affinities",
    "int_communication__campaign_links",
    "int_communication__message_events",
    "int_communication__messages",
    "int_communication__message_activity",
    "rfm_scores",
    "sessions",
    "brand_activity",
    "cross_brand_activity_tiers",
]
SEEDS = ["rfm_segments", "activity_points", "suggested_treatments", "landing_channels"]
COMPARED = [
    "marts.rfm_scores",
    "marts.sessions",
    "marts.brand_activity",
    "marts.cross_brand_activity_tiers",
    "intermediate.int_communication__messages",
    "intermediate.int_communication__message_events",
    "intermediate.int_engagement__session_events",
    "intermediate.int_transaction__refunds",
]

COLUMNS = {
    "staging.stg_transaction__orders": """brand_id varchar, order_id varchar, contact_id varchar,
        loyalty_card_id varchar, device_id varchar, store_id varchar, status varchar,
        sales_channel varchar, fulfilment_method varchar, coupon_code varchar,
        currency_code varchar, total_amount_original decimal(18, 2),
        discount_amount_original decimal(18, 2), shipping_amount_original decimal(18, 2),
        is_test boolean, ordered_at timestamp""",
    "staging.stg_transaction__returns": """brand_id varchar, return_id varchar, order_id varchar,
        return_type varchar, refund_amount_original decimal(18, 2), returned_at timestamp""",
    "staging.stg_engagement__events": """brand_id varchar, event_id varchar, event_type varchar,
        occurred_at timestamp, device_id varchar, contact_id varchar, email_key varchar,
        message_id varchar, share_code varchar, product_id varchar, category varchar,
        order_id varchar, event_value decimal(18, 2), platform varchar, page_url varchar,
        referrer_url varchar, utm_source varchar, utm_medium varchar, utm_campaign varchar""",
    "staging.stg_engagement__reviews": "brand_id varchar, review_id varchar, reviewed_at timestamp",
    "staging.stg_engagement__survey_responses":
        "brand_id varchar, response_id varchar, answered_at timestamp",
    "staging.stg_communication__service_interactions":
        "brand_id varchar, interaction_id varchar, opened_at timestamp",
    "staging.stg_loyalty__loyalty_events":
        "brand_id varchar, event_id varchar, event_type varchar, occurred_at timestamp",
    "staging.stg_communication__message_events": """brand_id varchar, event_id varchar,
        message_id varchar, campaign_id varchar, channel varchar, direction varchar,
        event_type varchar, contact_id varchar, email_key varchar, phone varchar,
        device_id varchar, link_url varchar, bounce_type varchar, is_machine boolean,
        occurred_at timestamp""",
    # Empty: they are asked which rows are new, and here all are.
    "staging.base_engagement__events": "reading_id bigint, read_number bigint",
    "staging.base_communication__message_events": "reading_id bigint, read_number bigint",
    "staging.stg_privacy__retention_cuts": "feed varchar, cut_at timestamp",
    "intermediate.int_operations__as_of": "as_of_at timestamp, as_of_date date",
    # The history has an oracle of its own; here nobody is scored as of a month's end.
    "intermediate.int_history__rfm_measures": """customer_id varchar, month_number integer,
        recency_days integer, frequency integer, monetary_amount decimal(18, 2),
        last_order_at timestamp""",
    "intermediate.int_identity__record_customers":
        "brand_id varchar, feed varchar, record_id varchar, customer_id varchar",
    "intermediate.int_identity__session_customers":
        "session_id varchar, brand_id varchar, customer_id varchar, link_rule varchar",
    "intermediate.int_identity__message_customers":
        "brand_id varchar, message_id varchar, customer_id varchar",
    "intermediate.int_identity__customers":
        "customer_id varchar, has_cross_brand_consent boolean",
    "intermediate.int_privacy__profiling_stops":
        "customer_id varchar, scope varchar, is_restricted boolean, is_withdrawn boolean",
    "staging.stg_communication__campaigns":
        "brand_id varchar, campaign_id varchar, currency_code varchar, started_at timestamp",
    "staging.stg_transaction__products":
        "brand_id varchar, product_id varchar, currency_code varchar",
    "reference.brands": "brand_id varchar, controller_id varchar, currency_code varchar",
    "reference.exchange_rates":
        "rate_date date, from_currency varchar, to_currency varchar, rate decimal(18, 10)",
}  # fmt: skip


@dataclass
class Settings:
    """The dbt variables that the oracle needs as well."""

    gap_minutes: int = 30
    rfm_window_days: int = 0
    window_days: int = 180
    half_life_days: int = 30
    high_quantile: str = "0.7"
    robot_seconds: int = 2
    currency: str = "EUR"

    def as_vars(self) -> str:
        """Give them as dbt's --vars."""
        return (
            "{"
            f"session_gap_minutes: {self.gap_minutes}, rfm_window_days: {self.rfm_window_days}, "
            f"activity_window_days: {self.window_days}, "
            f"activity_half_life_days: {self.half_life_days}, "
            f"activity_high_quantile: {self.high_quantile}, robot_seconds: {self.robot_seconds}, "
            f"reporting_currency: {self.currency}"
            "}"
        )


@dataclass
class World:
    """Random rows by table name, and who each record, session and message belongs to."""

    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in COLUMNS}
    )


def happened(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what came later than as_of: nothing of it may be told yet."""
    return [event for event in events if event["occurred_at"] <= AS_OF]


def micros(moment: dt.datetime) -> int:
    """Count the microseconds since 1970."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def visitor_key(event: dict[str, Any]) -> str:
    """Tell a visitor by device, else account, else e-mail, else by the event alone."""
    for prefix, column in (("d", "device_id"), ("c", "contact_id"), ("e", "email_key")):
        if event[column] is not None:
            return f"{prefix}:{event[column]}"
    return f"v:{event['event_id']}"


def sessions_of(events: list[dict[str, Any]], gap_minutes: int) -> dict[str, list[dict[str, Any]]]:
    """Cut each visitor's events, in order, where the pause is longer than the gap."""
    visitors: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        visitors[event["brand_id"], visitor_key(event)].append(event)
    sessions: dict[str, list[dict[str, Any]]] = {}
    for (brand, key), own in visitors.items():
        own.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
        parts: list[list[dict[str, Any]]] = []
        for event in own:
            if parts and event["occurred_at"] - parts[-1][-1]["occurred_at"] <= dt.timedelta(
                minutes=gap_minutes
            ):
                parts[-1].append(event)
            else:
                parts.append([event])
        for part in parts:
            name = f"{brand}|{key}|{micros(part[0]['occurred_at'])}"
            sessions[hashlib.md5(name.encode()).hexdigest()] = part
    return sessions


def draw_world(seed: int, settings: Settings) -> World:
    """Draw some hundreds of rows of every kind."""
    rng = random.Random(seed)
    world = World()
    rows = world.rows
    customers = [f"c{number:02d}" for number in range(45)]
    known = {
        customer: rng.sample([brand for brand, _ in BRANDS], rng.choice([1, 1, 1, 2, 3]))
        for customer in customers
    }
    rows["reference.brands"] = [{"brand_id": b, "controller_id": c} for b, c in BRANDS]
    rows["reference.exchange_rates"] = [
        {"rate_date": day, "from_currency": currency, "to_currency": "EUR",
         "rate": (Decimal(base) + Decimal(rng.randint(0, 999)) / 1000000)}
        for currency, base in (("CZK", "0.04"), ("PLN", "0.23"), ("HUF", "0.0025"))
        for day in (dt.date(2024, 1, 1), *(dt.date(2025, month, 3) for month in range(1, 7)))
    ]  # fmt: skip
    rows["intermediate.int_operations__as_of"] = [{"as_of_at": AS_OF, "as_of_date": AS_OF.date()}]
    rows["intermediate.int_identity__customers"] = [
        {"customer_id": customer, "has_cross_brand_consent": rng.choice([True, False, None])}
        for customer in customers
    ]

    def moment(days: int = 330) -> dt.datetime:
        edge = rng.random()
        if edge < 0.06:
            return AS_OF - rng.choice([7, 30, 90, 120, 180, 187, 210, 270]) * DAY
        if edge < 0.09:
            return AS_OF + dt.timedelta(seconds=rng.choice([0, 1, 4000]))
        return AS_OF - dt.timedelta(
            days=rng.choice([rng.randint(0, 12), rng.randint(0, days)]),
            seconds=rng.choice([0, 0, 1, 43200, rng.randint(0, 86399)]),
        )

    def bind(brand: str, feed: str, record: str) -> None:
        here = [customer for customer in customers if brand in known[customer]]
        chance = rng.random()
        if chance < 0.85 and here:
            rows["intermediate.int_identity__record_customers"].append(
                {"brand_id": brand, "feed": feed, "record_id": record,
                 "customer_id": None if chance < 0.05 else rng.choice(here)}
            )  # fmt: skip

    for number in range(260):
        brand = rng.choice(BRANDS)[0]
        ordered_at = moment()
        order: dict[str, Any] = {
            "brand_id": brand,
            "order_id": f"o{number // 2}" if number % 2 else f"o{number}x",
            "status": rng.choice(["paid", "completed", "returned", "cancelled", "shipped"]),
            "sales_channel": "eshop",
            "currency_code": rng.choice([CURRENCIES[brand], "EUR"]),
            "total_amount_original": Decimal(rng.choice(["10.00", "99.99", "250.50", "0.00"])),
            "discount_amount_original": rng.choice([None, Decimal("1.05")]),
            "is_test": rng.choice([None, False, False, False, True]),
            "ordered_at": ordered_at,
        }
        rows["staging.stg_transaction__orders"].append(order)
        bind(brand, "orders", order["order_id"])
        for part in range(rng.choice([0, 0, 0, 1, 2])):
            return_id = f"r{number}-{part}"
            rows["staging.stg_transaction__returns"].append({
                "brand_id": brand,
                "return_id": return_id,
                "order_id": order["order_id"] if rng.random() < 0.9 else f"unknown{number}",
                "return_type": "return",
                "refund_amount_original": Decimal(rng.choice(["5.00", "99.99", "300.00"])),
                "returned_at": ordered_at + rng.randint(0, 40) * DAY,
            })  # fmt: skip
            bind(brand, "returns", return_id)

    for number in range(60):
        brand = rng.choice(BRANDS)[0]
        rows["staging.stg_engagement__reviews"].append(
            {"brand_id": brand, "review_id": f"v{number}", "reviewed_at": moment()}
        )
        bind(brand, "reviews", f"v{number}")
        rows["staging.stg_engagement__survey_responses"].append(
            {"brand_id": brand, "response_id": f"s{number}", "answered_at": moment()}
        )
        bind(brand, "survey_responses", f"s{number}")
        rows["staging.stg_communication__service_interactions"].append(
            {"brand_id": brand, "interaction_id": f"i{number}", "opened_at": moment()}
        )
        bind(brand, "service_interactions", f"i{number}")
        rows["staging.stg_loyalty__loyalty_events"].append({
            "brand_id": brand,
            "event_id": f"l{number}",
            "event_type": rng.choice(["enrolled", "points_earned", "voucher_redeemed"]),
            "occurred_at": moment(),
        })  # fmt: skip
        bind(brand, "loyalty_events", f"l{number}")

    types = ["page_view", "product_view", "category_view", "search", "add_to_cart", "login",
             "remove_from_cart", "checkout_started", "purchase", "share"]  # fmt: skip
    number = 0
    for _visit in range(170):
        brand = rng.choice(BRANDS)[0]
        device = rng.choice([f"dev{rng.randint(0, 20)}"] * 4 + [None])
        at = moment()
        for _ in range(rng.choice([1, 2, 3, 6])):
            number += 1
            landing = rng.random() < 0.4
            rows["staging.stg_engagement__events"].append({
                "brand_id": brand,
                "event_id": f"e{rng.randint(0, 10**6):07d}-{number}",
                "event_type": rng.choice(types),
                "occurred_at": at,
                "device_id": device,
                "contact_id": rng.choice([None, None, f"k{rng.randint(0, 6)}"]),
                "email_key": rng.choice([None, f"m{rng.randint(0, 3)}@x.cz"]),
                "message_id": rng.choice([None] * 9 + [f"m{rng.randint(0, 40)}"]),
                "share_code": rng.choice([None] * 9 + ["s1"]),
                "order_id": rng.choice([None, f"o{number}"]),
                "platform": rng.choice(["web", "ios"]),
                "page_url": "https://www.Shop.cz/a?mail=jan@x.cz#top",
                "referrer_url": rng.choice([
                    None, "https://www.google.cz/", "https://l.facebook.com/x",
                    "https://shop.cz/b", "http://blog.example.com:8080/y", "https://notgoogle.com",
                ]),
                "utm_source": rng.choice([None, "facebook", "partner"]) if landing else None,
                "utm_medium": rng.choice([None, "cpc", "Email", "odd"]) if landing else None,
                "utm_campaign": rng.choice([None, "spring"]),
            })  # fmt: skip
            at += rng.choice([
                dt.timedelta(0),
                dt.timedelta(minutes=settings.gap_minutes),
                dt.timedelta(minutes=settings.gap_minutes, seconds=1),
                dt.timedelta(minutes=settings.gap_minutes, microseconds=1),
                dt.timedelta(seconds=rng.randint(1, 2400)),
            ])  # fmt: skip

    for session_id, own in sessions_of(
        rows["staging.stg_engagement__events"], settings.gap_minutes
    ).items():
        brand = own[0]["brand_id"]
        here = [customer for customer in customers if brand in known[customer]]
        if rng.random() < 0.7 and here:
            rows["intermediate.int_identity__session_customers"].append(
                {"session_id": session_id, "brand_id": brand, "customer_id": rng.choice(here),
                 "link_rule": "device"}
            )  # fmt: skip

    number = 0
    for message in range(130):
        brand = rng.choice(BRANDS)[0]
        sent_at = moment()
        campaign = rng.choice([None, "a", "b"])
        links = [f"https://x.cz/{name}?to={message}" for name in "pqr"[: rng.choice([1, 2, 3])]]
        happenings: list[tuple[str, dt.timedelta, str | None]] = [("sent", dt.timedelta(0), None)]
        if rng.random() < 0.8:
            happenings.append(("delivered", dt.timedelta(seconds=rng.choice([0, 5])), None))
        for _ in range(rng.choice([0, 1, 2])):
            after = dt.timedelta(seconds=rng.choice([1, 2, 3, 7, 8, 600]))
            happenings.append(("opened", after, None))
        burst = dt.timedelta(seconds=rng.choice([60, 61, 3600]))
        for link in links:
            if rng.random() < 0.7:
                after = burst + dt.timedelta(seconds=rng.choice([0, 1, 2, 3]))
                happenings.append(("clicked", after, link))
        if rng.random() < 0.2:
            kind = rng.choice(["bounced", "replied", "unsubscribed"])
            happenings.append((kind, dt.timedelta(hours=2), None))
        for kind, after, link_url in happenings:
            number += 1
            rows["staging.stg_communication__message_events"].append({
                "brand_id": brand,
                "event_id": f"g{rng.randint(0, 10**6):07d}-{number}",
                "message_id": f"m{message}",
                "campaign_id": campaign,
                "channel": "email" if message % 2 else "sms",
                "direction": "outbound",
                "event_type": kind,
                "contact_id": rng.choice([None, f"k{message}", f"z{message}"]),
                "link_url": link_url,
                "bounce_type": rng.choice(["hard", "soft"]) if kind == "bounced" else None,
                "is_machine": rng.choice([None, False, False, False, True]),
                "occurred_at": sent_at + after,
            })  # fmt: skip
        here = [customer for customer in customers if brand in known[customer]]
        if rng.random() < 0.8 and here:
            rows["intermediate.int_identity__message_customers"].append(
                {"brand_id": brand, "message_id": f"m{message}", "customer_id": rng.choice(here)}
            )
    # Who withdrew profiling at a brand is not profiled there, nor across the brands.
    rows["intermediate.int_privacy__profiling_stops"] = [
        {"customer_id": customer, "scope": scope, "is_restricted": False, "is_withdrawn": True}
        for customer in rng.sample(customers, 6)
        for scope in ("all", rng.choice(known[customer]))
    ]
    return world


def stopped(world: World) -> set[tuple[str, str]]:
    """Customer and scope of those whom nobody may profile."""
    rows = world.rows["intermediate.int_privacy__profiling_stops"]
    return {(row["customer_id"], row["scope"]) for row in rows}


def build(folder: Path, world: World, settings: Settings, threads: int, order_seed: int) -> Path:
    """Write the stand-in tables in a random row order and run the models on them."""
    copy = ProjectCopy(folder / "project")
    rng = random.Random(order_seed)
    with duckdb.connect(str(copy.warehouse)) as connection:
        for schema in ("staging", "intermediate", "reference", "marts"):
            connection.execute(f"create schema if not exists {schema}")
        for table, columns in COLUMNS.items():
            connection.execute(f"create table {table} ({columns})")
            names = [part.split()[0] for part in columns.replace("(18, ", "(18;").split(",")]
            shuffled = [[row.get(name) for name in names] for row in world.rows[table]]
            rng.shuffle(shuffled)
            if shuffled:
                marks = ", ".join("?" for _ in names)
                connection.executemany(f"insert into {table} values ({marks})", shuffled)
    # The defaults are the project's own: they are not told, so that they are seen to be.
    variables = () if settings == Settings() else ("--vars", settings.as_vars())
    copy.succeed(
        "build", "--full-refresh", *variables,
        "--resource-type", "seed", "--resource-type", "model", "--select", *SEEDS, *MODELS,
        environment={"CROSSBRAND_THREADS": str(threads)},
    )  # fmt: skip
    return copy.warehouse


def read(warehouse: Path, table: str) -> list[dict[str, Any]]:
    """Read a table as dictionaries, in a fixed order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(f"select * from {table} order by all")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def half_up(value: Decimal, places: str) -> Decimal:
    """Round half away from zero."""
    return value.quantize(Decimal(places), rounding=ROUND_HALF_UP)


def rate_on(world: World, currency: str, day: dt.date, reporting: str) -> Decimal:
    """Take the last known rate at or before the day, by way of the euro."""

    def euros(one: str) -> Decimal:
        if one == "EUR":
            return Decimal(1)
        known = [row for row in world.rows["reference.exchange_rates"]
                 if row["from_currency"] == one and row["rate_date"] <= day]  # fmt: skip
        rate: Decimal = max(known, key=lambda row: row["rate_date"])["rate"]
        return rate

    if currency == reporting:
        return Decimal(1)
    return half_up(euros(currency) / euros(reporting), "0.0000000001")


def counted_orders(world: World, settings: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    """Give each counted order with its own amount and what was paid back of it."""
    orders = {(row["brand_id"], row["order_id"]): dict(row)
              for row in world.rows["staging.stg_transaction__orders"]}  # fmt: skip
    for order in orders.values():
        rate = rate_on(world, order["currency_code"], order["ordered_at"].date(), settings.currency)
        order["amount"] = half_up(order["total_amount_original"] * rate, "0.01")
        order["refunds"] = Decimal(0)
    counted = {
        key: order
        for key, order in orders.items()
        if order["status"] != "cancelled" and not order["is_test"] and order["ordered_at"] <= AS_OF
    }
    for row in world.rows["staging.stg_transaction__returns"]:
        order_or_none = counted.get((row["brand_id"], row["order_id"]))
        if order_or_none is not None and row["returned_at"] <= AS_OF:
            rate = rate_on(
                world, order_or_none["currency_code"], row["returned_at"].date(), settings.currency
            )
            order_or_none["refunds"] += half_up(row["refund_amount_original"] * rate, "0.01")
    return counted


def quantile(values: list[Any], share: Fraction) -> Fraction:
    """Interpolate linearly between sorted values, in exact fractions."""
    ordered = sorted(Fraction(value) for value in values)
    position = share * (len(ordered) - 1)
    low = position.numerator // position.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def expected_rfm(world: World, settings: Settings) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Score every customer in every scope."""
    owners = {(row["brand_id"], row["record_id"]): row["customer_id"]
              for row in world.rows["intermediate.int_identity__record_customers"]
              if row["feed"] == "orders"}  # fmt: skip
    baskets: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for key, order in counted_orders(world, settings).items():
        customer = owners.get(key)
        age = AS_OF - order["ordered_at"]
        if customer and (not settings.rfm_window_days or age <= settings.rfm_window_days * DAY):
            baskets[customer, order["brand_id"]].append(order)
            baskets[customer, "all"].append(order)
    measures = {
        key: (
            (AS_OF - max(order["ordered_at"] for order in own)) // DAY,
            len(own),
            sum((order["amount"] - order["refunds"] for order in own), Decimal(0)),
        )
        for key, own in baskets.items()
        if key not in stopped(world)
    }
    expected = {}
    for (customer, scope), own_measures in measures.items():
        peers = [other for (_, other_scope), other in measures.items() if other_scope == scope]
        scores = []
        for index, value in enumerate(own_measures):
            cuts = [quantile([peer[index] for peer in peers], Fraction(k, 5)) for k in (1, 2, 3, 4)]
            scores.append(1 + sum(cut < Fraction(value) for cut in cuts))
        expected[customer, scope] = (*own_measures, 6 - scores[0], scores[1], scores[2])
    return expected


def expected_channel(
    event: dict[str, Any],
    vocabulary: dict[tuple[str, str], str],
    channels: dict[tuple[str, str], str],
) -> str:
    """Name the channel group of a session's first event."""
    if event["message_id"]:
        channel = channels.get((event["brand_id"], event["message_id"]), "email")
        return "email" if channel == "email" else "message"
    if event["share_code"]:
        return "referral"
    for column in ("utm_medium", "utm_source"):
        if event[column] and (column, event[column].lower()) in vocabulary:
            return vocabulary[column, event[column].lower()]
    if event["utm_medium"] or event["utm_source"]:
        return "other"
    hosts = {
        None: "direct",
        "https://shop.cz/b": "direct",
        "https://www.google.cz/": "organic",
        "https://l.facebook.com/x": "social",
    }
    return hosts.get(event["referrer_url"], "referral")


def expected_robots(world: World, settings: Settings) -> set[tuple[str, str]]:
    """Name the opens and clicks that a machine made."""
    events = happened(world.rows["staging.stg_communication__message_events"])
    limit = dt.timedelta(seconds=settings.robot_seconds)
    messages: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    campaign_links: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        messages[event["brand_id"], event["message_id"]].append(event)
        if event["event_type"] == "clicked" and event["campaign_id"]:
            campaign_links[event["brand_id"], event["campaign_id"]].add(
                event["link_url"].split("?")[0]
            )
    robots = set()
    for (brand, _), own in messages.items():
        carried = [e["occurred_at"] for e in own if e["event_type"] == "delivered"] or [
            e["occurred_at"] for e in own if e["event_type"] == "sent"
        ]
        clicks = [e for e in own if e["event_type"] == "clicked"]
        links = {e["link_url"].split("?")[0] for e in clicks}
        all_links = campaign_links.get((brand, own[0]["campaign_id"]), links)
        for event in own:
            if event["event_type"] not in ("opened", "clicked"):
                continue
            is_robot = bool(event["is_machine"])
            is_robot |= bool(carried) and abs(event["occurred_at"] - min(carried)) <= limit
            if event["event_type"] == "clicked" and len(links) >= 2 and links == all_links:
                for start in clicks:
                    begin = start["occurred_at"]
                    inside = [c for c in clicks if begin <= c["occurred_at"] <= begin + limit]
                    if event in inside and {c["link_url"].split("?")[0] for c in inside} == links:
                        is_robot = True
            if is_robot:
                robots.add((brand, event["event_id"]))
    return robots


def expected_scores(
    world: World, settings: Settings, points: dict[str, Decimal]
) -> dict[tuple[str, str], list[float]]:
    """Sum the decayed points of each customer and brand, now and 7, 30 and 90 days earlier."""
    records: dict[tuple[str, str, str], str] = {
        (row["brand_id"], row["feed"], row["record_id"]): row["customer_id"]
        for row in world.rows["intermediate.int_identity__record_customers"]
        if row["customer_id"]
    }
    happenings: list[tuple[str | None, str, str, dt.datetime]] = []
    for brand, order_id in (counted := counted_orders(world, settings)):
        owner = records.get((brand, "orders", order_id))
        happenings.append((owner, brand, "order", counted[brand, order_id]["ordered_at"]))
    for table, feed, key, moment, kind in (
        ("engagement__reviews", "reviews", "review_id", "reviewed_at", "review"),
        ("engagement__survey_responses", "survey_responses", "response_id", "answered_at",
         "survey_answer"),
        ("communication__service_interactions", "service_interactions", "interaction_id",
         "opened_at", "service_interaction"),
        ("loyalty__loyalty_events", "loyalty_events", "event_id", "occurred_at", "loyalty_"),
    ):  # fmt: skip
        for row in world.rows[f"staging.stg_{table}"]:
            owner = records.get((row["brand_id"], feed, row[key]))
            full = kind + row["event_type"] if kind.endswith("_") else kind
            happenings.append((owner, row["brand_id"], full, row[moment]))
    visitors = {row["session_id"]: row["customer_id"]
                for row in world.rows["intermediate.int_identity__session_customers"]}  # fmt: skip
    sessions = sessions_of(
        happened(world.rows["staging.stg_engagement__events"]), settings.gap_minutes
    )
    for session_id, part in sessions.items():
        for event in part:
            happenings.append((visitors.get(session_id), event["brand_id"],
                               "web_" + event["event_type"], event["occurred_at"]))  # fmt: skip
    readers = {(row["brand_id"], row["message_id"]): row["customer_id"]
               for row in world.rows["intermediate.int_identity__message_customers"]}  # fmt: skip
    robots = expected_robots(world, settings)
    for event in happened(world.rows["staging.stg_communication__message_events"]):
        if (event["brand_id"], event["event_id"]) not in robots:
            happenings.append((readers.get((event["brand_id"], event["message_id"])),
                               event["brand_id"], "message_" + event["event_type"],
                               event["occurred_at"]))  # fmt: skip
    scores: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 4)
    for (brand, _, _), customer in records.items():
        scores[customer, brand]
    for row in world.rows["intermediate.int_identity__session_customers"]:
        if row["session_id"] in sessions:
            scores[row["customer_id"], row["brand_id"]]
    for (brand, _), customer in readers.items():
        scores[customer, brand]
    for owner, brand, kind, at in happenings:
        if owner is None:
            continue
        for index, earlier in enumerate((0, 7, 30, 90)):
            age = (AS_OF - earlier * DAY) - at
            if dt.timedelta(0) <= age <= settings.window_days * DAY:
                halvings = age / DAY / settings.half_life_days
                scores[owner, brand][index] += float(points[kind]) * 0.5**halvings
    return scores


def expected_tiers(
    world: World, activity: list[dict[str, Any]]
) -> dict[str, tuple[str, int, int, int, str | None, str | None]]:
    """Derive each customer's tier, strongest brand and brand to stimulate from brand_activity."""
    controllers = dict(BRANDS)
    by_customer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in activity:
        by_customer[row["customer_id"]].append(row)

    def strongest(own: list[dict[str, Any]]) -> str | None:
        active = [row for row in own if row["activity_tier"] != "none"]
        ranked = sorted(
            active,
            key=lambda row: (
                row["activity_tier"] != "high",
                -row["activity_score"],
                row["brand_id"],
            ),
        )
        return ranked[0]["brand_id"] if ranked else None

    expected = {}
    for customer in world.rows["intermediate.int_identity__customers"]:
        name = customer["customer_id"]
        if (name, "all") in stopped(world):
            continue
        own = by_customer.get(name, [])
        high = [row["brand_id"] for row in own if row["activity_tier"] == "high"]
        low = [row["brand_id"] for row in own if row["activity_tier"] == "low"]
        stimulate = None
        if len(high) >= 2:
            tier = "high_in_several"
        elif len(high) == 1:
            tier = "high_in_one"
            others = [row for row in own if row["activity_tier"] != "high"]
            if others:
                others.sort(key=lambda row: row["brand_id"])
                others.sort(key=lambda row: row["last_activity_at"] or EPOCH, reverse=True)
                others.sort(key=lambda row: row["activity_score"], reverse=True)
                stimulate = others[0]["brand_id"]
            else:
                near = {controllers[row["brand_id"]] for row in own}
                counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
                for peer in by_customer.values():
                    if strongest(peer) != strongest(own):
                        continue
                    for row in peer:
                        if row["brand_id"] != strongest(own) and row["activity_tier"] != "none":
                            counts[row["brand_id"]][0] += row["activity_tier"] == "high"
                            counts[row["brand_id"]][1] += 1
                allowed = [
                    brand
                    for brand in counts
                    if customer["has_cross_brand_consent"] or controllers[brand] in near
                ]
                allowed.sort(key=lambda brand: (-counts[brand][0], -counts[brand][1], brand))
                stimulate = allowed[0] if allowed else None
        else:
            tier = "low_everywhere" if low else "dormant"
        none_count = len(BRANDS) - len(high) - len(low)
        expected[name] = (tier, len(high), len(low), none_count, strongest(own), stimulate)
    return expected


CASES = {
    "defaults": (1, Settings()),
    "other_vars": (2, Settings(45, 120, 90, 14, "0.85", 3, "CZK")),
}


@pytest.fixture(scope="module", params=list(CASES))
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Settings, Path]:
    """Build one random world."""
    seed, settings = CASES[request.param]
    world = draw_world(seed, settings)
    folder = tmp_path_factory.mktemp(f"value_{request.param}")
    return world, settings, build(folder, world, settings, 2, order_seed=seed)


def test_rfm_scores_equal_exact_quantiles(built: tuple[World, Settings, Path]) -> None:
    """Measures to the cent, scores by exact fractions, in every scope."""
    world, settings, warehouse = built
    found = {
        (row["customer_id"], row["scope"]): (
            row["recency_days"], row["frequency"], row["monetary_amount"],
            row["recency_score"], row["frequency_score"], row["monetary_score"],
        )
        for row in read(warehouse, "marts.rfm_scores")
    }  # fmt: skip
    assert found == expected_rfm(world, settings)
    assert len({scope for _, scope in found}) == len(BRANDS) + 1


def test_sessions_equal_a_loop_over_events(built: tuple[World, Settings, Path]) -> None:
    """Cuts, counts, landing and cart of every session."""
    world, settings, warehouse = built
    vocabulary = {(row["match_on"], row["match_value"]): row["channel_group"]
                  for row in read(warehouse, "reference.landing_channels")}  # fmt: skip
    channels = {(row["brand_id"], row["message_id"]): row["channel"]
                for row in world.rows["staging.stg_communication__message_events"]}  # fmt: skip
    expected = {}
    for session_id, part in sessions_of(
        happened(world.rows["staging.stg_engagement__events"]), settings.gap_minutes
    ).items():
        kinds = [event["event_type"] for event in part]
        cart = "add_to_cart" in kinds or "checkout_started" in kinds
        orders = [event["order_id"] for event in part
                  if event["event_type"] == "purchase" and event["order_id"]]  # fmt: skip
        expected[session_id] = (
            part[0]["brand_id"],
            part[0]["occurred_at"],
            part[-1]["occurred_at"],
            len(part),
            kinds.count("page_view"),
            kinds.count("purchase"),
            cart,
            cart and "purchase" not in kinds,
            orders[0] if orders else None,
            part[0]["platform"],
            part[0]["utm_source"],
            expected_channel(part[0], vocabulary, channels),
            "https://www.Shop.cz/a",
            any(event["contact_id"] or event["event_type"] == "login" for event in part),
        )
    found = {
        row["session_id"]: (
            row["brand_id"], row["started_at"], row["ended_at"], row["event_count"],
            row["page_view_count"], row["purchase_count"], row["has_cart"],
            row["is_cart_abandoned"], row["order_id"], row["platform"], row["landing_source"],
            row["channel_group"], row["landing_page_url"], row["is_logged_in"],
        )
        for row in read(warehouse, "marts.sessions")
    }  # fmt: skip
    assert found == expected


def test_robots_are_the_same(built: tuple[World, Settings, Path]) -> None:
    """The opens and clicks that count nowhere, each by name."""
    world, settings, warehouse = built
    rows = read(warehouse, "intermediate.int_communication__message_events")
    found = {(row["brand_id"], row["event_id"]) for row in rows if row["is_robot"]}
    expected = expected_robots(world, settings)
    assert found == expected
    assert expected
    assert len(expected) < len(rows)


def test_activity_scores_and_tiers(built: tuple[World, Settings, Path]) -> None:
    """Scores to the sixth decimal or so, then each tier from the scores as they stand."""
    world, settings, warehouse = built
    points = {row["activity_kind"]: Decimal(str(row["points"]))
              for row in read(warehouse, "reference.activity_points")}  # fmt: skip
    rows = read(warehouse, "marts.brand_activity")
    expected = expected_scores(world, settings, points)
    found = {(row["customer_id"], row["brand_id"]) for row in rows}
    assert found == set(expected) - stopped(world) != set(expected)
    for row in rows:
        now, *earlier = expected[row["customer_id"], row["brand_id"]]
        assert float(row["activity_score"]) == pytest.approx(now, abs=3e-6)
        for days, score in zip((7, 30, 90), earlier, strict=True):
            assert float(row[f"activity_score_{days}_days_ago"]) == pytest.approx(score, abs=3e-6)
            assert float(row[f"score_change_{days}_days"]) == pytest.approx(now - score, abs=3e-6)
        same_brand = [other for other in rows if other["brand_id"] == row["brand_id"]]
        peers = [other["activity_score"] for other in same_brand if other["activity_score"] > 0]
        if row["activity_score"] == 0:
            tier = "none"
        else:
            cut = quantile(peers, Fraction(settings.high_quantile))
            tier = "high" if Fraction(row["activity_score"]) >= cut else "low"
        assert row["activity_tier"] == tier


def test_cross_brand_tiers(built: tuple[World, Settings, Path]) -> None:
    """Every customer has one tier, and the brand that is suggested is a permitted one."""
    world, _, warehouse = built
    found = {
        row["customer_id"]: (
            row["tier"], row["high_brand_count"], row["low_brand_count"], row["none_brand_count"],
            row["strongest_brand_id"], row["brand_to_stimulate_id"],
        )
        for row in read(warehouse, "marts.cross_brand_activity_tiers")
    }  # fmt: skip
    expected = expected_tiers(world, read(warehouse, "marts.brand_activity"))
    assert found == expected
    treatments = {(row["tier"], row["suggested_treatment"])
                  for row in read(warehouse, "marts.cross_brand_activity_tiers")}  # fmt: skip
    assert treatments <= {
        ("high_in_several", "reward"), ("high_in_one", "stimulate"),
        ("low_everywhere", "activate"), ("dormant", "win_back"),
    }  # fmt: skip


@pytest.mark.parametrize("built", ["defaults"], indirect=True)
def test_row_order_and_threads_change_nothing(
    built: tuple[World, Settings, Path], tmp_path: Path
) -> None:
    """The same rows in another order, on another number of threads, give the same marts."""
    world, settings, first = built
    second = build(tmp_path, world, settings, 4, order_seed=12)
    for table in COMPARED:
        assert read(first, table) == read(second, table), table
