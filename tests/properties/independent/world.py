"""Small landing data, written by the landing contract alone, for brands the project never saw.

Two kinds of data lie side by side in one landing folder, with identifiers that never meet:

* **stories** (`stories.py`): a few records each, with the expected answer written by hand;
* **a ledger** (`ledger`): orders, sessions and broken rows whose numbers were worked out by hand;
* **a crowd** (`crowd.py`): about 300 random people with noise of many kinds, seeded, built so that
  the definitions give one answer only; `oracle.py` computes it.

The newest moment of the data is `AS_OF`, one second before midnight, so that whole days and
calendar days are the same number and no answer depends on which of them is counted.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = dt.datetime(2026, 6, 30, 23, 59, 59)

# Names, currencies and controllers differ from the project's own. One name holds what breaks CSV
# readers that are written by hand.
BRANDS = [
    ("fjord", "Fjord Goods", "north_group", "CZ", "CZK", "Europe/Prague"),
    ("glen", 'Glen, "Brae" & O\'Neill', "north_group", "GB", "GBP", "Europe/London"),
    ("harbour", "Harbour Living", "harbour_gmbh", "DE", "EUR", "Europe/Berlin"),
    ("isle", "Île Beauté", "isle_sas", "FR", "EUR", "Europe/Paris"),
    ("juniper", "Juniper Casa", "isle_sas", "IT", "EUR", "Europe/Rome"),
    ("kestrel", "Kestrel Bücher", "kestrel_ltd", "DE", "EUR", "Europe/Berlin"),
    ("lark", "Lark Tee", "lark_ag", "AT", "EUR", "Europe/Vienna"),
    ("merle", "Merle Kaffee", "lark_ag", "AT", "EUR", "Europe/Vienna"),
]
BRAND_COLUMNS = [
    "brand_id", "brand_name", "controller_id", "country_code", "currency_code", "time_zone",
]  # fmt: skip
COUNTRY = {brand[0]: brand[3] for brand in BRANDS}
CURRENCY = {brand[0]: brand[4] for brand in BRANDS}
CONTROLLER = {brand[0]: brand[2] for brand in BRANDS}

TYPES = {
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "decimal": pa.decimal128(18, 2),
    "integer": pa.int32(),
    "boolean": pa.bool_(),
    "text": pa.string(),
}

Ref = tuple[str, str, str]
"""A record: brand, feed, record id."""


def write_brands(path: Path) -> None:
    """Replace the project's seed by the brands of this world."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(BRAND_COLUMNS)
        writer.writerows(BRANDS)


