"""What becomes of customers when the data, the steward's decisions or the bounds change.

All stories lie side by side in one warehouse, with identifiers that never meet, and go through the
same five builds:

1. the start;
2. the changes: records arrive late or are withdrawn, consents change, a steward decides;
3. everything is undone, so exactly the customers of build 1 return with the same ids;
4. `max_identifiers_per_customer` is lowered, and one change comes a second time;
5. the bound is raised again, and that change is undone again.

The newest moment of the data is the same in all of them: nothing here is told apart by time alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from crossbrand.dbt_runner import DbtOutcome

from .independent.world import Landing, Phones, Ref, Teller, day, write_brands
from .project_copy import PROJECT, ProjectCopy

BUILDS = (1, 2, 3, 4, 5)
LOWERED_CAP = 7

# Two sets of variables serve whatever needs others than the project's, since dbt parses the project
# anew for each set: which of them a command reads, the tests say.
SPARING = {
    "max_identifiers_per_customer": LOWERED_CAP,
    "max_changed_id_share": 0.01,
    "changed_ids_never_too_many": 4,
    "from_identifier": "o'hara.three_steps@post.example",
    "to_identifier": "three_steps-card",
}
LENIENT = SPARING | {
    "max_changed_id_share": 0.9,
    "from_identifier": "voucher_line-k0",
    "to_identifier": "voucher_line-k4",
}
WANTED = (
    "int_identity__last_assignments",
    "customer_records",
    "identity_conflicts",
    "identity_evidence",
    "identity_redirects",
)
# The stories change records of four feeds and the steward's seed. What stands for other feeds, the
# views and the other seeds is the same in all builds, and only the first one makes it.
TOLD_FEEDS = {"contacts", "orders", "consent_events", "loyalty_events"}
UNCHANGING = (
    "path:models/staging,config.materialized:view", "base_communication__*", "base_engagement__*",
    "brands", "exchange_rates", "identifier_types", "link_rules", "nicknames",
    "placeholder_identifiers", "short_names",
)  # fmt: skip
DECISION_COLUMNS = (
    "decision", "identifier_type_a", "scope_id_a", "identifier_value_a",
    "identifier_type_b", "scope_id_b", "identifier_value_b", "decided_by", "decided_at", "why",
)  # fmt: skip

Identifier = tuple[str, str, str]
"""Type, scope and value, as a steward names it."""

Change = tuple[Ref, Ref | None, str]
"""The record whose customer of the build before is the old id, the record whose customer of this
build is the new one (None: nobody), and the reason."""


@dataclass
class Told:
    """One story in one build, with the answer written by hand.

    `together`: groups of records, one customer each. `changes`: what identity_redirects gains.
    """

    together: list[set[Ref]]
    changes: list[Change] = field(default_factory=list)
    nobody: set[Ref] = field(default_factory=set)


class Narrator(Teller):
    """Tells one story in one build: dates are given as days, decisions are the steward's."""

    def __init__(self, landing: Landing, phones: Phones, name: str, build: int) -> None:
        super().__init__(landing, name)
        self.phones = phones
        self.build = build
        self.decisions: list[tuple[str, Identifier, Identifier | None]] = []

    @property
    def is_changed(self) -> bool:
        """Whether this is the build of the changes."""
        return self.build == 2

    @property
    def is_undone(self) -> bool:
        """Whether this is the build right after the changes."""
        return self.build == 3

    def decide(self, decision: str, one: Identifier, other: Identifier | None = None) -> None:
        """A row of seeds/identity_decisions.csv."""
        self.decisions.append((decision, one, other))

    def changed(self, changes: list[Change], undone: list[Change]) -> list[Change]:
        """What identity_redirects gains when the story changes and when that is undone."""
        return changes if self.is_changed else undone if self.is_undone else []


def on(number: int) -> dt.datetime:
    """Noon of a day of the stories."""
    return day("2025-03-01") + dt.timedelta(days=number)


def contact_of(ref: Ref) -> Identifier:
    """The identifier of a contact record."""
    return "contact_id", ref[0], ref[2]


# --------------------------------------------------------------------------- the stories


