"""The answers, from the raw landing files, in slow and obvious Python.

Nothing here is taken from the project's SQL: it follows the written definitions with dictionaries,
`Decimal`, `datetime` and union-find. Where a library knows better, the library judges
(`phonenumbers`).
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import phonenumbers
import pyarrow.parquet as pq
import yaml

from .world import Ref

CENT = Decimal("0.01")
MANY = 5
IDENTITY_FEEDS = [
    "contacts", "orders", "returns", "reviews", "survey_responses", "service_interactions",
    "loyalty_events", "consent_events",
]  # fmt: skip
NICKNAMES = [{"robert", "bob"}, {"jan", "honza"}, {"alexandra", "alex"}, {"katherine", "kate"}]


# --------------------------------------------------------------------------- the contract


@dataclass
class Feed:
    """What the contract says of a feed."""

    key: list[str]
    types: dict[str, str]
    required: list[str]
    values: dict[str, list[str]]


def read_contract(project: Path) -> dict[str, Feed]:
    """The published contract: the sources YAML of the project."""
    feeds = {}
    for path in sorted(project.glob("models/staging/*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                meta = {c["name"]: c.get("config", {}).get("meta", {}) for c in table["columns"]}
                feeds[table["name"]] = Feed(
                    table["config"]["meta"]["key"],
                    {column["name"]: column["data_type"] for column in table["columns"]},
                    [name for name, entry in meta.items() if entry.get("required")],
                    {name: entry["values"] for name, entry in meta.items() if "values" in entry},
                )
    return feeds


# --------------------------------------------------------------------------- reading values


def clean(value: str) -> str | None:
    """NFC, without zero-width characters and surrounding blanks; nothing left is nothing."""
    text = unicodedata.normalize("NFC", value)
    text = re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text).strip()
    return text or None


def read_time(value: object) -> dt.datetime | None:
    """ISO 8601 with an offset or else UTC, or the epoch in seconds or milliseconds; in UTC."""
    if isinstance(value, dt.datetime):
        moment = value
    else:
        text = str(value)
        try:
            if re.fullmatch(r"\d{9,10}", text):
                moment = dt.datetime.fromtimestamp(int(text), dt.UTC)
            elif re.fullmatch(r"\d{12,13}", text):
                moment = dt.datetime.fromtimestamp(int(text) / 1000, dt.UTC)
            else:
                moment = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_decimal(value: object) -> Decimal | None:
    """A number with a point or a comma before its decimals."""
    try:
        return Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        return None


def read_integer(value: object) -> int | None:
    """A whole number; 12.6 is none."""
    text = str(value)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else None


def read_date(value: object) -> dt.date | None:
    """A date; the worlds write no other form than ISO."""
    try:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def read_boolean(value: object) -> bool | None:
    """A truth value."""
    return {"true": True, "false": False}.get(str(value).lower())


READERS: dict[str, Callable[[object], Any]] = {
    "timestamp": read_time,
    "decimal": read_decimal,
    "integer": read_integer,
    "date": read_date,
    "boolean": read_boolean,
    "text": str,
}


# --------------------------------------------------------------------------- rows


@dataclass
class Judged:
    """What became of every landed row."""

    landed: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[str, str, str, str]] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    latest: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def balance(self, feed: str) -> bool:
        """Landed rows = distinct valid versions + repeats + rejected."""
        rejected = sum(1 for entry in self.rejected if entry[0] == feed)
        return self.landed[feed] == self.versions[feed] + self.repeats[feed] + rejected


def judge(
    root: Path, contract: dict[str, Feed], brands: dict[str, dict[str, str]], rates: Rates
) -> Judged:
    """Read every file of a landing: which rows are valid, which repeat, which version is latest.

    A rejected row is (feed, brand, first key column, class of reason); the classes are
    missing_value, unreadable_value (a future time among them), unknown_value, unknown_brand and
    no_exchange_rate.
    """
    judged = Judged()
    seen: set[Hashable] = set()
    standing: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for path in sorted(root.glob("*/brand=*/load_date=*/*.parquet")):
        name = path.parts[-4]
        brand, load_text = (part.split("=", 1)[1] for part in path.parts[-3:-1])
        load_date = dt.date.fromisoformat(load_text)
        feed = contract[name]
        for raw in pq.ParquetFile(path).read().to_pylist():
            judged.landed[name] += 1
            row, reason = read_row(feed, raw, load_date)
            key = "|".join(str(row.get(column) or "") for column in feed.key)
            if brand not in brands:
                reason = "unknown_brand"
            elif reason is None and name == "orders":
                day = row["ordered_at"].date()
                if rates.rate(row["currency_code"], day) is None:
                    reason = "no_exchange_rate"
            if reason:
                judged.rejected.append((name, brand, key.split("|")[0], reason))
                continue
            said = sorted((k, str(v)) for k, v in raw.items() if v and k in feed.types)
            version = (name, brand, tuple(said))
            if version in seen:
                judged.repeats[name] += 1
            else:
                seen.add(version)
                judged.versions[name] += 1
            order = (row.get("updated_at") or dt.datetime.min, load_date)
            if order >= standing.get((name, brand, key), (dt.datetime.min, dt.date.min)):
                standing[name, brand, key] = order
                judged.latest[name][brand, key] = row
    return judged


def read_row(
    feed: Feed, raw: dict[str, object], load_date: dt.date
) -> tuple[dict[str, Any], str | None]:
    """The typed row and the class of its first fault."""
    row: dict[str, Any] = {}
    reason = None
    limit = dt.datetime.combine(load_date, dt.time()) + dt.timedelta(days=2)
    for column, kind in feed.types.items():
        value = raw.get(column)
        if isinstance(value, str):
            value = clean(value)
        if value is None:
            fault = "missing_value"
            read = None
        else:
            read = READERS[kind](value)
            fault = "unreadable_value"
            if kind == "timestamp" and read and read > limit:
                read = None
            if kind == "date" and read and read > limit.date():
                read = None
            if read is not None and column in feed.values and read not in feed.values[column]:
                read, fault = None, "unknown_value"
        row[column] = read
        if read is None and column in feed.required:
            reason = reason or fault
    return row, reason


class Rates:
    """The dated exchange rates of the project's seed, to EUR."""

    def __init__(self, path: Path) -> None:
        """Read the seed."""
        self.by_currency: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                if line["to_currency"] == "EUR":
                    self.by_currency[line["from_currency"]].append(
                        (dt.date.fromisoformat(line["rate_date"]), Decimal(line["rate"]))
                    )
        for dated in self.by_currency.values():
            dated.sort()

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        """The last known rate at or before the day."""
        if currency == "EUR":
            return Decimal(1)
        known = [rate for date, rate in self.by_currency.get(currency, []) if date <= day]
        return known[-1] if known else None

    def to_eur(self, amount: Decimal, currency: str, day: dt.date) -> Decimal:
        """An amount in EUR, to the cent."""
        rate = self.rate(currency, day)
        assert rate is not None
        return (amount * rate).quantize(CENT, ROUND_HALF_UP)


