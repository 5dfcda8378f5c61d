"""Several runs in a row against a plain Python oracle: whom may the platform write to after each?

People of two brands of one controller consent, withdraw and consent anew, before and after the
builds; they unsubscribe at the platform, which lands later or never; they turn out to be one, are
erased, enter and leave an audience; answers are lost. Runs are about all profiles or the audience.
After each run the platform must reach nobody on a channel that is not permitted, nobody who
unsubscribed there and has not consented since, and nobody who was erased. Where no answer was lost
it must reach everybody else, but for whoever consented anew before their unsubscription landed:
nobody has heard of a no that the new yes would answer, so nothing is opened by force. Nor is it at
Braze and SALESmanago, which go by e-mail, for whoever has refused the channel at another brand.

Short: one history a destination. `CROSSBRAND_LONG=1`: six longer ones of more people.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .activation import Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import PLATFORMS, redirect

IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"
PEOPLE, STEPS, SEEDS = (40, 8, range(6)) if IS_LONG else (20, 4, range(1))
BRANDS = ("aster", "birch")
CHANNELS = ("email", "sms")
FORCED = {"braze": ("email",), "salesmanago": ("email", "sms")}
"""Channels with a state of the platform's own, which a yes must overrule."""

START = dt.datetime(2026, 1, 1)
Key = tuple[int, str, str]
"""Person, brand, channel."""


@dataclass
class Ledger:
    """Who said what and when, whether or not a build has heard of it."""

    granted: dict[Key, dt.datetime] = field(default_factory=dict)
    withdrawn: dict[Key, dt.datetime] = field(default_factory=dict)
    clicked: dict[tuple[int, str], dt.datetime] = field(default_factory=dict)
    """Unsubscribed from e-mail at the platform."""

    heard: dict[tuple[int, str], dt.datetime] = field(default_factory=dict)
    """Of these what has landed."""

    unanswered: set[tuple[int, str]] = field(default_factory=set)
    """A build took a consent for an old one: the unsubscription that it answers had not landed."""

    merged: dict[int, int] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    united: set[int] = field(default_factory=set)
    """Who has taken another one in: what the platform makes of two profiles is its own affair."""

    members: set[int] = field(default_factory=set)
    lost_answers: bool = False

    def alive(self) -> list[int]:
        gone = self.merged.keys() | self.erased
        return [number for number in range(PEOPLE) if number not in gone]

    def permits(self, key: Key) -> bool:
        """The last word is a grant, by all that is known here."""
        number, brand, channel = key
        said = self.granted.get(key)
        nos = [self.withdrawn.get(key)]
        nos += [self.heard.get((number, brand))] if channel == "email" else []
        return said is not None and all(no is None or no < said for no in nos)

    def wants(self, key: Key) -> bool:
        """The last word is a grant, by all that the person has done anywhere."""
        number, brand, channel = key
        clicked = self.clicked.get((number, brand)) if channel == "email" else None
        return self.permits(key) and (clicked is None or clicked < self.granted[key])

    def has_refused_elsewhere(self, number: int, brand: str, channel: str) -> bool:
        """At another brand, ever: where accounts go by e-mail no yes is forced then."""
        return any(
            (number, other, channel) in self.withdrawn
            or (channel == "email" and (number, other) in self.heard)
            for other in BRANDS
            if other != brand
        )

    def overlook(self) -> None:
        """Before a build: whose new consent it cannot tell from one that was never taken back."""
        self.unanswered |= {
            (number, brand)
            for (number, brand), at in self.clicked.items()
            if self.heard.get((number, brand)) != at and self.wants((number, brand, "email"))
        }