def untouched(t: Narrator) -> Told:
    """Nothing happens to this customer, nor to the newest moment of the data."""
    phone = t.phones.cz()
    return Told(
        [
            {
                t.contact("c", at=on(1), email=t.mail("a"), phone=f"+420{phone}"),
                t.order(at=on(2), phone=phone),
                t.order(at=on(300), email=t.mail("a")),
            }
        ]
    )


def untouched_family(t: Narrator) -> Told:
    """A family's mailbox stays split by person."""
    jan = {t.contact("jan", at=on(1), email=t.mail("x"), first_name="Jan", last_name="Lis")}
    eva = {t.contact("eva", at=on(2), email=t.mail("x"), first_name="Eva", last_name="Lis")}
    return Told([jan, eva], nobody={t.order(at=on(3), email=t.mail("x"))})


def bridge_late(t: Narrator) -> Told:
    """An order that shows two customers to be one arrives late; the older one's id survives."""
    a = t.contact("a", at=on(1), email=t.mail("a"))
    b = t.contact("b", at=on(10), email=t.mail("b"))
    if not t.is_changed:
        return Told([{a}, {b}], t.changed([], [(b, b, "split")]))
    bridge = t.order("bridge", at=on(5), contact_id=b[2], email=t.mail("a"))
    return Told([{a, b, bridge}], [(b, a, "merge")])


def merged_again(t: Narrator) -> Told:
    """The same two are merged, parted, merged and parted; each time is kept."""
    a = t.contact("a", at=on(1), email=t.mail("a"))
    b = t.contact("b", at=on(10), email=t.mail("b"))
    if t.build in (2, 4):
        bridge = t.order("bridge", at=on(5), contact_id=b[2], email=t.mail("a"))
        return Told([{a, b, bridge}], [(b, a, "merge")])
    return Told([{a}, {b}], [(b, b, "split")] if t.build in (3, 5) else [])


def bridge_withdrawn(t: Narrator) -> Told:
    """A newer version of the record that joined two customers does not hold the identifier."""
    phone = t.phones.cz()
    a = t.contact("a", at=on(1), phone=phone)
    b = t.contact("b", at=on(2), phone=phone, email=t.mail("b"))
    order = t.order(at=on(3), email=t.mail("b"))
    if t.build >= 2:
        t.contact("b", at=on(20), email=t.mail("b"))
    if t.is_changed:
        return Told([{a}, {b, order}], [(b, b, "split")])
    if t.build >= 3:
        t.contact("b", at=on(21), phone=phone, email=t.mail("b"))
    return Told([{a, b, order}], t.changed([], [(b, a, "merge")]))


def earlier_record(t: Narrator) -> Told:
    """A record of one customer, older than all others, arrives late: the founder is another."""
    order = t.order(at=on(20), email=t.mail("a"), loyalty_card_id=t.key("card"))
    if not t.is_changed:
        return Told([{order}], t.changed([], [(order, order, "earlier_founder")]))
    early = t.order("early", at=on(5), loyalty_card_id=t.key("card"))
    return Told([{order, early}], [(order, order, "earlier_founder")])


def founder_erased(t: Narrator) -> Told:
    """All records of the contact that founded the customer are erased; an order remains."""
    rest = t.order("rest", at=on(9), email=t.mail("a"))
    if t.is_changed:
        return Told([{rest}], [(rest, rest, "founder_gone")])
    founder = t.contact("c", at=on(1))
    bought = t.order("bought", at=on(3), contact_id=founder[2], email=t.mail("a"))
    return Told([{founder, bought, rest}], t.changed([], [(rest, founder, "earlier_founder")]))


def erased_whole(t: Narrator) -> Told:
    """A customer of one record is erased, and comes back under the same id."""
    contact = ("fjord", "contacts", t.key("c"))
    if t.is_changed:
        return Told([], [(contact, None, "gone")])
    t.contact("c", at=on(1), email=t.mail("a"))
    return Told([{contact}])