# --------------------------------------------------------------------------- identifiers


def email_key(value: str | None) -> str | None:
    """The key that an e-mail is matched by, or None where it is malformed."""
    if value is None:
        return None
    inside = re.search(r"<([^<>]+)>", value)
    address = (inside.group(1) if inside else value).strip().lower()
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[a-z]{2,}", address):
        return None
    name, domain = address.split("@")
    name = name.split("+")[0]
    if domain == "gmail.com":
        name = name.replace(".", "")
    return f"{name}@{domain}"


def phone_key(value: str | None, country: str | None) -> str | None:
    """E.164, judged by the phonenumbers library."""
    if value is None:
        return None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_placeholder(value: str) -> bool:
    """The placeholders that the definitions name."""
    text = value.lower()
    return (
        text in {"null", "n/a", "000000000", "123456789"}
        or text.startswith(("unknown@", "noreply@"))
    )  # fmt: skip


# --------------------------------------------------------------------------- people


@dataclass(frozen=True)
class Name:
    """What a contact says of its person."""

    first: str
    last: str
    born: dt.date | None


def plain(value: str | None) -> str:
    """A name without diacritics, case and points."""
    text = unicodedata.normalize("NFKD", value or "")
    return re.sub(r"[^a-z ]", "", "".join(c for c in text if c.isascii()).lower()).strip()