def build(ledger: Ledger, at: dt.datetime, redirects: list[Row], files: list[str]) -> World:
    world = World(contactability=[], redirects=redirects, files=files)
    assert world.contactability is not None
    for number in ledger.alive():
        for brand in BRANDS:
            may = {one: ledger.permits((number, brand, one)) for one in CHANNELS}
            for channel in CHANNELS:
                key = (number, brand, channel)
                granted = ledger.granted.get(key)
                withdrawn = ledger.withdrawn.get(key)
                is_no = withdrawn is not None and (granted is None or withdrawn > granted)
                world.contactability.append({
                    "customer_id": customer_id(number), "brand_id": brand, "channel": channel,
                    "may_contact": may[channel], "is_suspect": False,
                    "reason": None if may[channel] else "withdrawn" if granted or withdrawn
                    else "no_consent",
                    "consent_decided_at": withdrawn if is_no else granted,
                    "unsubscribed_at": ledger.heard.get((number, brand))
                    if channel == "email" else None,
                })  # fmt: skip
            if any(may.values()):
                closed = {f"may_contact_{one}": False
                          for one in ("call", "letter", "web_push", "app_push")}  # fmt: skip
                closed |= {f"may_contact_{one}": value for one, value in may.items()}
                row = profile(number, brand, **closed, first_name=f"N{at.day}")
                row["email"] = f"person.{number}.{brand}@example.com" if may["email"] else None
                row["phone"] = row["phone"] if may["sms"] else None
                world.profiles.append(row)
                if number in ledger.members:
                    world.members.append({
                        "audience_name": "reward", "customer_id": row["customer_id"],
                        "brand_id": brand, "entered_at": START, "is_held_out": False,
                    })  # fmt: skip
    told = {number: number for number in range(PEOPLE)}
    for old in sorted(ledger.merged):
        told[old] = final(ledger, old)
    world.identifiers = [
        {"customer_id": customer_id(told[number]), "identifier_type": "email",
         "identifier_value": f"person.{number}.{brand}@example.com"}
        for number in range(PEOPLE) if told[number] not in ledger.erased for brand in BRANDS
    ]  # fmt: skip
    return world


def final(ledger: Ledger, number: int) -> int:
    while number in ledger.merged:
        number = ledger.merged[number]
    return number


def decide(chance: random.Random, ledger: Ledger, at: dt.datetime) -> dict[Key, str]:
    """What some people decide; a withdrawal counts at once, a grant when a build has heard it."""
    said = {}
    for number in chance.sample(ledger.alive(), len(ledger.alive()) // 4):
        key = (number, chance.choice(BRANDS), chance.choice(CHANNELS))
        said[key] = chance.choice(["granted", "withdrawn"])
        if said[key] == "withdrawn":
            ledger.withdrawn[key] = at
    return said


def hear(ledger: Ledger, said: dict[Key, str], at: dt.datetime) -> None:
    """The grants among these, of whoever is still there."""
    for (number, brand, channel), word in said.items():
        if word == "granted":
            ledger.granted[final(ledger, number), brand, channel] = at


def unite(chance: random.Random, ledger: Ledger) -> Row:
    old, new = chance.sample(ledger.alive(), 2)
    for told in (ledger.granted, ledger.withdrawn):
        for brand in BRANDS:
            for channel in CHANNELS:
                times = [told[one, brand, channel] for one in (old, new)
                         if (one, brand, channel) in told]  # fmt: skip
                if times:
                    told[new, brand, channel] = max(times)
    for clicks in (ledger.clicked, ledger.heard):
        for brand in BRANDS:
            times = [clicks[one, brand] for one in (old, new) if (one, brand) in clicks]
            if times:
                clicks[new, brand] = max(times)
    ledger.merged[old] = new
    ledger.united.add(new)
    return {**redirect(old, new), "redirect_id": f"r{old}"}


def check(ledger: Ledger, platform: Platform, name: str, is_all: bool) -> int:
    """Nobody too many and, where nothing was lost, nobody too few; returns how many are reached."""
    count = 0
    for number in range(PEOPLE):
        for brand in BRANDS:
            who = f"{brand}:{customer_id(number)}"
            reached = platform.reaches(who)
            if name == "carecloud":
                reached = set(CHANNELS) if reached else set()
                may = {one for one in CHANNELS if ledger.permits((number, brand, one))}
                assert not reached or may, who
            names = {"sms": "phone"} if name == "salesmanago" else {}
            if number in ledger.erased or number in ledger.merged:
                assert name == "carecloud" or platform.find(who) is None or not reached, who
                continue
            for channel in CHANNELS:
                key = (number, brand, channel)
                is_reached = names.get(channel, channel) in reached
                count += is_reached
                if name == "carecloud":
                    continue
                assert ledger.wants(key) or not is_reached, (key, platform.find(who))
                needs_email = name == "salesmanago" and not ledger.permits((number, brand, "email"))
                # Who lost their e-mail was closed at SALESmanago as a whole, for no word of theirs
                # on text messages, and these stay closed until a new grant.
                is_exact = name in ("webhook", "braze", "file") or (
                    name == "salesmanago"
                    and channel == "sms"
                    and (number, brand, "email") not in ledger.withdrawn
                    and (number, brand) not in ledger.heard
                )
                is_exact &= number not in ledger.united and not needs_email
                if channel == "email":
                    is_exact &= (number, brand) not in ledger.unanswered
                if name in ("braze", "salesmanago") and channel in FORCED[name]:
                    is_exact &= not ledger.has_refused_elsewhere(number, brand, channel)
                if is_all and is_exact:
                    assert is_reached == ledger.wants(key), (key, platform.find(who))
    return count


class Reader(Platform):
    """Whoever takes the files: reads the new ones, in the order of writing, as a webhook would."""

    def __init__(self, stage: Stage) -> None:
        super().__init__("webhook")
        self._stage = stage
        self._read: set[Path] = set()

    def read(self) -> None:
        folder = self._stage.root / "data" / "exports"
        new = set(folder.rglob("*.jsonl")) - self._read
        self._read |= new
        for path in sorted(new, key=lambda one: one.stat().st_mtime_ns):
            for line in path.read_text(encoding="utf-8").splitlines():
                item = json.loads(line)
                if item["operation"] != "erase" or item["external_id"] in self.profiles:
                    self._apply(item["operation"], item["external_id"], item)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*PLATFORMS, "file"])