def merged_by_an_older_one(t: Narrator) -> Told:
    """The record that joins two customers is older than both: both ids go, and it is a merge."""
    a = t.order("a", at=on(10), email=t.mail("a"))
    b = t.order("b", at=on(12), email=t.mail("b"))
    if not t.is_changed:
        return Told([{a}, {b}], t.changed([], [(a, a, "split"), (b, b, "split")]))
    card = t.key("card")
    joined = {
        a, b,
        t.order("first", at=on(1), loyalty_card_id=card),
        t.order("with_a", at=on(20), loyalty_card_id=card, email=t.mail("a")),
        t.order("with_b", at=on(21), loyalty_card_id=card, email=t.mail("b")),
    }  # fmt: skip
    return Told([joined], [(a, a, "merge"), (b, b, "merge")])


def circular_merges(t: Narrator) -> Told:
    """Three bridges in a circle make three customers one, and none of them is lost."""
    phones = [t.phones.cz() for _ in range(3)]
    people = [t.contact(f"c{n}", at=on(1 + n), phone=phones[n]) for n in range(3)]
    a, b, c = people
    if not t.is_changed:
        return Told(
            [{person} for person in people],
            t.changed([], [(b, b, "split"), (c, c, "split")]),
        )
    bridges = {
        t.order(f"bridge{n}", at=on(10 + n), contact_id=people[n][2], phone=phones[(n + 1) % 3])
        for n in range(3)
    }
    return Told([{*people, *bridges}], [(b, a, "merge"), (c, a, "merge")])


def _consent(t: Narrator, brand: str, number: int, decision: str = "granted") -> Ref:
    return t.record(
        "consent_events", f"{brand}{number}", brand=brand, at=on(number), email=t.mail("a"),
        decision=decision,
    )  # fmt: skip


def consent_withdrawn(t: Narrator) -> Told:
    """Two controllers: granted at both, withdrawn at one, granted again."""
    left = {t.contact("f", at=on(1), email=t.mail("a")), _consent(t, "fjord", 10)}
    h = t.contact("h", "harbour", on(5), email=t.mail("a"))
    right = {h, _consent(t, "harbour", 11)}
    if t.build >= 2:
        right.add(_consent(t, "harbour", 20, "withdrawn"))
    if t.is_changed:
        return Told([left, right], [(h, h, "split")])
    if t.build >= 3:
        right.add(_consent(t, "harbour", 30))
    return Told([left | right], t.changed([], [(h, h, "merge")]))


def consent_granted(t: Narrator) -> Told:
    """Granted at one controller only; the other follows, and takes it back."""
    f = t.contact("f", at=on(1), email=t.mail("a"))
    left = {f, _consent(t, "fjord", 10)}
    h = t.contact("h", "harbour", on(5), email=t.mail("a"))
    right = {h}
    if t.build >= 2:
        right.add(_consent(t, "harbour", 11))
    if t.is_changed:
        return Told([left | right], [(h, f, "merge")])
    if t.build >= 3:
        right.add(_consent(t, "harbour", 12, "withdrawn"))
    return Told([left, right], t.changed([], [(h, h, "split")]))


def never_link(t: Narrator) -> Told:
    """A steward parts two identifiers that stand on one record."""
    c = t.contact("c", at=on(1))
    both = t.order("both", at=on(3), contact_id=c[2], email=t.mail("a"))
    other = t.order("other", at=on(4), email=t.mail("a"))
    if not t.is_changed:
        return Told([{c, both, other}], t.changed([], [(other, c, "merge")]))
    t.decide("never_link", contact_of(c), ("email", "north_group", t.mail("a")))
    return Told([{c, both}, {other}], [(other, other, "split")])


def never_link_through_a_third(t: Narrator) -> Told:
    """A steward parts two contacts that only a phone joins: the phone is left to itself."""
    phone = t.phones.cz()
    a = t.contact("a", at=on(1), phone=phone)
    b = t.contact("b", at=on(2), phone=phone, email=t.mail("b"))
    call = t.order("call", at=on(3), phone=phone)
    if not t.is_changed:
        return Told([{a, b, call}], t.changed([], [(b, a, "merge"), (call, a, "merge")]))
    t.decide("never_link", contact_of(a), contact_of(b))
    return Told([{a}, {b}, {call}], [(b, b, "split"), (call, call, "split")])