def contradict(one: Name, two: Name) -> bool:
    """Whether two names cannot be the same person's.

    A surname alone never contradicts (maiden names); first names do unless one is the other's
    nickname or initial; birth dates do unless day and month are swapped.
    """
    if one.born and two.born and one.born != two.born:
        swapped = (one.born.year, one.born.day, one.born.month)
        if swapped != (two.born.year, two.born.month, two.born.day):
            return True
    first, second = one.first, two.first
    if not first or not second or first == second:
        return False
    if 1 in (len(first), len(second)):
        return first[0] != second[0]
    return not any({first, second} <= group for group in NICKNAMES)


class Union:
    """Union-find."""

    def __init__(self) -> None:
        """Everything is on its own."""
        self.parent: dict[Hashable, Hashable] = {}

    def find(self, node: Hashable) -> Hashable:
        """The node that stands for all that are joined to this one."""
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, one: Hashable, two: Hashable) -> None:
        """Make two one."""
        self.parent[self.find(one)] = self.find(two)


Node = tuple[str, str, str]
"""An identifier: type, brand or controller that it is unique in, value."""

STRENGTH = {"contact_id": 0, "loyalty_card_id": 1, "email": 2, "phone": 3, "voucher_code": 4}


def whole(node: Any) -> Node:
    """The identifier that a usable node is, or is a person's part of."""
    identifier: Node = node[0] if isinstance(node[0], tuple) else node
    return identifier