def test_no_run_reaches_whom_consent_does_not(
    name: str, seed: int, stage: Stage, sync: Sync
) -> None:
    chance = random.Random(f"{name}{seed}")
    ledger = Ledger()
    files: list[str] = []
    redirects: list[Row] = []
    deletions: list[Row] = []
    for number in range(PEOPLE):
        for brand in BRANDS:
            for channel in CHANNELS:
                if chance.random() < 0.8:
                    ledger.granted[number, brand, channel] = START
    faults: dict[int, str] = {}
    has_audiences = name != "carecloud"
    reached = 0
    waiting: dict[Key, str] = {}
    made = Reader(stage) if name == "file" else Platform(name, faults=faults.get)
    with made as platform:
        to = "file" if name == "file" else platform
        for step in range(STEPS):
            day = START + dt.timedelta(days=step + 1)
            hear(ledger, waiting, day - dt.timedelta(hours=12))
            hear(ledger, decide(chance, ledger, day), day)
            if step and chance.random() < 0.6:
                redirects.append(unite(chance, ledger))
            ledger.members = set(chance.sample(ledger.alive(), 8))
            heard = sorted(ledger.clicked.keys() - ledger.heard.keys())
            for who in chance.sample(heard, len(heard) // 2):
                ledger.heard[who] = ledger.clicked[who]
            ledger.overlook()
            built_at = day + dt.timedelta(hours=6)
            stage.publish(build(ledger, built_at, redirects, list(files)), built_at=built_at)
            # After the build: withdrawals that land, and an erasure.
            noon = day + dt.timedelta(hours=12)
            landed: dict[str, list[Row]] = {}
            waiting = decide(chance, ledger, noon)
            for (number, brand, channel), word in waiting.items():
                landed.setdefault(brand, []).append({
                    "consent_event_id": f"{step}.{number}.{channel}", "purpose": "marketing",
                    "channel": channel, "decision": word, "decided_at": noon.isoformat(),
                    "email": f"person.{number}.{brand}@example.com"})  # fmt: skip
            new = [stage.land("consent_events", rows, brand, str(day.date()))
                   for brand, rows in landed.items()]  # fmt: skip
            if step and chance.random() < 0.4:
                gone = chance.choice(ledger.alive())
                ledger.erased.add(gone)
                deletions.append({"deletion_id": f"d{gone}", "customer_id": customer_id(gone),
                                  "brand_id": None, "erased_at": noon.isoformat()})  # fmt: skip
                stage.deletions.write_text("".join(json.dumps(one) + "\n" for one in deletions))
            about = ["--audience", "reward"] if has_audiences and chance.random() < 0.4 else []
            if chance.random() < 0.3 and name != "file":
                ledger.lost_answers = True
                first = platform.requests + 1
                faults.update({first + chance.randrange(4): "lost" for _ in range(2)})
                sync(to, *about, "--allow-closings", attempts=1)
            faults.clear()
            for arguments in (about, []) if chance.random() < 0.7 else (about,):
                code, _ = sync(to, *arguments, "--allow-closings")
                assert code == 0
            if isinstance(platform, Reader):
                platform.read()
            is_all = not arguments and not ledger.lost_answers
            reached += check(ledger, platform, name, is_all)
            files += [path.relative_to(stage.landing).as_posix() for path in new]
            assert platform.violations == []
            click(chance, ledger, platform, day + dt.timedelta(hours=18))
    assert reached > PEOPLE


def click(chance: random.Random, ledger: Ledger, platform: Platform, at: dt.datetime) -> None:
    """Some of those who are written to have had enough."""
    for number in ledger.alive():
        for brand in BRANDS:
            who = f"{brand}:{customer_id(number)}"
            reaches = platform.reaches(who)
            if ("email" in reaches or "any" in reaches) and chance.random() < 0.15:
                platform.unsubscribe(who)
                ledger.clicked[number, brand] = at