def never_link_across_controllers(t: Narrator) -> Told:
    """Granted at three controllers; a steward parts two, and the third does not join them again."""
    contacts, groups = [], []
    for number, brand in enumerate(("fjord", "harbour", "isle")):
        contact = t.contact(brand, brand, on(1 + number), email=t.mail("a"))
        contacts.append(contact)
        groups.append({contact, _consent(t, brand, 10 + number)})
    a, b, c = contacts
    if not t.is_changed:
        return Told([set().union(*groups)], t.changed([], [(b, a, "merge"), (c, a, "merge")]))
    t.decide("never_link", contact_of(a), contact_of(b))
    return Told(groups, [(b, b, "split"), (c, c, "split")])


def deny_identifier(t: Narrator) -> Told:
    """A steward takes the phone that joins two contacts out of the graph."""
    phone = t.phones.cz()
    a = t.contact("a", at=on(1), phone=phone)
    b = t.contact("b", at=on(2), phone=phone)
    call = t.order("call", at=on(3), phone=phone)
    if not t.is_changed:
        return Told([{a, b, call}], t.changed([], [(b, a, "merge")]))
    t.decide("deny_identifier", ("phone", "north_group", f"+420{phone}"))
    return Told([{a}, {b}], [(b, b, "split")], nobody={call})


def always_link(t: Narrator) -> Told:
    """A steward joins two customers that no record joins."""
    a = t.contact("a", at=on(1), email=t.mail("a"))
    b = t.contact("b", at=on(2), email=t.mail("b"))
    if not t.is_changed:
        return Told([{a}, {b}], t.changed([], [(b, b, "split")]))
    t.decide("always_link", contact_of(a), contact_of(b))
    return Told([{a, b}], [(b, a, "merge")])


def over_the_limit(t: Narrator) -> Told:
    """A sixth person makes a phone of five the shop's: it links nobody."""
    phone = t.phones.cz()
    orders = [t.order(f"o{n}", at=on(1 + n), email=t.mail(f"m{n}"), phone=phone) for n in range(5)]
    sixth = ("fjord", "orders", t.key("o6"))
    if not t.is_changed:
        merges: list[Change] = [(order, orders[0], "merge") for order in orders[1:]]
        return Told([set(orders)], t.changed([], [*merges, (sixth, None, "gone")]))
    t.order("o6", at=on(20), email=t.mail("m6"), phone=phone)
    return Told(
        [*({order} for order in orders), {sixth}],
        [(order, order, "split") for order in orders[1:]],
    )


def cut_and_joined(t: Narrator) -> Told:
    """A line of ten identifiers, e-mail and phone by turns, where only seven may be one customer.

    The e-mails are stronger, and the last phone stands with one person only. So the phones take
    their places in the order p5, p1, p2, p3; p4 would make ten of it, and leads both ways: it is
    cut.
    """
    links = [t.phones.cz() if n % 2 else t.mail(f"m{n // 2}") for n in range(10)]
    orders = []
    for n, (left, right) in enumerate(pairwise(links)):
        email, phone = (left, right) if "@" in left else (right, left)
        orders.append(t.order(f"o{n}", at=on(1 + n), email=email, phone=phone))
    if t.build == 4:
        return Told([set(orders[:7]), set(orders[7:])], [(orders[8], orders[8], "split")])
    return Told([set(orders)], [(orders[8], orders[0], "merge")] if t.build == 5 else [])


def three_steps(t: Narrator) -> Told:
    """From an e-mail with an apostrophe to a card: three records, and a way round of four."""
    p, q, card = t.phones.cz(), t.phones.cz(), t.key("card")
    return Told(
        [
            {
                t.contact("c", at=on(1), email=t.mail("o'hara")),
                t.order("o1", at=on(2), contact_id=t.key("c"), phone=p),
                t.order("o2", at=on(3), phone=p, loyalty_card_id=card),
                t.contact("d", at=on(4), email=t.mail("o'hara")),
                t.order("o3", at=on(5), contact_id=t.key("d"), phone=q),
                t.order("o4", at=on(6), contact_id=t.key("e"), phone=q),
                t.order("o5", at=on(7), contact_id=t.key("e"), loyalty_card_id=card),
            }
        ]
    )