class People:
    """Stitches the latest records of a landing by the written rules."""

    def __init__(
        self,
        latest: dict[str, dict[tuple[str, str], dict[str, Any]]],
        brands: dict[str, dict[str, str]],
    ) -> None:
        """Do all of it; `customer` answers."""
        self.latest = latest
        self.brands = brands
        self.vouchers = self._vouchers_of_one()
        self.observed = self._observe()
        self.names = self._names()
        self.unusable: dict[Node, str] = {}
        self.split: dict[Node, dict[Name, int]] = {}
        self._judge_nodes()
        self.union = Union()
        for ref, nodes in self.observed.items():
            usable = self._usable(ref, nodes)
            for node in usable[1:]:
                self.union.join(usable[0], node)
            for node in usable[:1]:
                self.union.find(node)
        self._cross_controllers()

    def _vouchers_of_one(self) -> set[tuple[str, str]]:
        """Voucher codes (brand, code) that were issued to exactly one card."""
        holders = defaultdict(set)
        for (brand, _), row in self.latest["loyalty_events"].items():
            if row["event_type"] == "voucher_issued" and row["voucher_code"]:
                holders[brand, row["voucher_code"]].add(row["loyalty_card_id"])
        return {code for code, cards in holders.items() if len(cards) == 1}

    def _observe(self) -> dict[Ref, list[Node]]:
        """The merge identifiers of every record, but for malformed ones and placeholders."""
        observed: dict[Ref, list[Node]] = {}
        for feed, rows in self.latest.items():
            for (brand, key), row in rows.items():
                observed[brand, feed, key] = self._nodes(brand, feed, row)
        return observed

    def _nodes(self, brand: str, feed: str, row: dict[str, Any]) -> list[Node]:
        controller = self.brands[brand]["controller_id"]
        country = row.get("country_code") or self.brands[brand]["country_code"]
        voucher = row.get("voucher_code") or (row.get("coupon_code") if feed == "orders" else None)
        if (brand, voucher) not in self.vouchers:
            voucher = None
        found = [
            ("contact_id", brand, row.get("contact_id")),
            ("loyalty_card_id", brand, row.get("loyalty_card_id")),
            ("email", controller, email_key(row.get("email"))),
            ("phone", controller, phone_key(row.get("phone"), country)),
            ("voucher_code", brand, voucher),
        ]
        nodes = [(kind, scope, value) for kind, scope, value in found if value]
        return [
            node for node in nodes
            if not is_placeholder(str(row.get(node[0]) or node[2])) and not is_placeholder(node[2])
        ]  # fmt: skip

    def _names(self) -> dict[Ref, Name]:
        """The name that a record's person is known by: its contact's."""
        contacts = {
            key: Name(plain(row["first_name"]), plain(row["last_name"]), row["birth_date"])
            for key, row in self.latest["contacts"].items()
            if row["first_name"] or row["last_name"]
        }
        names = {}
        for brand, feed, key in self.observed:
            contact_id = self.latest[feed][brand, key].get("contact_id")
            if contact_id and (brand, contact_id) in contacts:
                names[brand, feed, key] = contacts[brand, contact_id]
        return names

    def _judge_nodes(self) -> None:
        """Tell which identifiers are seen with many people, and which with few who contradict."""
        records = defaultdict(list)
        for ref, nodes in self.observed.items():
            for node in nodes:
                records[node].append(ref)
        self.people_of: dict[Node, int] = {}
        for node, refs in records.items():
            named = sorted({self.names[ref] for ref in refs if ref in self.names}, key=str)
            groups = Union()
            for number, one in enumerate(named):
                groups.find(one)
                for two in named[number + 1 :]:
                    if not contradict(one, two):
                        groups.join(one, two)
            of_named = {
                other
                for ref in refs if ref in self.names
                for other in self.observed[ref] if other != node
            }  # fmt: skip
            nameless = set()
            for ref in refs:
                others = sorted(
                    (other for other in self.observed[ref] if other != node),
                    key=lambda other: STRENGTH[other[0]],
                )
                # A voucher says nothing of who somebody is that its card does not say.
                others = [other for other in others if other[0] != "voucher_code"]
                if ref not in self.names and others and not of_named & set(others):
                    nameless.add(others[0])
            roots = sorted({groups.find(name) for name in named}, key=str)
            self.people_of[node] = len(roots) + len(nameless)
            if len(roots) + len(nameless) > MANY:
                self.unusable[node] = "many"
            elif len(roots) > 1:
                self.split[node] = {name: roots.index(groups.find(name)) for name in named}

    def _usable(self, ref: Ref, nodes: Iterable[Node]) -> list[Hashable]:
        """The identifiers by which a record links; of a split one, its person's part."""
        usable: list[Hashable] = []
        for node in nodes:
            if node in self.unusable:
                continue
            if node not in self.split:
                usable.append(node)
            elif ref in self.names:
                usable.append((node, self.split[node][self.names[ref]]))
        return usable

    def _cross_controllers(self) -> None:
        """Link equal e-mails of two controllers where the person granted it at both, last."""
        last: dict[tuple[Hashable, str], tuple[dt.datetime, str]] = {}
        for (brand, key), row in self.latest["consent_events"].items():
            ref = (brand, "consent_events", key)
            usable = self._usable(ref, self.observed[ref])
            if row["purpose"] != "cross_brand_profiling" or not usable:
                continue
            who = (self.union.find(usable[0]), self.brands[brand]["controller_id"])
            # At the same moment a withdrawal wins: it fails closed.
            last[who] = max(
                last.get(who, (dt.datetime.min, "")), (row["decided_at"], row["decision"])
            )
        # Of every address: (controller, node), where a person's part of a split one is a node too.
        nodes: dict[str, set[tuple[str, Hashable]]] = defaultdict(set)
        told: dict[Hashable, set[Name]] = defaultdict(set)
        for ref, found in self.observed.items():
            for node in self._usable(ref, found):
                kind, scope, value = whole(node)
                if kind == "email":
                    nodes[value].add((scope, node))
                if ref in self.names:
                    told[self.union.find(node)].add(self.names[ref])
        joins = []
        for same in nodes.values():
            granted = [
                (scope, node) for scope, node in sorted(same, key=str)
                if last.get((self.union.find(node), scope), (None, ""))[1] == "granted"
            ]  # fmt: skip
            # Who granted it at one and who granted it at the other must be that person.
            joins += [
                (one, two)
                for number, (at_one, one) in enumerate(granted)
                for at_two, two in granted[number + 1 :]
                if at_one != at_two
                and not any(
                    contradict(first, second)
                    for first in told.get(self.union.find(one), ())
                    for second in told.get(self.union.find(two), ())
                )
            ]
        for one, two in joins:
            self.union.join(one, two)

    def customer(self, ref: Ref) -> Hashable | None:
        """The customer of a record, by its own identifiers or else by its order; None: nobody."""
        usable = self._usable(ref, self.observed[ref])
        if usable:
            return self.union.find(usable[0])
        brand, feed, key = ref
        order_id = self.latest[feed][brand, key].get("order_id") if feed != "orders" else None
        order = (brand, "orders", order_id or "")
        return self.customer(order) if order in self.observed else None

    def records(self) -> dict[Ref, Hashable | None]:
        """Customer of every record of the feeds that `customer_records` holds."""
        return {ref: self.customer(ref) for ref in self.observed if ref[1] in IDENTITY_FEEDS}

    def contact_customer(self, brand: str, contact_id: str) -> Hashable:
        """The customer of a contact id, which is always usable."""
        return self.union.find(("contact_id", brand, contact_id))


