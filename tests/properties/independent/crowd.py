"""A crowd of random people, with the noise of life, in the brands of `world.BRANDS`.

Seeded, hence the same each time. It keeps to ground where the definitions leave no choice:

* an e-mail or a phone belongs to one person, to a family of two whose first names differ, or to a
  shop that twelve people ordered through;
* a device belongs to one person, and a visit before the first login is 5 or 45 days before it;
* orders lie between 06:00 and 20:00 UTC, so that the day is the same in every time zone used;
* an older version of a row differs in what it says of the amount or the town, never in who it is.

`oracle.py` computes the answers from the files alone.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from .world import AS_OF, CONTROLLER, COUNTRY, CURRENCY, Landing, Phones, iso, month_after

FIRST = [
    "Alena", "Bedřich", "Cecílie", "David", "Eliška", "František", "Gabriela", "Hynek", "Irena",
    "Jakub", "Kamila", "Ludvík", "Monika", "Norbert", "Oldřich", "Pavlína", "Quido", "Růžena",
    "Štěpán", "Tereza", "Uršula", "Václav", "Wanda", "Xenie", "Yvona", "Zdeněk",
]  # fmt: skip
SYLLABLES = ["bra", "cho", "dov", "fri", "hla", "kos", "lip", "mar", "nek", "pro", "ská", "tou"]
CONTROLLERS = {
    "north_group": ["fjord", "glen"],
    "harbour_gmbh": ["harbour"],
    "isle_sas": ["isle", "juniper"],
}
STATUSES = ["completed"] * 6 + ["shipped", "paid", "placed", "returned", "cancelled"]


@dataclass
class Person:
    """Somebody, with everything that tells them."""

    number: int
    first: str
    last: str
    born: str | None
    emails: list[str]
    phones: list[str]  # national digits and their country
    country: str
    brands: list[str]
    family: str | None = None
    cards: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, list[str]] = field(default_factory=dict)


class Crowd:
    """Writes `size` people into a landing."""

    def __init__(self, landing: Landing, phones: Phones, seed: int, size: int) -> None:
        """Prepare; `tell` does the work."""
        self.landing = landing
        self.phones = phones
        self.rng = random.Random(seed)
        self.size = size
        self.count = 0
        self.shops = {brand: phones.of(brand) for brand in ("fjord", "harbour")}

    def key(self, kind: str) -> str:
        """A new id, in no order of time."""
        self.count += 1
        return f"{kind}{(self.count * 48271) % 2147483647:010d}"

    def moment(self, earliest_days: int = 500) -> dt.datetime:
        """A random second between 06:00 and 20:00 of a day in the past, two days ago or more."""
        back = self.rng.randrange(2, earliest_days)
        seconds = self.rng.randrange(6 * 3600, 20 * 3600)
        midnight = AS_OF.replace(hour=0, minute=0, second=0)
        return midnight - dt.timedelta(days=back) + dt.timedelta(seconds=seconds)

    def add(self, feed: str, brand: str, moment: dt.datetime, **columns: str | None) -> None:
        """Deliver a row, sometimes twice; the Italian brand delivers typed columns."""
        part = "typed" if brand == "juniper" else "crowd"
        self.landing.add(feed, brand, month_after(moment), part, **columns)
        if self.rng.random() < 0.03:
            again = moment + dt.timedelta(days=self.rng.choice([0, 40, 90]))
            self.landing.add(feed, brand, month_after(again), part + "-again", **columns)

    def tell(self) -> list[Person]:
        """Deliver everybody's rows and return the people, for a reader who is puzzled."""
        people = [self.person(number) for number in range(self.size)]
        for left, right in zip(people[0:20:2], people[1:20:2], strict=True):
            self.marry(left, right)
        for person in people:
            for brand in person.brands:
                self.live(person, brand)
            self.consent(person)
        for brand, phone in self.shops.items():
            for person in people[20:32]:
                self.shop_order(person, brand, phone)
        return people

    def person(self, number: int) -> Person:
        """Draw somebody."""
        rng = self.rng
        last = "".join(rng.choice(SYLLABLES) for _ in range(3)).capitalize() + f"{number:03d}"
        # Names have letters only: the number becomes two letters.
        last = last[:-3] + chr(97 + number // 26 % 26) + chr(97 + number % 26)
        names = rng.sample(sorted(CONTROLLERS), rng.choice([1, 1, 1, 2, 2, 3]))
        brands = []
        for name in names:
            brands += rng.sample(CONTROLLERS[name], rng.randrange(1, len(CONTROLLERS[name]) + 1))
        born = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(20000))
        home = brands[0]
        return Person(
            number,
            rng.choice(FIRST),
            last,
            born.isoformat() if rng.random() < 0.6 else None,
            [f"p{number}.{kind}@crowd.example" for kind in ["home", "work"][: rng.choice([1, 2])]],
            [self.phones.of(home) for _ in range(rng.choice([0, 1, 1, 2]))],
            COUNTRY[home],
            brands,
        )

    def marry(self, left: Person, right: Person) -> None:
        """Two people of one e-mail and two first names; each keeps a phone."""
        left.brands = right.brands = [self.rng.choice(["fjord", "harbour"])]
        left.family = right.family = f"family{left.number}@crowd.example"
        right.last = left.last
        left.first, right.first = "Marie", "Tomáš"
        left.country = right.country = COUNTRY[left.brands[0]]
        left.phones = [self.phones.of(left.brands[0])]
        right.phones = [self.phones.of(right.brands[0])]

    def typed_email(self, address: str) -> str:
        """The address as somebody types it."""
        name, domain = address.split("@")
        return self.rng.choice(
            [address, address, address, address.upper(), f" {address} ", f"{name}+news@{domain}",
             f"Somebody <{address}>", address.capitalize()]
        )  # fmt: skip

    def typed_phone(self, digits: str, country: str, brand: str) -> str:
        """The number as somebody types it: nationally only where the reader is in the country."""
        prefix = {"CZ": "420", "GB": "44", "DE": "49", "FR": "33", "IT": "39"}[country]
        national = digits[1:] if country in ("GB", "DE", "FR") else digits
        forms = [
            f"+{prefix}{national}",
            f"00{prefix}{national}",
            f"+{prefix} {national[:3]} {national[3:6]} {national[6:]}",
            f"+{prefix}-{national[:3]}-{national[3:]}",
        ]
        if COUNTRY[brand] == country:
            forms += [digits, f"{digits[:4]} {digits[4:]}", f"{digits[:5]}-{digits[5:]}"]
        return self.rng.choice(forms)

    def live(self, person: Person, brand: str) -> None:
        """What somebody does at one brand."""
        rng = self.rng
        if rng.random() < 0.4 or person.family:
            person.cards[brand] = self.key("card")
        for _ in range(max(rng.choice([0, 1, 1, 2]), 1 if person.family else 0)):
            self.contact(person, brand)
        if brand in person.cards:
            self.loyalty(person, brand)
        orders = [self.order(person, brand) for _ in range(rng.choice([0, 1, 1, 2, 3, 5, 8]))]
        for order in orders:
            if order and rng.random() < 0.15:
                self.returned(brand, *order)
            if order and rng.random() < 0.15:
                at = order[1] + dt.timedelta(days=1)
                self.add("reviews", brand, at, review_id=self.key("rev"), reviewed_at=iso(at),
                         order_id=order[0], rating=str(rng.randrange(1, 6)))  # fmt: skip
        self.answers(person, brand)
        self.visits(person, brand)

    def contact(self, person: Person, brand: str) -> None:
        """A contact record, sometimes with an older version that comes late."""
        rng = self.rng
        at = self.moment()
        contact_id = self.key("con")
        person.contacts.setdefault(brand, []).append(contact_id)
        email = person.family or rng.choice(person.emails)
        first = rng.choice([person.first, person.first.upper(), person.first[0] + "."])
        columns: dict[str, str | None] = {
            "contact_id": contact_id,
            "email": self.typed_email(email),
            "first_name": first,
            "last_name": rng.choice([person.last, person.last.lower()]),
            "birth_date": person.born if rng.random() < 0.7 else None,
            "source_system": rng.choice(["eshop", "pos", "app", "crm"]),
            "city": "Now",
            "updated_at": iso(at),
        }
        if person.phones and (rng.random() < 0.6 or person.family):
            number = rng.choice(person.phones)
            columns["phone"] = self.typed_phone(number, person.country, brand)
        if brand in person.cards and rng.random() < 0.7:
            columns["loyalty_card_id"] = person.cards[brand]
        self.add("contacts", brand, at, **columns)
        if rng.random() < 0.2:
            older = at - dt.timedelta(days=rng.randrange(1, 30))
            late = at + dt.timedelta(days=rng.randrange(-60, 60))
            late = max(late, older)
            self.add("contacts", brand, late, **{**columns, "city": "Then",
                                                 "updated_at": iso(older)})  # fmt: skip

    def order(self, person: Person, brand: str) -> tuple[str, dt.datetime] | None:
        """An order by one of the ways in which people are known."""
        rng = self.rng
        at = self.moment()
        order_id = self.key("ord")
        who: dict[str, str | None] = {}
        channel = rng.choice(["eshop", "eshop", "app"])
        way = rng.random()
        contacts = person.contacts.get(brand, [])
        email = self.typed_email(person.family or rng.choice(person.emails))
        if way < 0.3 and contacts:
            who = {"contact_id": rng.choice(contacts)}
            if rng.random() < 0.5:
                who["email"] = email
        elif way < 0.5:
            who = {"email": email}
        elif way < 0.65 and person.phones:
            phone = self.typed_phone(person.phones[0], person.country, brand)
            who = {"email": email, "phone": phone}
        elif way < 0.72 and person.phones:
            channel = "call_centre"
            who = {"phone": self.typed_phone(person.phones[0], person.country, brand)}
        elif way < 0.85 and brand in person.cards:
            channel = "store"
            who = {"loyalty_card_id": person.cards[brand]}
        elif way < 0.9 and brand in self.shops and not person.family:
            channel = "store"
            who = {"phone": self.shops[brand]}
        elif way < 0.95:
            who = {"email": email, "coupon_code": "CROWD15"}
        columns: dict[str, str | None] = {
            "order_id": order_id,
            "ordered_at": iso(at),
            "status": rng.choice(STATUSES),
            "sales_channel": channel,
            "currency_code": CURRENCY[brand] if rng.random() < 0.9 else "EUR",
            "total_amount": f"{rng.randrange(100, 90000) / 100:.2f}",
            "discount_amount": "1.50" if rng.random() < 0.3 else None,
            "is_test": rng.choice([None, "false", "false", "false"])
            if rng.random() < 0.97
            else "true",
            "updated_at": iso(at),
            **who,
        }
        if brand != "juniper" and rng.random() < 0.1:
            columns["total_amount"] = str(columns["total_amount"]).replace(".", ",")
        self.add("orders", brand, at, **columns)
        if rng.random() < 0.15:
            newer = {**columns, "total_amount": f"{rng.randrange(100, 90000) / 100:.2f}",
                     "updated_at": iso(at + dt.timedelta(hours=30))}  # fmt: skip
            self.add("orders", brand, at + dt.timedelta(days=rng.choice([2, 35])), **newer)
            # A state between the two, which comes last of all.
            between = {**columns, "total_amount": "7.77", "status": "paid",
                       "updated_at": iso(at + dt.timedelta(hours=3))}  # fmt: skip
            self.add("orders", brand, at + dt.timedelta(days=70), **between)
        return order_id, at

    def shop_order(self, person: Person, brand: str, phone: str) -> None:
        """An order that the shop typed in under its own phone."""
        at = self.moment()
        self.add(
            "orders", brand, at, order_id=self.key("ord"), ordered_at=iso(at), status="completed",
            sales_channel="store", email=f"p{person.number}.shop@crowd.example", phone=phone,
            currency_code=CURRENCY[brand], total_amount="21.00", updated_at=iso(at),
        )  # fmt: skip

    def returned(self, brand: str, order_id: str, ordered: dt.datetime) -> None:
        """A refund some days after the order, never after the newest moment."""
        at = ordered + dt.timedelta(days=self.rng.randrange(1, 40))
        if at > AS_OF - dt.timedelta(days=1):
            return
        self.add(
            "returns", brand, at, return_id=self.key("ret"), order_id=order_id,
            refund_amount=f"{self.rng.randrange(50, 5000) / 100:.2f}", returned_at=iso(at),
            return_type=self.rng.choice(["return", "complaint"]),
        )  # fmt: skip

    def loyalty(self, person: Person, brand: str) -> None:
        """Points, and now and then a voucher that is used at a till."""
        rng = self.rng
        card = person.cards[brand]
        at = self.moment()
        contacts = person.contacts.get(brand)
        self.add(
            "loyalty_events", brand, at, event_id=self.key("loy"), loyalty_card_id=card,
            event_type="enrolled", contact_id=contacts[0] if contacts else None,
            occurred_at=iso(at),
        )  # fmt: skip
        if rng.random() < 0.5:
            at, voucher = self.moment(), self.key("voucher")
            self.add(
                "loyalty_events", brand, at, event_id=self.key("loy"), loyalty_card_id=card,
                event_type="voucher_issued", voucher_code=voucher, occurred_at=iso(at),
            )  # fmt: skip
            if rng.random() < 0.7:
                used = at + dt.timedelta(days=1)
                self.add(
                    "orders", brand, used, order_id=self.key("ord"), ordered_at=iso(used),
                    status="completed", sales_channel="store", coupon_code=voucher,
                    currency_code=CURRENCY[brand], total_amount="12.34", updated_at=iso(used),
                )  # fmt: skip

    def answers(self, person: Person, brand: str) -> None:
        """Surveys, calls and reviews."""
        rng = self.rng
        email = self.typed_email(person.family or rng.choice(person.emails))
        if rng.random() < 0.2:
            at = self.moment()
            self.add(
                "survey_responses", brand, at, response_id=self.key("sur"), answered_at=iso(at),
                question_key="interest_category", answer="garden, home", email=email,
            )  # fmt: skip
        if rng.random() < 0.2 and person.phones:
            at = self.moment()
            self.add(
                "service_interactions", brand, at, interaction_id=self.key("int"),
                opened_at=iso(at), channel="call", direction="inbound",
                phone=self.typed_phone(person.phones[0], person.country, brand),
            )  # fmt: skip
        if rng.random() < 0.1:
            at = self.moment()
            self.add("reviews", brand, at, review_id=self.key("rev"), reviewed_at=iso(at),
                     email=email, rating="4")  # fmt: skip

    def visits(self, person: Person, brand: str) -> None:
        """Sessions on one device; the first login is not always the first visit."""
        rng = self.rng
        contacts = person.contacts.get(brand)
        if rng.random() < 0.5:
            return
        device = self.key("dev")
        first = self.moment(300)
        starts = [first + dt.timedelta(days=3 * number) for number in range(rng.randrange(1, 4))]
        logins = [number == 0 or rng.random() < 0.3 for number in range(len(starts))]
        if rng.random() < 0.4:
            starts.insert(0, first - dt.timedelta(days=5))
            logins.insert(0, False)
        if rng.random() < 0.3:
            starts.insert(0, first - dt.timedelta(days=45))
            logins.insert(0, False)
        for start, login in zip(starts, logins, strict=True):
            if start > AS_OF - dt.timedelta(days=2):
                continue
            at = start
            for _ in range(rng.randrange(1, 7)):
                kind = rng.choice(
                    ["page_view", "product_view", "category_view", "search", "add_to_cart",
                     "checkout_started", "purchase", "wishlist_add"]
                )  # fmt: skip
                self.add(
                    "events", brand, at, event_id=self.key("evt"), event_type=kind,
                    occurred_at=iso(at), device_id=device, platform="web",
                    contact_id=contacts[0] if login and contacts else None,
                )  # fmt: skip
                at += dt.timedelta(seconds=rng.choice([20, 300, 1799, 1800, 1801, 4000]))

    def consent(self, person: Person) -> None:
        """Decisions on linking controllers, taken at each by the e-mails that it knows."""
        rng = self.rng
        if person.family:
            return
        for controller in sorted({CONTROLLER[brand] for brand in person.brands}):
            if rng.random() < 0.3:
                continue
            brand = next(b for b in person.brands if CONTROLLER[b] == controller)
            # The same decisions by every e-mail, so that a person's consent is one thing however it
            # is looked up.
            at = self.moment(200)
            for _ in range(rng.choice([1, 1, 2, 3])):
                decision = rng.choice(["granted", "granted", "withdrawn"])
                for email in person.emails:
                    self.add(
                        "consent_events", brand, at, consent_event_id=self.key("cns"), email=email,
                        purpose="cross_brand_profiling", decision=decision, decided_at=iso(at),
                    )  # fmt: skip
                at += dt.timedelta(hours=7)