def voucher_line(t: Narrator) -> Told:
    """Five cards in a line over four vouchers, which no bound counts."""
    records = {t.order("o0", at=on(1), loyalty_card_id=t.key("k0"))}
    for n in range(4):
        voucher = t.key(f"v{n}")
        records |= {
            t.record("loyalty_events", f"i{n}", at=on(2 + n), loyalty_card_id=t.key(f"k{n}"),
                     event_type="voucher_issued", voucher_code=voucher),
            t.order(f"u{n}", at=on(3 + n), loyalty_card_id=t.key(f"k{n + 1}"), coupon_code=voucher),
        }  # fmt: skip
    return Told([records])


STORIES: list[Callable[[Narrator], Told]] = [
    untouched, untouched_family, bridge_late, merged_again, bridge_withdrawn, earlier_record,
    founder_erased, erased_whole, merged_by_an_older_one, circular_merges, consent_withdrawn,
    consent_granted, never_link, never_link_through_a_third,
    never_link_across_controllers, deny_identifier, always_link,
    over_the_limit, cut_and_joined, three_steps, voucher_line,
]  # fmt: skip
NAMES = [story.__name__ for story in STORIES]


# --------------------------------------------------------------------------- the builds


@dataclass
class Seen:
    """What a build made of the stories."""

    told: dict[str, Told]
    customers: dict[Ref, str | None]
    nodes: dict[str, str]
    redirects: dict[str, tuple[str, str | None, str, bool]]
    conflicts: set[tuple[str, str, str, bool]]

    @property
    def alive(self) -> set[str]:
        """The ids that stand for a customer."""
        return set(self.nodes.values())


class Warehouse(ProjectCopy):
    """A copy of the project, and its warehouse after each build."""

    def __init__(self, folder: Path) -> None:
        """Copy the project, with the brands of the stories."""
        super().__init__(folder)
        write_brands(self.project / "seeds" / "brands.csv")
        self.seen: dict[int, Seen] = {}

    def dbt_with(self, variables: dict[str, object], *arguments: str) -> DbtOutcome:
        """Run dbt with one of the two sets of variables; each has a target folder of its own."""
        target = "sparing" if variables is SPARING else "lenient"
        return self.dbt(*arguments, "--vars", json.dumps(variables), "--target-path", target)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a query on the warehouse gives."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def build(self, number: int) -> None:
        """Tell the stories as of this build, build, and keep what came out."""
        landing, phones = Landing(), Phones()
        told = {}
        decisions = []
        for name, story in zip(NAMES, STORIES, strict=True):
            narrator = Narrator(landing, phones, name, number)
            told[name] = story(narrator)
            decisions += narrator.decisions
        assert {feed for feed, *_ in landing.files} <= TOLD_FEEDS
        shutil.rmtree(self.landing, ignore_errors=True)
        landing.write(self.landing, {})
        write_decisions(self.project / "seeds" / "identity_decisions.csv", decisions)
        options = ["build", "--select", *(f"+{model}" for model in WANTED)]
        options += ["--exclude", "resource_type:test", "resource_type:unit_test"]
        if number > 1:
            options += UNCHANGING
        outcome = self.dbt_with(SPARING, *options) if number == 4 else self.dbt(*options)
        assert outcome.exit_code == 0, "\n".join(outcome.failures)
        self.seen[number] = self.look(told)

    def look(self, told: dict[str, Told]) -> Seen:
        """The marts of now."""
        customers = {
            (str(brand), str(feed), str(key)): None if customer is None else str(customer)
            for brand, feed, key, customer in self.rows(
                "select brand_id, feed, record_id, customer_id from marts.customer_records"
            )
        }
        nodes = {
            str(key): str(customer)
            for key, customer in self.rows(
                "select node_key, customer_id from intermediate.int_identity__customer_nodes"
            )
        }
        redirects = {
            str(key): (str(old), None if new is None else str(new), str(reason), bool(alive))
            for key, old, new, reason, alive in self.rows(
                "select redirect_id, old_customer_id, new_customer_id, reason, is_old_id_alive"
                " from marts.identity_redirects"
            )
        }
        conflicts = {
            (str(kind), str(kind_of_identifier), str(value), customer is not None)
            for kind, kind_of_identifier, value, customer in self.rows(
                "select conflict_kind, identifier_type, identifier_value, customer_id"
                " from marts.identity_conflicts where identifier_value is not null"
            )
        }
        return Seen(told, customers, nodes, redirects, conflicts)

    def path(self, variables: dict[str, object]) -> list[tuple[object, ...]]:
        """The steps that analysis why_one_customer gives; the bound is the lowered one."""
        outcome = self.dbt_with(variables, "compile", "--select", "why_one_customer")
        assert outcome.exit_code == 0, "\n".join(outcome.failures)
        target = "sparing" if variables is SPARING else "lenient"
        (compiled,) = self.project.glob(f"{target}/compiled/*/analyses/why_one_customer.sql")
        return self.rows(
            "select step, identifier_type, identifier_value, evidence"
            f" from ({compiled.read_text(encoding='utf-8')}) order by step"
        )