# --------------------------------------------------------------------------- value


@dataclass(frozen=True)
class Rfm:
    """One line of RFM."""

    last_order_at: dt.datetime
    recency_days: int
    frequency: int
    monetary: Decimal
    scores: tuple[int, int, int] = (0, 0, 0)


def measures(line: Rfm) -> tuple[Fraction, Fraction, Fraction]:
    """The three values that are scored."""
    return Fraction(line.recency_days), Fraction(line.frequency), Fraction(line.monetary)


def counted_orders(
    latest: dict[str, dict[tuple[str, str], dict[str, Any]]], rates: Rates
) -> dict[tuple[str, str], Decimal]:
    """What each order that counts is worth: cancelled and test orders are out."""
    return {
        key: rates.to_eur(row["total_amount"], row["currency_code"], row["ordered_at"].date())
        for key, row in latest["orders"].items()
        if row["status"] != "cancelled" and not row["is_test"]
    }


def counted_refunds(
    latest: dict[str, dict[tuple[str, str], dict[str, Any]]], rates: Rates
) -> dict[tuple[str, str], tuple[tuple[str, str], Decimal]]:
    """Of each return whose order counts: the order and the refund, at the rate of its own day."""
    orders = counted_orders(latest, rates)
    refunds = {}
    for (brand, key), row in latest["returns"].items():
        order = (brand, row["order_id"])
        if order in orders:
            currency = latest["orders"][order]["currency_code"]
            amount = rates.to_eur(row["refund_amount"], currency, row["returned_at"].date())
            refunds[brand, key] = (order, amount)
    return refunds


def cuts(values: list[Fraction]) -> list[Fraction]:
    """The 20, 40, 60 and 80 % quantiles with linear interpolation."""
    return [quantile(values, Fraction(number, 5)) for number in range(1, 5)]