def iso(moment: dt.datetime) -> str:
    """A moment as the contract wants it: ISO 8601 in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def day(text: str, hour: int = 12, minute: int = 0, second: int = 0) -> dt.datetime:
    """Noon (or another time) of a day written as 2026-03-01."""
    return dt.datetime.fromisoformat(text) + dt.timedelta(
        hours=hour, minutes=minute, seconds=second
    )


def month_after(moment: dt.datetime) -> str:
    """The first day of the next month: a load date that keeps the number of files small."""
    return (moment.replace(day=1) + dt.timedelta(days=32)).replace(day=1).date().isoformat()


class Landing:
    """Collects rows by feed, brand, load date and part; `write` lays them out as the contract says.

    A part is one file. A file has only the columns that its rows fill: whole columns are missing
    as often as not.
    """

    def __init__(self) -> None:
        """Start with nothing delivered."""
        self.files: dict[tuple[str, str, str, str], list[dict[str, str]]] = defaultdict(list)

    def add(
        self,
        feed: str,
        brand: str,
        load_date: str | dt.datetime,
        part: str = "part-0",
        **columns: str | None,
    ) -> None:
        """Deliver one row; a column that is None is absent."""
        if isinstance(load_date, dt.datetime):
            load_date = load_date.date().isoformat()
        row = {name: value for name, value in columns.items() if value is not None}
        self.files[feed, brand, load_date, part].append(row)

    def write(self, root: Path, contract: dict[str, dict[str, str]]) -> int:
        """Write every file and return the number of rows.

        `contract` gives the data type of each column by feed. Parts whose name starts with `typed`
        are written with those types, all others as text: the contract allows both.
        """
        count = 0
        for (feed, brand, load_date, part), rows in self.files.items():
            names = sorted({name for row in rows for name in row})
            arrays = {}
            for name in names:
                values = [row.get(name) for row in rows]
                kind = contract[feed].get(name, "text") if part.startswith("typed") else "text"
                arrays[name] = pa.array([typed(value, kind) for value in values], TYPES[kind])
            folder = root / feed / f"brand={brand}" / f"load_date={load_date}"
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(arrays), folder / f"{part}.parquet")
            count += len(rows)
        return count


def typed(value: str | None, kind: str) -> object:
    """A text as the Python value of a contract type."""
    if value is None or kind == "text":
        return value
    if kind == "timestamp":
        return dt.datetime.fromisoformat(value)
    if kind == "date":
        return dt.date.fromisoformat(value)
    if kind == "decimal":
        return Decimal(value)
    if kind == "integer":
        return int(value)
    return value == "true"


@dataclass
class Story:
    """A small world of its own with the answer written by hand.

    `together`: groups of records; each group is one customer and no two groups are the same one.
    `nobody`: records that no customer can be told for. Together they are all records of the story.
    `visits`: (brand, device id or None, start) → a record of the customer that the session belongs
    to, or None for nobody.
    """

    name: str
    says: str
    together: list[set[Ref]] = field(default_factory=list)
    nobody: set[Ref] = field(default_factory=set)
    visits: dict[tuple[str, str | None, dt.datetime], Ref | None] = field(default_factory=dict)

    def refs(self) -> set[Ref]:
        """All records that the story tells of."""
        return set().union(self.nobody, *self.together)


class Teller:
    """Writes the records of one story under ids that carry the story's name."""

    def __init__(self, landing: Landing, name: str, brand: str = "fjord") -> None:
        """Tell the story `name`, in `brand` unless a record says another."""
        self.landing = landing
        self.name = name
        self.brand = brand
        self.count = 0

    def mail(self, who: str) -> str:
        """An address of somebody in this story."""
        return f"{who}.{self.name}@post.example"

    def key(self, what: str) -> str:
        """An id of this story."""
        return f"{self.name}-{what}"

    def _next(self, feed: str, key: str | None) -> tuple[str, dt.datetime]:
        self.count += 1
        moment = day("2025-03-01", 9) + dt.timedelta(days=self.count % 300, minutes=self.count % 60)
        return self.key(key or f"{feed[:3]}{self.count}"), moment

    def contact(
        self, key: str, brand: str | None = None, at: dt.datetime | None = None, **columns: str
    ) -> Ref:
        """A contact record; `key` completes its id unless `contact_id` is given."""
        brand = brand or self.brand
        contact_id, moment = self._next("contacts", key)
        contact_id = columns.pop("contact_id", contact_id)
        moment = at or moment
        columns.setdefault("source_system", "eshop")
        self.landing.add(
            "contacts", brand, moment, contact_id=contact_id, updated_at=iso(moment), **columns
        )
        return brand, "contacts", contact_id

    def order(
        self,
        key: str | None = None,
        brand: str | None = None,
        at: dt.datetime | None = None,
        total: str = "10.00",
        load: str | dt.datetime | None = None,
        **columns: str,
    ) -> Ref:
        """An order of 10.00 in the brand's currency unless said otherwise."""
        brand = brand or self.brand
        order_id, moment = self._next("orders", key)
        order_id = columns.pop("order_id", order_id)
        moment = at or moment
        columns.setdefault("status", "completed")
        columns.setdefault("sales_channel", "eshop")
        columns.setdefault("currency_code", CURRENCY[brand])
        columns.setdefault("updated_at", iso(moment))
        self.landing.add(
            "orders", brand, load or moment, order_id=order_id, ordered_at=iso(moment),
            total_amount=total, **columns,
        )  # fmt: skip
        return brand, "orders", order_id

    def record(
        self,
        feed: str,
        key: str | None = None,
        brand: str | None = None,
        at: dt.datetime | None = None,
        **columns: str,
    ) -> Ref:
        """A record of any other feed, with the required columns filled where not given."""
        brand = brand or self.brand
        record_id, moment = self._next(feed, key)
        moment = at or moment
        id_column, time_column, fixed = OTHER_FEEDS[feed]
        record_id = columns.pop(id_column, record_id)
        row = {id_column: record_id, time_column: iso(moment), **fixed, **columns}
        self.landing.add(feed, brand, moment, **row)
        return brand, feed, record_id

    def visit(
        self,
        device: str | None,
        start: dt.datetime,
        brand: str | None = None,
        login: str | None = None,
        clicks: int = 2,
        **columns: str,
    ) -> tuple[str, str | None, dt.datetime]:
        """A session of `clicks` page views, five minutes apart; all carry `login`, where given."""
        brand = brand or self.brand
        for number in range(clicks):
            self.count += 1
            moment = start + dt.timedelta(minutes=5 * number)
            self.landing.add(
                "events", brand, moment, event_id=self.key(f"e{self.count}"),
                event_type="login" if login and number == 0 else "page_view",
                occurred_at=iso(moment), device_id=device, contact_id=login, platform="web",
                **columns,
            )  # fmt: skip
        return brand, device, start