def write_decisions(path: Path, decisions: list[tuple[str, Identifier, Identifier | None]]) -> None:
    """Replace the steward's seed."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(DECISION_COLUMNS)
        for decision, one, other in decisions:
            writer.writerow(
                [decision, *one, *(other or ("", "", "")), "steward", "2025-06-01", "told"]
            )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse after all five builds."""
    warehouse = Warehouse(tmp_path_factory.mktemp("changes") / "project")
    for number in BUILDS:
        warehouse.build(number)
    return warehouse


# --------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", BUILDS)
def test_components(warehouse: Warehouse, number: int, name: str) -> None:
    """The records form the customers that the story tells of, and every record is there."""
    seen = warehouse.seen[number]
    told = seen.told[name]
    refs = set().union(told.nobody, *told.together)
    groups: dict[str | None, set[Ref]] = defaultdict(set)
    for ref, customer in seen.customers.items():
        if ref[2].startswith(f"{name}-"):
            groups[customer].add(ref)
    assert set().union(*groups.values()) == refs
    assert groups.pop(None, set()) == told.nobody
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, told.together))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", BUILDS)
def test_redirects(warehouse: Warehouse, number: int, name: str) -> None:
    """identity_redirects gains what the story says, and says whether the old id is still alive."""
    now, before = warehouse.seen[number], warehouse.seen.get(number - 1)
    ids = {
        customer
        for seen in warehouse.seen.values()
        for ref, customer in seen.customers.items()
        if ref[2].startswith(f"{name}-")
    }
    known = before.redirects if before else {}
    assert known.keys() <= now.redirects.keys(), "history is never rewritten"
    gained = {
        redirect
        for key, redirect in now.redirects.items()
        if key not in known and redirect[0] in ids
    }
    wanted = set()
    for old_ref, new_ref, reason in now.told[name].changes:
        assert before is not None
        old = before.customers[old_ref]
        assert old is not None
        wanted.add((old, new_ref and now.customers[new_ref], reason, old in now.alive))
    assert gained == wanted


@pytest.mark.parametrize("number", BUILDS[1:])
def test_ids_change_only_where_a_redirect_says_so(warehouse: Warehouse, number: int) -> None:
    """The older id survives a merge, the larger story's neighbours keep theirs."""
    now, before = warehouse.seen[number], warehouse.seen[number - 1]
    told = {
        (before.customers[old], new and now.customers[new])
        for story in now.told.values()
        for old, new, _ in story.changes
    }
    for ref, old in before.customers.items():
        new = now.customers.get(ref)
        if ref in now.customers and new is not None and old is not None and new != old:
            assert (old, new) in told, f"{ref} moved and no story says so"
    for ref in now.told["untouched"].together[0]:
        assert now.customers[ref] == before.customers[ref]


