"""What reaches a server against a plain Python oracle of consent: nobody too many, ever.

Random worlds: people at brands of two controllers, some suspect, some without contactability or
with nulls in it, identifiers that two people share, and newer landing files with consents and
requests: late, repeated, out of order, misspelt, unreadable. The oracle reads them row by row.
`CROSSBRAND_LONG=1` takes 40 worlds of 1,000 people instead of 2 of 150.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from collections import defaultdict
from typing import Any

import pytest

from .activation import FLAGS, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform

WORLDS, PEOPLE = (40, 1000) if os.environ.get("CROSSBRAND_LONG") == "1" else (2, 150)
CONTROLLERS = {"aster": "alder_group", "birch": "alder_group", "cedar": "cedar_trade"}
CHANNELS = {
    "email": "email", "e-mail": "email", "sms": "sms", "text message": "sms", "call": "call",
    "vms": "call", "letter": "letter", "web_push": "web_push", "app_push": "app_push", "chat": None,
}  # fmt: skip
FOREVER = dt.datetime(9999, 12, 31)
Person = tuple[str, str]


def make_world(chance: random.Random) -> World:
    world = World(contactability=[], identifiers=[])
    assert world.contactability is not None
    assert world.identifiers is not None
    for number in range(PEOPLE):
        for brand in chance.sample(sorted(CONTROLLERS), chance.randint(1, 3)):
            shared = chance.random() < 0.05
            row = profile(number, brand)
            if shared:
                row["email"] = f"family.{number // 10}@example.com"
            for flag in FLAGS:
                row[f"may_contact_{flag}"] = chance.choice([True, True, True, False, None])
            if chance.random() < 0.9:
                world.profiles.append(row)
            suspect = chance.choice([False] * 12 + [True, None])
            for flag in FLAGS:
                if chance.random() < 0.05:
                    continue
                may = chance.choice([True] * 8 + [False, None])
                world.contactability.append({
                    "customer_id": row["customer_id"], "brand_id": brand, "channel": flag,
                    "may_contact": may, "is_suspect": suspect,
                })  # fmt: skip
            for kind, value, own in (
                ("email", row["email"], None), ("phone", row["phone"], None),
                ("contact_id", f"C{number}", brand),
                ("loyalty_card_id", row["loyalty_card_id"], brand),
            ):  # fmt: skip
                world.identifiers.append({
                    "customer_id": row["customer_id"], "identifier_type": kind,
                    "identifier_value": value, "brand_id": own, "unusable_reason": None,
                })  # fmt: skip
    return world


def make_consents(chance: random.Random) -> list[tuple[str, str, Row]]:
    """Brand, day of loading, row."""
    landed = []
    for number in range(PEOPLE // 3):
        who = chance.randrange(PEOPLE)
        brand = chance.choice(sorted(CONTROLLERS))
        spelt = chance.choice(
            ["person.{}@example.com", " Person.{}@EXAMPLE.com", "<person.{}+x@example.com>"]
        )
        row: Row = {
            "consent_event_id": f"k{chance.randrange(PEOPLE // 3)}",
            "contact_id": chance.choice([None, None, f"C{who}"]),
            "email": chance.choice([None, spelt.format(who), f"family.{who // 10}@example.com"]),
            "phone": chance.choice([None, None, f"+420 7{70_000_000 + who:08d}"[:14]]),
            "purpose": chance.choice(
                ["marketing"] * 6
                + ["profiling", "third_party_sharing", "cross_brand_profiling", "x", None]
            ),
            "channel": chance.choice([None, None, *CHANNELS, "E-MAIL", "pigeon"]),
            "decision": chance.choice(
                ["withdrawn"] * 4 + ["granted"] * 4 + ["Withdrawn", "?", None]
            ),
            "decided_at": chance.choice(
                [f"2026-01-0{chance.randint(1, 3)} 0{chance.randint(0, 9)}:00:00"] * 12
                + [None, "soon", "2031-01-01"]
            ),
        }
        landed.append((brand, f"2026-01-0{chance.randint(2, 4)}", row))
        if number % 7 == 0:
            landed.append((brand, f"2026-01-0{chance.randint(2, 4)}", dict(row)))
    return landed


def make_requests(chance: random.Random) -> list[tuple[str, str, Row]]:
    landed = []
    for number in range(PEOPLE // 20):
        who = chance.randrange(PEOPLE)
        kind, value = chance.choice([
            ("email", f"PERSON.{who}@example.com"), ("contact_id", f"C{who}"),
            ("loyalty_card_id", f"9{who:010d}"), ("email", "nobody"), ("phone", "1"),
            ("?", f"C{who}"),
        ])  # fmt: skip
        landed.append((chance.choice(sorted(CONTROLLERS)), "2026-01-02", {
            "request_id": f"r{number}", "identifier_type": kind, "identifier_value": value,
            "request_type": chance.choice(
                ["erasure", "restriction", "objection", "access", "access", "?", None]),
            "requested_at": chance.choice(["2026-01-02", None]),
        }))  # fmt: skip
    return landed


# --- the oracle ---------------------------------------------------------------------------------


def parse(text: str | None, day: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at <= dt.datetime.fromisoformat(day) + dt.timedelta(days=2) else None


def address(text: str | None) -> str | None:
    if not text or "@" not in text:
        return None
    local, domain = text.strip(" <>").lower().split("@")
    return f"{local.split('+')[0]}@{domain}"


def named_by(row: Row) -> list[tuple[str, str]]:
    """The identifiers that a consent names."""
    found = [("contact_id", row["contact_id"]), ("email", address(row["email"])),
             ("phone", (row["phone"] or "").replace(" ", "") or None)]  # fmt: skip
    return [(kind, value) for kind, value in found if value]


def closed_by(
    world: World, consents: list[tuple[str, str, Row]], requests: list[tuple[str, str, Row]]
) -> set[tuple[str, str, str]]:
    """Customer, brand and what is closed."""
    owners: dict[tuple[str, str], set[tuple[str, str | None]]] = defaultdict(set)
    for row in world.identifiers or []:
        key = (row["identifier_type"], row["identifier_value"])
        owners[key].add((row["customer_id"], row["brand_id"]))
    for row in world.profiles:
        owners["email", row["email"]].add((row["customer_id"], None))

    newest: dict[tuple[str, str], str] = {}
    for brand, day, row in consents:
        if row["purpose"] == "third_party_sharing":
            continue
        key = (brand, row["consent_event_id"])
        newest[key] = max(newest.get(key, ""), day)
    words: dict[Any, tuple[dt.datetime, bool]] = {}
    events: dict[tuple[str, str], list[tuple[str, Row]]] = defaultdict(list)
    for brand, day, row in consents:
        key = (brand, row["consent_event_id"])
        if row["purpose"] != "third_party_sharing" and newest[key] == day:
            events[key].append((day, row))
    for (brand, _), versions in events.items():
        is_refused = any(row["decision"] != "granted" for _, row in versions)
        for day, row in versions:
            no = row["decision"] != "granted"
            at = parse(row["decided_at"], day)
            known = row["purpose"] in ("marketing", "profiling", "cross_brand_profiling")
            if not no and (is_refused or at is None or not known):
                continue
            purposes = [row["purpose"]] if known else ["marketing", "profiling", "cross"]
            channel = (row["channel"] or "").lower()
            if channel and channel in CHANNELS:
                named = [{"e-mail": "email", "text message": "sms"}.get(channel, channel)]
            elif channel and not no:
                continue
            else:
                named = ["email", "sms", "web_push", "app_push", "call", "vms", "chat", "letter"]
            for identifier in named_by(row):
                for purpose in purposes:
                    for one in named:
                        place = (brand, identifier, purpose, one)
                        said = (at if at is not None and known else FOREVER, no)
                        words[place] = max(words.get(place, said), said)
    closed: set[tuple[str, str, str]] = set()

    def people(brand: str, identifier: tuple[str, str]) -> list[str]:
        """Who has an identifier; where nobody has, who has one that a consent names beside it."""
        seen, next_ = set(), [identifier]
        found: list[str] = []
        while next_:
            one = next_.pop()
            seen.add(one)
            own = [who for who, where in owners.get(one, ()) if where in (None, brand)]
            found += own
            if own:
                continue
            for where, _, row in consents:
                beside = named_by(row)
                if one in beside and (where == brand or one[0] != "contact_id"):
                    next_ += [
                        other
                        for other in beside
                        if other not in seen and (where == brand or other[0] != "contact_id")
                    ]
        return found

    for (brand, identifier, purpose, channel), (_, no) in words.items():
        if not no:
            continue
        what = CHANNELS[channel] if purpose == "marketing" else "profiling"
        for customer in people(brand, identifier):
            if what is None:
                continue
            everywhere = purpose.startswith("cross")
            for where in CONTROLLERS if everywhere else [brand]:
                closed.add((customer, where, what))
    kinds = ("email", "phone", "loyalty_card_id", "contact_id")
    for brand, _, row in requests:
        if row["request_type"] == "access":
            continue
        for kind in kinds if row["identifier_type"] not in kinds else (row["identifier_type"],):
            value = address(row["identifier_value"]) if kind == "email" else row["identifier_value"]
            for customer in people(brand, (kind, value)) if value else []:
                for where, controller in CONTROLLERS.items():
                    if controller == CONTROLLERS[brand]:
                        closed |= {(customer, where, one) for one in (*FLAGS, "profiling")}
    return closed


def permitted(
    world: World, closed: set[tuple[str, str, str]]
) -> dict[Person, tuple[set[str], bool]]:
    """Who may be told of: their open channels, and whether their profile may go along."""
    may: dict[Person, set[str]] = defaultdict(set)
    suspects: dict[Person, set[Any]] = defaultdict(set)
    for row in world.contactability or []:
        person = (row["customer_id"], row["brand_id"])
        suspects[person].add(row["is_suspect"])
        if row["may_contact"]:
            may[person].add(row["channel"])
    found = {}
    for row in world.profiles:
        person = (row["customer_id"], row["brand_id"])
        open_ = {
            flag for flag in FLAGS
            if row[f"may_contact_{flag}"] is True and flag in may[person]
            and (*person, flag) not in closed
        }  # fmt: skip
        if open_ and suspects[person] == {False}:
            found[person] = (open_, (*person, "profiling") not in closed)
    return found


@pytest.mark.parametrize("seed", range(WORLDS))
def test_nobody_reaches_the_server_whom_consent_does_not_reach(
    seed: int, stage: Stage, sync: Sync
) -> None:
    chance = random.Random(seed)
    world, consents, requests = make_world(chance), make_consents(chance), make_requests(chance)
    stage.publish(world)
    for feed, landed in (("consent_events", consents), ("privacy_requests", requests)):
        files: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for brand, day, row in landed:
            files[brand, day].append(row)
        for (brand, day), rows in files.items():
            chance.shuffle(rows)
            for part in (rows[::2], rows[1::2]):
                if part:
                    stage.land(feed, part, brand, day)
    expected = permitted(world, closed_by(world, consents, requests))
    with Platform("webhook") as platform:
        code, _ = sync(platform)
        assert code == 0
        assert platform.violations == []
        told = {one["id"]: one["item"] for one in platform.deliveries}
        assert {one["operation"] for one in platform.deliveries} == {"upsert"}
        assert set(told) == {f"{brand}:{customer}" for customer, brand in expected}
        people = {(row["customer_id"], row["brand_id"]): row for row in world.profiles}
        for (customer, brand), (channels, may_profile) in expected.items():
            item, row = told[f"{brand}:{customer}"], people[customer, brand]
            assert {name for name, may in item["permissions"].items() if may} == channels
            fields = item["fields"]
            assert fields["email"] == (row["email"] if "email" in channels else None)
            may_phone = bool(channels & {"sms", "call"})
            assert fields["phone"] == (row["phone"] if may_phone else None)
            assert fields["rfm_segment"] == (row["rfm_segment"] if may_profile else None)
            assert fields["audiences"] == (["reward"] if may_profile else None)
            assert fields["preferred_channel"] == ("email" if may_profile else None)
        # Some of each, or the world proves nothing.
        whole = permitted(world, set())
        assert len(whole) < len(world.profiles)

        def channels_open(found: dict[Person, tuple[set[str], bool]]) -> int:
            return sum(len(channels) for channels, _ in found.values())

        assert channels_open(expected) < channels_open(whole)
        assert any(not may_profile for _, may_profile in expected.values())


def test_a_file_that_the_generation_has_read_closes_nothing(stage: Stage, sync: Sync) -> None:
    """What the build has heard it has judged; the same file grown by a row is newer."""
    row = {"consent_event_id": "k", "email": "person.1@example.com", "purpose": "marketing",
           "decision": "withdrawn", "decided_at": "2026-01-01"}  # fmt: skip
    path = stage.land("consent_events", [row])
    world = World([profile(1)], files=[path.relative_to(stage.landing).as_posix()])
    stage.publish(world)
    assert sync("file")[1]["sent"] == 1
    stage.land("consent_events", [row, row], day="2026-01-03")
    code, report = sync("file")
    assert (code, report["sent_by_operation"]) == (0, {"suppress": 1})
    assert report["newer_consent_files"] == 1


def test_a_newer_grant_opens_nothing_and_answers_a_newer_no(stage: Stage, sync: Sync) -> None:
    people = [profile(1), profile(2, may_contact_email=False), profile(3), profile(4), profile(5)]
    stage.publish(World(people))
    event = {"purpose": "marketing", "channel": "email"}

    def says(number: int, decision: str, at: str) -> Row:
        return {**event, "consent_event_id": f"{number}{at}", "decision": decision,
                "email": f"person.{number}@example.com", "decided_at": at}  # fmt: skip

    stage.land("consent_events", [
        says(1, "granted", "2026-01-02 10:00:00"), says(1, "withdrawn", "2026-01-02 09:00:00"),
        says(2, "granted", "2026-01-02 09:00:00"), says(3, "withdrawn", "2026-01-02 10:00:00"),
        says(3, "granted", "2026-01-02 09:00:00"),
        # Nobody knows when: a yes that can be read does not answer it.
        says(4, "withdrawn", "yesterday"), says(4, "granted", "2026-01-02 09:00:00"),
        # One event that says both.
        {**says(5, "withdrawn", "2026-01-02 09:00:00"), "consent_event_id": "both"},
        {**says(5, "granted", "2026-01-02 10:00:00"), "consent_event_id": "both"},
    ])  # fmt: skip
    with Platform("webhook") as platform:
        sync(platform)
        may = {one["id"]: one["item"]["permissions"]["email"] for one in platform.deliveries}
    assert may == {
        f"aster:{customer_id(1)}": True,
        f"aster:{customer_id(2)}": False,
        f"aster:{customer_id(3)}": False,
        f"aster:{customer_id(4)}": False,
        f"aster:{customer_id(5)}": False,
    }


def test_consent_that_lands_while_a_run_is_on_is_heard(stage: Stage, sync: Sync) -> None:
    """The first batch is under way when the withdrawal lands; nothing is told of them any more."""
    stage.publish(World([profile(number) for number in range(40)]))
    landed: list[int] = []

    def land_at_second(number: int) -> None:
        if number == 2 and not landed:
            landed.append(1)
            stage.deletions.write_text(json.dumps({
                "deletion_id": "d", "customer_id": customer_id(4), "brand_id": None,
                "erased_at": "2026-01-02T08:00:00Z"}) + "\n")  # fmt: skip
            stage.land("consent_events", [
                {"consent_event_id": "k", "email": "person.3@example.com", "purpose": "marketing",
                 "decision": "withdrawn", "decided_at": "2026-01-02"},
                *({"consent_event_id": f"c{one}", "email": f"person.{one}@example.com",
                   "purpose": "marketing", "channel": "email", "decision": "withdrawn",
                   "decided_at": "2026-01-02"} for one in range(10, 40))])  # fmt: skip

    with (
        pytest.MonkeyPatch.context() as patch,
        Platform("webhook", faults=land_at_second) as platform,
    ):
        # As where the pace is slow: a look after each batch.
        patch.setattr("crossbrand.sync.delivery.LOOK_SECONDS", 1e-9)
        from crossbrand.sync.destinations.webhook import Webhook

        patch.setattr(Webhook, "contract", small_batches(Webhook.contract, 5))
        code, report = sync(platform, concurrency=1)
        assert code == 0
        last = {one["id"]: one["operation"] for one in platform.deliveries}
        mine = f"aster:{customer_id(3)}"
        assert last.get(mine) in (None, "suppress")
        assert last.get(f"aster:{customer_id(4)}") in (None, "erase")
        # Who keeps other channels is told of as it is now, never half as it was.
        told = [one["item"] for one in platform.deliveries if one["operation"] == "upsert"]
        assert all(bool(one["fields"]["email"]) == one["permissions"]["email"] for one in told)
        may = {one["external_id"]: one["permissions"]["email"] for one in told}
        assert sum(may.values()) == 8 + (f"aster:{customer_id(4)}" in may)
        assert report["withheld"] > 0
        assert sync(platform)[1]["sent"] == 0


def small_batches(contract: Any, size: int) -> Any:
    from dataclasses import replace

    return replace(contract, batch=dict.fromkeys(contract.batch, size))


def test_an_unreadable_file_stops_everything(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    path = stage.land("consent_events", [{"consent_event_id": "k"}])
    path.write_bytes(b"PAR1 no more")
    code, report = sync("file")
    assert code == 2
    assert "nothing is sent" in report["err"]


def test_a_contact_id_that_nobody_can_be_found_by_stops_everything(
    stage: Stage, sync: Sync
) -> None:
    """Without customer_identifiers a withdrawal of a contact would be passed over."""
    import duckdb

    path = stage.publish(World([profile(1)]))
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table customer_identifiers")
    stage.land("consent_events", [
        {"consent_event_id": "k", "contact_id": "C1", "purpose": "marketing",
         "decision": "withdrawn", "decided_at": "2026-01-02"}])  # fmt: skip
    code, report = sync("file")
    assert code == 2
    assert "customer_identifiers" in report["err"]