def quantile(values: list[Fraction], share: Fraction) -> Fraction:
    """A quantile with linear interpolation between the two nearest values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def rfm(
    latest: dict[str, dict[tuple[str, str], dict[str, Any]]],
    rates: Rates,
    customer: Callable[[Ref], Hashable | None],
    as_of: dt.datetime,
) -> dict[tuple[Hashable, str], Rfm]:
    """RFM by customer and scope."""
    orders = defaultdict(list)
    for (brand, key), amount in counted_orders(latest, rates).items():
        who = customer((brand, "orders", key))
        if who is not None:
            moment = latest["orders"][brand, key]["ordered_at"]
            for scope in (brand, "all"):
                orders[who, scope].append((moment, amount))
    refunded: dict[tuple[Hashable, str], Decimal] = defaultdict(Decimal)
    for (brand, _), (order, amount) in counted_refunds(latest, rates).items():
        who = customer((order[0], "orders", order[1]))
        if who is not None:
            for scope in (brand, "all"):
                refunded[who, scope] += amount
    lines = {}
    for (who, scope), bought in orders.items():
        last = max(moment for moment, _ in bought)
        lines[who, scope] = Rfm(
            last,
            (as_of - last) // dt.timedelta(days=1),
            len(bought),
            sum((amount for _, amount in bought), Decimal()) - refunded[who, scope],
        )
    scored = {}
    for scope in {scope for _, scope in lines}:
        inside = {who: line for (who, where), line in lines.items() if where == scope}
        columns = zip(*map(measures, inside.values()), strict=True)
        limits = [cuts(list(column)) for column in columns]
        for who, line in inside.items():
            r, f, m = (
                1 + sum(1 for cut in limit if cut < value)
                for limit, value in zip(limits, measures(line), strict=True)
            )
            scored[who, scope] = Rfm(
                line.last_order_at, line.recency_days, line.frequency, line.monetary, (6 - r, f, m)
            )
    return scored


# --------------------------------------------------------------------------- behaviour


@dataclass
class Session:
    """A session and the events in it."""

    brand: str
    device: str | None
    contact: str | None
    started_at: dt.datetime
    ended_at: dt.datetime
    count: int
    is_cart_abandoned: bool
    times: list[dt.datetime]


def sessions(events: dict[tuple[str, str], dict[str, Any]]) -> list[Session]:
    """Events of one device, else one contact, with gaps of at most 30 minutes."""
    by_visitor = defaultdict(list)
    for (brand, key), row in events.items():
        device, contact = row["device_id"], row["contact_id"]
        visitor = (brand, device, None if device else contact or f"event {key}")
        by_visitor[visitor].append((row["occurred_at"], row["event_type"]))
    found = []
    for (brand, device, contact), happened in by_visitor.items():
        happened.sort()
        parts = [[happened[0]]]
        for before, now in pairwise(happened):
            if now[0] - before[0] > dt.timedelta(minutes=30):
                parts.append([])
            parts[-1].append(now)
        for part in parts:
            kinds = {kind for _, kind in part}
            found.append(
                Session(
                    brand,
                    device,
                    contact,
                    part[0][0],
                    part[-1][0],
                    len(part),
                    bool(kinds & {"add_to_cart", "checkout_started"}) and "purchase" not in kinds,
                    [moment for moment, _ in part],
                )
            )
    return found


def session_owners(
    events: dict[tuple[str, str], dict[str, Any]],
    found: list[Session],
    contact_customer: Callable[[str, str], Hashable | None],
) -> dict[tuple[str, str | None, str | None, dt.datetime], Hashable | None]:
    """The customer of every session whose events all have the same one.

    An event on a device belongs to the customer last seen logged in before it, else to the first
    one within 30 days after it, else to nobody; without a device it belongs to its contact. Keys
    are brand, device, contact (where there is no device) and start.
    """
    logins = defaultdict(list)
    for (brand, _), row in events.items():
        if row["device_id"] and row["contact_id"]:
            who = contact_customer(brand, row["contact_id"])
            logins[brand, row["device_id"]].append((row["occurred_at"], who))
    answers: dict[tuple[str, str | None, str | None, dt.datetime], Hashable | None] = {}
    for session in found:
        owners: set[Hashable | None] = set()
        if session.device is None:
            owners.add(contact_customer(session.brand, session.contact or ""))
        else:
            seen = sorted(logins[session.brand, session.device], key=lambda pair: pair[0])
            for moment in session.times:
                before = [who for at, who in seen if at <= moment]
                after = [who for at, who in seen if moment < at <= moment + dt.timedelta(days=30)]
                owners.add(before[-1] if before else after[0] if after else None)
        if len(owners) == 1:
            key = (session.brand, session.device, session.contact, session.started_at)
            answers[key] = owners.pop()
    return answers


def segments(path: Path) -> Callable[[tuple[int, int, int]], str]:
    """The segment of three scores by the seed's ranges, first match by priority."""
    with path.open(encoding="utf-8", newline="") as file:
        rules = sorted(csv.DictReader(file), key=lambda rule: int(rule["priority"]))

    def segment(scores: tuple[int, int, int]) -> str:
        for rule in rules:
            bounds = [(int(rule[f"{name}_min"]), int(rule[f"{name}_max"]))
                      for name in ("recency", "frequency", "monetary")]  # fmt: skip
            if all(low <= score <= high
                   for score, (low, high) in zip(scores, bounds, strict=True)):  # fmt: skip
                return rule["rfm_segment"]
        raise LookupError(f"no segment for {scores}")

    return segment