OTHER_FEEDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "returns": ("return_id", "returned_at", {"refund_amount": "1.00", "return_type": "return"}),
    "reviews": ("review_id", "reviewed_at", {"rating": "5"}),
    "survey_responses": (
        "response_id",
        "answered_at",
        {"question_key": "preferred_channel", "answer": "email"},
    ),
    "service_interactions": (
        "interaction_id",
        "opened_at",
        {"channel": "call", "direction": "inbound"},
    ),
    "loyalty_events": ("event_id", "occurred_at", {"event_type": "points_earned", "points": "5"}),
    "consent_events": (
        "consent_event_id",
        "decided_at",
        {"purpose": "cross_brand_profiling", "decision": "granted"},
    ),
    "share_codes": ("share_code", "created_at", {}),
    "message_events": (
        "event_id",
        "occurred_at",
        {"channel": "email", "direction": "outbound", "event_type": "sent"},
    ),
}


class Phones:
    """Hands out mobile numbers that nobody else in the world has, as national digits."""

    def __init__(self) -> None:
        """Start below the first number."""
        self.last = 0

    def cz(self) -> str:
        """A Czech number, nine digits."""
        self.last += 1
        return f"6021{self.last:05d}"

    def gb(self) -> str:
        """A British number with its trunk zero."""
        self.last += 1
        return f"074000{self.last:05d}"

    def de(self) -> str:
        """A German number with its trunk zero."""
        self.last += 1
        return f"0151100{self.last:05d}"

    def fr(self) -> str:
        """A French number with its trunk zero."""
        self.last += 1
        return f"06123{self.last:05d}"

    def it(self) -> str:
        """An Italian number, ten digits."""
        self.last += 1
        return f"34712{self.last:05d}"

    def of(self, brand: str) -> str:
        """A number of the brand's country."""
        country = COUNTRY[brand]
        return {"CZ": self.cz, "GB": self.gb, "DE": self.de, "FR": self.fr, "IT": self.it}[
            country
        ]()


@dataclass
class Ledger:
    """Answers worked out by hand for orders, sessions and broken rows.

    `rfm`: contact id → (recency_days, frequency, monetary, score digits) within brand kestrel.
    `tiers`: contact record → tier.  `sessions`: (brand, device, start) → (end, events, abandoned).
    `rejects`: (feed, brand, first key column) → reason.  `faults`: the same → (column, raw value).
    `capped`: records of one line of 120 identifiers, too many for one customer.
    """

    rfm: dict[str, tuple[int, int, Decimal, str]] = field(default_factory=dict)
    tiers: dict[Ref, str] = field(default_factory=dict)
    sessions: dict[tuple[str, str, dt.datetime], tuple[dt.datetime, int, bool]] = field(
        default_factory=dict
    )
    rejects: dict[tuple[str, str, str], str] = field(default_factory=dict)
    faults: dict[tuple[str, str, str], tuple[str, str | None]] = field(default_factory=dict)
    capped: set[Ref] = field(default_factory=set)


def ledger(landing: Landing, phones: Phones) -> Ledger:
    """Deliver the hand-worked orders, sessions and broken rows."""
    book = Ledger()
    _kestrel(landing, book)
    _tiers(landing, book)
    _sessions(landing, book)
    _broken(landing, book)
    _landed_from_text(landing)
    _over_the_cap(landing, phones, book)
    # The newest moment in the data is somebody's look at a page.
    landing.add(
        "events", "isle", AS_OF, event_id="the-last", event_type="page_view",
        occurred_at=iso(AS_OF), device_id="the-last-device",
    )  # fmt: skip
    return book