@pytest.mark.parametrize("number", BUILDS)
def test_an_id_that_is_gone_leads_to_its_identifiers(warehouse: Warehouse, number: int) -> None:
    """Whoever kept an old id finds, over the redirects, everybody who has its identifiers now."""
    now = warehouse.seen[number]
    destinations: dict[str, set[str | None]] = defaultdict(set)
    for old, new, _, _ in now.redirects.values():
        destinations[old].add(new)

    def ends(customer: str) -> set[str | None]:
        """The living ids that a dead one leads to."""
        found: set[str | None] = set()
        passed, waiting = {customer}, [customer]
        while waiting:
            for new in destinations[waiting.pop()] - passed:
                if new is None or new in now.alive:
                    found.add(new)
                elif new is not None:
                    passed.add(new)
                    waiting.append(new)
        return found

    gone = 0
    for earlier in BUILDS[: number - 1]:
        held: dict[str, set[str]] = defaultdict(set)
        for key, customer in warehouse.seen[earlier].nodes.items():
            held[customer].add(key)
        for customer in held.keys() - now.alive:
            gone += 1
            homes = {now.nodes[key] for key in held[customer] if key in now.nodes}
            assert homes <= ends(customer)
            assert homes or ends(customer) == {None}
    assert gone > 0 or number == 1


def test_what_is_undone_is_as_it_was(warehouse: Warehouse) -> None:
    """Every record has the id of build 1 again after the changes, and after the lowered cap."""
    first = warehouse.seen[1].customers
    for number in (3, 5):
        again = warehouse.seen[number].customers
        assert {ref: again[ref] for ref in first} == first
        assert warehouse.seen[number].alive == warehouse.seen[1].alive
    assert warehouse.seen[2].alive != warehouse.seen[1].alive


def test_ids_are_hashes_of_founders(warehouse: Warehouse) -> None:
    """customer_id is the md5 of the identifier seen first: anybody can work it out."""
    seen = warehouse.seen[1]
    for name, key, founder in (
        ("untouched", "c", "contact_id|fjord|untouched-c"),
        ("founder_erased", "c", "contact_id|fjord|founder_erased-c"),
    ):
        customer = seen.customers["fjord", "contacts", f"{name}-{key}"]
        assert customer == hashlib.md5(founder.encode()).hexdigest()
    moved = warehouse.seen[2].customers["fjord", "orders", "founder_erased-rest"]
    founder = "email|north_group|a.founder_erased@post.example"
    assert moved == hashlib.md5(founder.encode()).hexdigest()


def test_conflicts_say_what_was_cut(warehouse: Warehouse) -> None:
    """Links that were cut, and an identifier that links nobody, each in its builds and no other."""
    found: dict[str, dict[int, set[tuple[str, str]]]] = defaultdict(dict)
    for number in BUILDS:
        for kind, identifier_type, value, _ in warehouse.seen[number].conflicts:
            found[kind].setdefault(number, set()).add((identifier_type, value))
    too_many = found.pop("link_cut_too_many_identifiers")
    assert too_many.keys() == {4}
    emails = {value for kind, value in too_many[4] if kind == "email"}
    assert emails == {"m3.cut_and_joined@post.example", "m4.cut_and_joined@post.example"}
    assert len(too_many[4]) == 3
    never = found.pop("link_cut_never_link")
    assert never.keys() == {2}
    contacts = {value for kind, value in never[2] if kind == "contact_id"}
    assert contacts == {"never_link_through_a_third-a", "never_link_through_a_third-b"}
    assert len(never[2]) == 3
    across = found.pop("link_cut_across_controllers")
    assert across == {2: {("email", "a.never_link_across_controllers@post.example")}}
    shared = found.pop("identifier_shared")
    assert shared.keys() == {2}
    assert [kind for kind, _ in shared[2]] == ["phone"]
    split = found.pop("identifier_split_by_person")
    assert split == {number: {("email", "x.untouched_family@post.example")} for number in BUILDS}
    assert not found


@pytest.fixture
def misremembered(warehouse: Warehouse, tmp_path: Path) -> Iterator[Warehouse]:
    """The warehouse as if the last build had known every tenth customer by another id."""
    kept = tmp_path / "kept.duckdb"
    shutil.copy2(warehouse.warehouse, kept)
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "update intermediate.int_identity__last_assignments"
            " set customer_id = reverse(customer_id)"
            " where customer_id in (select distinct customer_id"
            "     from intermediate.int_identity__last_assignments order by 1 limit 5)"
        )
    yield warehouse
    kept.replace(warehouse.warehouse)