def activity_kinds(
    latest: dict[str, dict[tuple[str, str], dict[str, Any]]],
    customer: Callable[[Ref], Hashable | None],
    visitor: Callable[[str, dict[str, Any]], Hashable | None],
) -> list[tuple[Hashable, str, str, dt.datetime]]:
    """Everything that may score: customer, brand, kind as the seed of points names it, moment."""
    happened = []
    for feed, kind, column in (
        ("orders", "order", "ordered_at"),
        ("reviews", "review", "reviewed_at"),
        ("survey_responses", "survey_answer", "answered_at"),
        ("loyalty_events", "loyalty_", "occurred_at"),
    ):
        for (brand, key), row in latest[feed].items():
            if feed == "orders" and (row["status"] == "cancelled" or row["is_test"]):
                continue
            name = kind + row["event_type"] if kind == "loyalty_" else kind
            happened.append((customer((brand, feed, key)), brand, name, row[column]))
    for (brand, _), row in latest["events"].items():
        happened.append(
            (visitor(brand, row), brand, "web_" + row["event_type"], row["occurred_at"])
        )
    return [entry for entry in happened if entry[0] is not None]


def brand_tiers(
    happened: list[tuple[Hashable, str, str, dt.datetime]],
    points: dict[str, Decimal],
    as_of: dt.datetime,
    whole_days: bool,
) -> dict[tuple[Hashable, str], str]:
    """Tier by customer and brand, `high` or `low`; who is not in it has none.

    `whole_days` counts the age in whole days, else with its fraction: the definition leaves it
    open, and only answers that both give are compared.
    """
    scores: dict[tuple[Hashable, str], Fraction] = defaultdict(Fraction)
    for who, brand, kind, moment in happened:
        age = (as_of - moment) / dt.timedelta(days=1)
        age = float(int(age)) if whole_days else age
        if age <= 180 and points[kind]:
            # Rounding keeps equal histories equal in whatever order they are summed.
            worth = round(float(points[kind]) * 0.5 ** (age / 30), 8)
            scores[who, brand] += Fraction(Decimal(str(worth)))
    tiers = {}
    for brand in {brand for _, brand in scores}:
        inside = {who: score for (who, where), score in scores.items() if where == brand}
        limit = quantile(list(inside.values()), Fraction(7, 10))
        for who, score in inside.items():
            tiers[who, brand] = "high" if score >= limit else "low"
    return tiers


def cross_brand_tier(tiers: list[str]) -> str:
    """The tier over all brands from the tiers that are not `none`."""
    high = tiers.count("high")
    if high > 1:
        return "high_in_several"
    if high == 1:
        return "high_in_one"
    return "low_everywhere" if tiers else "dormant"