def _kestrel(landing: Landing, book: Ledger) -> None:
    """Five customers of one brand.

    Recency 1, 10, 30, 100, 300 days: cuts 8.2, 22, 58, 140. Frequency 1, 1, 1, 2, 6: cuts 1, 1,
    1.4, 2.8. Monetary 20.00, 50.00, 50.00, 80.10, 300.00: cuts 44, 50, 62.04, 124.08.
    """
    t = Teller(landing, "rfm", "kestrel")

    def buys(who: str, *orders: tuple[int, str], **columns: str) -> list[Ref]:
        return [
            t.order(contact_id=t.key(who), at=AS_OF.replace(hour=12) - dt.timedelta(days=days),
                    total=total, **columns)
            for days, total in orders
        ]  # fmt: skip

    for who in "abcde":
        t.contact(who, source_system="pos")
    # a: six orders of 50.00, the last of them yesterday; a decimal comma; a cancelled and a test
    # order, which count nowhere, neither in the last day nor in the sum.
    buys("a", (1, "50,00"), (20, "50"), (40, "50.0"), (60, "50.00"), (80, "50.000"), (90, "50.00"))
    buys("a", (0, "999.00"), status="cancelled")
    buys("a", (0, "999.00"), is_test="true")
    book.rfm[t.key("a")] = (1, 6, Decimal("300.00"), "555")
    # b: bought for 100.00, half of it sent back in two refunds; the order's status says returned.
    (order,) = buys("b", (10, "100.00"), status="returned")
    t.record("returns", order_id=order[2], refund_amount="30.00",
             at=AS_OF.replace(hour=9) - dt.timedelta(days=3))  # fmt: skip
    t.record("returns", order_id=order[2], refund_amount="20,00",
             at=AS_OF.replace(hour=9) - dt.timedelta(days=2))  # fmt: skip
    book.rfm[t.key("b")] = (10, 1, Decimal("50.00"), "412")
    # c: the same worth as b, from one order; a refund of a cancelled order takes nothing away.
    buys("c", (30, "50.00"))
    (order,) = buys("c", (25, "70.00"), status="cancelled")
    t.record("returns", order_id=order[2], refund_amount="70.00",
             at=AS_OF.replace(hour=9) - dt.timedelta(days=20))  # fmt: skip
    book.rfm[t.key("c")] = (30, 1, Decimal("50.00"), "312")
    # d: 80.10; the order was stated again and again, and an older version arrives last.
    first, second = AS_OF.replace(hour=12) - dt.timedelta(days=100), AS_OF - dt.timedelta(days=99)
    t.order("d-restated", contact_id=t.key("d"), at=first, total="10.00", status="placed")
    t.order("d-restated", contact_id=t.key("d"), at=first, total="40.10", load=second,
            updated_at=iso(second))  # fmt: skip
    t.order("d-restated", contact_id=t.key("d"), at=first, total="77.00", status="paid",
            load=AS_OF, updated_at=iso(second - dt.timedelta(hours=3)))  # fmt: skip
    buys("d", (120, "40.00"))
    book.rfm[t.key("d")] = (100, 2, Decimal("80.10"), "244")
    # e: one order, delivered three times in the same words.
    at = AS_OF.replace(hour=12) - dt.timedelta(days=300)
    for delay in (0, 1, 200):
        t.order("e-repeated", contact_id=t.key("e"), at=at, total="20.00",
                load=at + dt.timedelta(days=delay))  # fmt: skip
    book.rfm[t.key("e")] = (300, 1, Decimal("20.00"), "111")


def _tiers(landing: Landing, book: Ledger) -> None:
    """Two brands of one controller; every order of the same moment, so scores are 1 : 2 : 3 : 4.

    Lark: 1, 2, 3, 4 orders; the 0.7 quantile lies at 3.1 orders. Merle: 1, 1, 2, 4, 5 orders;
    at 3.6.
    """
    t = Teller(landing, "tier", "lark")
    counts = {
        "both": (4, 4), "three": (3, 1), "two": (2, 0), "one": (1, 0),
        "merle5": (0, 5), "merle2": (0, 2), "merle1": (0, 1),
    }  # fmt: skip
    tiers = {"both": "high_in_several", "merle5": "high_in_one"}
    at = AS_OF.replace(hour=12, minute=0, second=0) - dt.timedelta(days=10)
    for who, by_brand in counts.items():
        for brand, count in zip(("lark", "merle"), by_brand, strict=True):
            for _ in range(count):
                record = t.order(brand=brand, email=t.mail(who), at=at)
                book.tiers[record] = tiers.get(who, "low_everywhere")
    old = at - dt.timedelta(days=200)
    book.tiers[t.order(email=t.mail("old"), at=old)] = "dormant"
    book.tiers[t.contact("idle", email=t.mail("idle"), at=old)] = "dormant"