def test_too_many_changed_ids_stop_the_build(misremembered: Warehouse) -> None:
    """The build fails before it writes history; with a wider budget it goes on where it was."""

    def state() -> list[tuple[object, ...]]:
        return misremembered.rows(
            "select (select count(*) from marts.identity_redirects),"
            " (select count(*) from intermediate.int_identity__last_assignments"
            "     where redirect_count = (select count(*) from marts.identity_redirects))"
        )

    def build(variables: dict[str, object]) -> DbtOutcome:
        return misremembered.dbt_with(
            variables, "build", "--select", "int_identity__id_changes", "identity_redirects",
            "int_identity__last_assignments",
        )  # fmt: skip

    ((redirects, _),) = before = state()
    stopped = build(SPARING)
    assert stopped.exit_code != 0
    assert "assert_ids_move_within_budget" in "\n".join(stopped.failures)
    assert state() == before
    assert build(LENIENT).exit_code == 0
    ((now, known),) = state()
    assert isinstance(redirects, int)
    assert now == redirects + 5
    assert known, "the next build compares itself with this one"


def test_why_one_customer(warehouse: Warehouse) -> None:
    """The chain of evidence is the shortest one; each step's record holds both of its ends."""
    name = "three_steps"
    steps = warehouse.path(SPARING)
    ((phone,),) = warehouse.rows(
        "select distinct phone from intermediate.int_identity__records"
        f" where record_id = '{name}-o1'"
    )
    assert steps == [
        (1, "contact_id", f"{name}-c", f"fjord|contacts|{name}-c"),
        (2, "phone", phone, f"fjord|orders|{name}-o1"),
        (3, "loyalty_card_id", f"{name}-card", f"fjord|orders|{name}-o2"),
    ]


def test_why_one_customer_over_a_long_way(warehouse: Warehouse) -> None:
    """Vouchers count in no bound, so a chain may be longer than the bound on identifiers."""
    steps = warehouse.path(LENIENT)
    values = [f"voucher_line-{kind}{n + (kind == 'k')}" for n in range(4) for kind in "vk"]
    assert [(step, value) for step, _, value, _ in steps] == list(enumerate(values, start=1))


# --------------------------------------------------------------------------- the index


def test_the_index_of_scenarios_names_tests_that_exist() -> None:
    """Each proof that tests/SCENARIOS.md names is there under that name."""
    index = (PROJECT / "tests" / "SCENARIOS.md").read_text(encoding="utf-8")
    named = re.findall(
        r"`([\w./]+\.py::[^`]+|assert_\w+|test__\w+|[\w./]+/\w+\.(?:py|sql))`", index
    )
    assert len(named) > 60
    unit_tests = {
        name
        for path in (PROJECT / "models").rglob("*.yml")
        for name in re.findall(r"- name: (test__\w+)", path.read_text(encoding="utf-8"))
    }
    stories = (PROJECT / "tests/properties/independent/stories.py").read_text(encoding="utf-8")
    for proof in named:
        if proof.startswith("assert_"):
            assert (PROJECT / "tests" / "assertions" / f"{proof}.sql").is_file(), proof
        elif proof.startswith("test__"):
            assert proof in unit_tests, proof
        elif "::" not in proof:
            assert (PROJECT / "tests" / proof).is_file(), proof
        else:
            check_pytest(proof, stories)


def check_pytest(proof: str, stories: str) -> None:
    """That `file::test[parameter]` is a test, and the parameter a story or a word of the file."""
    match = re.fullmatch(r"([\w./]+)::(\w+)(?:\[(\w+)\])?", proof)
    assert match, proof
    path, test, parameter = match.groups()
    source = (PROJECT / "tests" / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {test}\(", source, re.MULTILINE), proof
    if parameter:
        told = stories if path.endswith("test_independent.py") else source
        assert re.search(rf"[\"']{parameter}[\"']|^def {parameter}\(", told, re.MULTILINE), proof