def _sessions(landing: Landing, book: Ledger) -> None:
    """Gaps of 30 minutes and more, midnight, carts, offsets and epochs."""
    count = 0

    def visit(
        device: str, start: dt.datetime, *steps: tuple[int, str], brand: str = "isle"
    ) -> None:
        """One session: steps are (seconds after the start, event type)."""
        nonlocal count
        for seconds, kind in steps:
            count += 1
            moment = start + dt.timedelta(seconds=seconds)
            text = [
                iso(moment),
                moment.strftime("%Y-%m-%d %H:%M:%S"),
                (moment + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00"),
                str(int(moment.replace(tzinfo=dt.UTC).timestamp())),
                str(int(moment.replace(tzinfo=dt.UTC).timestamp()) * 1000),
                moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            ][count % 6]
            # Deliveries out of order: every third event comes days later.
            load = moment + dt.timedelta(days=4 if count % 3 == 0 else 0)
            landing.add(
                "events", brand, load, event_id=f"ledger-e{(count * 7919) % 10007}",
                event_type=kind, occurred_at=text, device_id=device,
            )  # fmt: skip
        kinds = [kind for _, kind in steps]
        abandoned = "purchase" not in kinds and bool({"add_to_cart", "checkout_started"} & {*kinds})
        last = start + dt.timedelta(seconds=steps[-1][0])
        book.sessions[brand, device, start] = (last, len(steps), abandoned)

    view, cart = "page_view", "add_to_cart"
    visit("gap", day("2026-02-10"), (0, view), (1800, view), (3600, view))
    visit("gap", day("2026-02-10", 13, 30, 1), (0, cart))
    visit("gap", day("2026-02-10", 14, 0, 2), (0, view), (1799, "purchase"))
    visit("midnight", day("2026-02-11", 23, 50), (0, cart), (1200, view), (2400, view))
    visit("carts", day("2026-02-12"), (0, cart), (60, "checkout_started"), (120, "purchase"))
    visit("carts", day("2026-02-13"), (0, "purchase"), (60, cart))
    visit("carts", day("2026-02-14"), (0, "checkout_started"))
    visit("carts", day("2026-02-15"), (0, cart), (60, "remove_from_cart"))
    visit("carts", day("2026-02-16"), (0, view), (60, "wishlist_add"))
    # The same device id in another brand at the same time is another device.
    visit("carts", day("2026-02-16", 12, 5), (0, cart), (300, "purchase"), brand="juniper")
    # The definition says nothing of waiting a day before a cart counts as abandoned.
    visit("fresh-cart", AS_OF - dt.timedelta(hours=2), (0, cart))


def _broken(landing: Landing, book: Ledger) -> None:
    """Rows that the contract refuses, one fault each, and rows at the edge that it accepts."""
    number = 0

    def row(feed: str, reason: str | None, brand: str = "harbour", **columns: str | None) -> None:
        """A sound row of the feed with something changed; no reason: it must pass."""
        nonlocal number
        number += 1
        sound: dict[str, dict[str, str]] = {
            "contacts": {"contact_id": "", "updated_at": "2026-03-10T08:00:00Z"},
            "orders": {
                "order_id": "", "ordered_at": "2026-03-10T08:00:00Z", "status": "completed",
                "sales_channel": "eshop", "currency_code": "EUR", "total_amount": "5.00",
                "updated_at": "2026-03-10T08:00:00Z",
            },
            "order_lines": {
                "order_id": "", "line_number": "1", "product_id": "p", "quantity": "1",
                "unit_price": "5.00",
            },
            "returns": {
                "return_id": "", "order_id": "none", "refund_amount": "1.00",
                "returned_at": "2026-03-10T08:00:00Z",
            },
            "events": {
                "event_id": "", "event_type": "search", "occurred_at": "2026-03-10T08:00:00Z",
            },
            "survey_responses": {
                "response_id": "", "question_key": "other", "answer": "yes",
                "answered_at": "2026-03-10T08:00:00Z",
            },
            "consent_events": {
                "consent_event_id": "", "purpose": "marketing", "decision": "granted",
                "decided_at": "2026-03-10T08:00:00Z",
            },
            "loyalty_events": {
                "event_id": "", "loyalty_card_id": f"broken-card-{number}",
                "event_type": "enrolled", "occurred_at": "2026-03-10T08:00:00Z",
            },
            "service_interactions": {
                "interaction_id": "", "channel": "chat", "direction": "inbound",
                "opened_at": "2026-03-10T08:00:00Z",
            },
        }  # fmt: skip
        values: dict[str, str | None] = dict(sound[feed])
        key = next(iter(values))
        values[key] = f"broken-{number}"
        values.update(columns)
        landing.add(feed, brand, "2026-03-10", part="broken", **values)
        if reason is not None:
            book.rejects[feed, brand, values[key] or ""] = reason
            if brand in CONTROLLER:
                ((column, value),) = columns.items() or (("currency_code", "XTS"),)
                book.faults[feed, brand, values[key] or ""] = (column, value)

    row("orders", "missing_value", total_amount=None)
    row("orders", "missing_value", currency_code="")
    row("orders", "missing_value", status="   ")
    row("orders", "unreadable_value", total_amount="twelve")
    row("orders", "unreadable_value", ordered_at="2026-02-30T10:00:00Z")
    row("orders", "unreadable_value", updated_at="yesterday")
    row("orders", "unknown_value", status="lost")
    row("orders", "unknown_value", sales_channel="fax")
    row("orders", "no_exchange_rate", currency_code="XTS")
    # The end of the load date plus a day: 2026-03-12 00:00.
    row("orders", "future_time", ordered_at="2026-03-12T00:00:01Z")
    row("orders", None, ordered_at="2026-03-11T23:59:59Z", status="cancelled")
    row("orders", "future_time", updated_at="2026-03-13T00:00:00Z")
    row("orders", "unknown_brand", brand="nowhere")
    row("contacts", "unknown_brand", brand="nowhere")
    row("events", "unknown_brand", brand="nowhere")
    row("contacts", "missing_value", updated_at=None)
    row("contacts", "missing_value", contact_id=None)
    row("contacts", None, birth_date="31st of May", registered_at="soon", is_deleted="perhaps")
    row("contacts", None, registered_at="2027-01-01T00:00:00Z", birth_date="2030-01-01")
    row("order_lines", "unreadable_value", line_number="12.6")
    row("order_lines", "unreadable_value", quantity="two")
    row("order_lines", None, quantity="1,5", updated_at="never")
    row("returns", "missing_value", order_id=None)
    row("returns", "unreadable_value", refund_amount="1.2.3")
    row("returns", None, return_type="gift", quantity="x")
    row("events", "unknown_value", event_type="teleport")
    row("events", "unreadable_value", occurred_at="2026-13-01T00:00:00Z")
    row("events", "future_time", occurred_at="2026-03-12T08:00:00Z")
    row("events", None, platform="fridge", event_value="much")
    row("survey_responses", "unknown_value", question_key="weather")
    row("survey_responses", "missing_value", answer=None)
    row("consent_events", "unknown_value", purpose="everything")
    row("consent_events", "unknown_value", decision="maybe")
    row("loyalty_events", "missing_value", loyalty_card_id=None)
    row("service_interactions", "unknown_value", direction="sideways")
    row("service_interactions", None, channel="carrier pigeon", satisfaction_score="very")


def _landed_from_text(landing: Landing) -> None:
    """A row from three text files is one version, wherever it stood; an extra column is ignored."""
    for number in ("3", "8", "11"):
        landing.add(
            "orders", "juniper", "2026-03-20", part=f"from-text-{number}", order_id="from-text",
            ordered_at="2026-03-19T10:00:00Z", status="paid", sales_channel="app",
            currency_code="EUR", total_amount="31.00", updated_at="2026-03-19T10:00:00Z",
            email="from.text@post.example", _file=f"orders-{number}.csv", _line=number,
            mood="splendid" if number == "8" else None,
        )  # fmt: skip


def _over_the_cap(landing: Landing, phones: Phones, book: Ledger) -> None:
    """119 orders in a line over 60 e-mails and 60 phones, by turns."""
    t = Teller(landing, "over_the_cap", "harbour")
    links = [t.mail(f"m{n}") if n % 2 == 0 else phones.de() for n in range(120)]
    for left, right in pairwise(links):
        email, phone = (left, right) if "@" in left else (right, left)
        book.capped.add(t.order(email=email, phone=phone))
