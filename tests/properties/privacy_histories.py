"""Random consents and requests as they land, and the plain reading of what they permit.

The sample's people, who were stitched together from up to dozens of records, are given another
history: thousands of decisions under any of their sets of identifiers, in any order, late, twice
and in other versions, on any channel or none, of the past and of the time after as_of; and rows
that staging refuses, for every reason. What landed is kept beside what it was meant to say, so that
the oracle reads no text.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.join_plans import compiled_models
from tests.properties.built_sample import DAY, PROJECT, Facts, Row

PURPOSES = ("marketing", "profiling", "cross_brand_profiling", "third_party_sharing")
LEAVE_ME = ("restriction", "objection", "erasure")
Place = tuple[str, str, str]
"""Customer, brand and channel."""
FEEDS = ("consent_events", "privacy_requests")


@dataclass(frozen=True)
class Landed:
    """One landed row: what it meant to say. `None` is what nobody can read."""

    brand: str
    """As the folder is called."""
    load_date: dt.date
    id: str | None
    says: str | None
    """granted, withdrawn, or the type of the request."""
    about: str | None
    """The purpose, or the type of the identifier."""
    moment: dt.datetime | None
    named: Mapping[str, str] = field(hash=False)
    """Identifiers by type."""
    channel: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    @property
    def spelling(self) -> str:
        """The brand as somebody would read it aloud."""
        return self.brand.strip().lower()


class History:
    """What lands of one feed, and which of it counts."""

    def __init__(self, rows: list[Landed], brands: Iterable[str]) -> None:
        self.rows = rows
        self.brands = sorted(brands)
        known = set(self.brands)
        newest: dict[tuple[str, str | None], Landed] = {}
        for row in rows:
            if self._is_valid(row, known):
                kept = newest.get((row.brand, row.id))
                if kept is None or kept.load_date < row.load_date:
                    newest[row.brand, row.id] = row
        self.valid = list(newest.values())
        mended = {(row.spelling, row.id): row.load_date for row in self.valid}
        self.refused = [
            row
            for row in rows
            if not self._is_valid(row, known)
            and (row.id is None or mended.get((row.spelling, row.id), dt.date.min) <= row.load_date)
        ]

    @staticmethod
    def _is_valid(row: Landed, known: set[str]) -> bool:
        parts = (row.id, row.says, row.about, row.moment)
        return row.brand in known and None not in parts

    def may_be_about(self, row: Landed) -> list[str]:
        """The brands that a row may be about."""
        return [row.spelling] if row.spelling in self.brands else self.brands


def random_consents(
    chance: random.Random, sets: list[Row], as_of: dt.datetime, brands: list[str], number: int
) -> History:
    """Tell `number` decisions; about one in fifty is refused."""
    # Most people are decided about often, some never.
    heard_of = chance.sample(sets, len(sets) * 2 // 3)
    rows = []
    for index in range(number):
        known = chance.choice(heard_of)
        named = {
            kind: known[column]
            for kind, column in (("contact_id", "contact_id"), ("email", "email_key"),
                                 ("phone", "phone"))
            if known[column]
        }  # fmt: skip
        fault = chance.random()
        is_no = chance.random() < (0.4 if fault < 0.022 else 0.06)
        says: str | None = "withdrawn" if is_no else "granted"
        decision: str | None = chance.choice(["{}", "{}", "{}", " {} "]).format(says)
        about: str | None = chance.choice(
            ["marketing"] * 6 + ["profiling"] * 3 + ["cross_brand_profiling"]
        )
        purpose = about
        # Also moments that have not come yet.
        moment: dt.datetime | None = as_of - chance.randint(-20, 400) * DAY
        decided_at: str | None = moment.isoformat(sep=" ") if moment else None
        load_date = (as_of + chance.randint(20, 60) * DAY).date()
        brand = known["brand_id"]
        identity: str | None = f"k{index}"
        if fault < 0.004:
            says, decision = None, chance.choice(["revoked", "no", None, "opt-out"])
        elif fault < 0.008:
            moment, decided_at = None, chance.choice(["soon", None, "2025-13-45"])
        elif fault < 0.010:
            moment = None
            decided_at = (as_of + 90 * DAY).isoformat(sep=" ")
        elif fault < 0.016:
            about, purpose = None, chance.choice(["newsletter", None])
        elif fault < 0.019:
            brand = chance.choice([brand.upper(), f" {brand}"])
        elif fault < 0.020:
            brand = "elsewhere"
        elif fault < 0.022:
            identity = None
        elif fault < 0.10 and index:
            # Another version of an earlier row: mends it, or spoils it.
            identity = f"k{chance.randrange(index)}"
        channel = chance.choice(
            [None] * 6 + ["email", "sms", "E-mail", "letter", "app_push", "fax", ""]
        )
        answers = [(identity, says, decision)]
        if fault > 0.97:
            # At the same moment the opposite is said as well.
            other = "granted" if is_no else "withdrawn"
            answers.append((f"t{index}", other, other))
        for name, meant, written in answers:
            rows.append(Landed(
                brand, load_date, name, meant, about, moment, named, channel or None,
                {
                    "consent_event_id": name, "contact_id": named.get("contact_id"),
                    "email": named.get("email"), "phone": named.get("phone"), "purpose": purpose,
                    "channel": channel, "decision": written, "decided_at": decided_at,
                },
            ))  # fmt: skip
    return History(_one_a_day(rows), brands)


def random_requests(
    chance: random.Random, sets: list[Row], as_of: dt.datetime, brands: list[str], number: int
) -> History:
    """Tell `number` requests, every fourth of which is refused."""
    rows = []
    for index in range(number):
        known = chance.choice(sets)
        columns = (("contact_id", "contact_id"), ("email", "email_key"), ("phone", "phone"),
                   ("loyalty_card_id", "loyalty_card_id"))  # fmt: skip
        kind, value = chance.choice([(kind, known[name]) for kind, name in columns if known[name]])
        says: str | None = chance.choice([*LEAVE_ME, "access"])
        request_type, identifier_type = says, kind
        about: str | None = kind
        moment: dt.datetime | None = as_of - chance.randint(-20, 400) * DAY
        requested_at: str | None = moment.isoformat() if moment else None
        brand, identity = known["brand_id"], f"r{index}"
        fault = chance.random()
        named = {kind: value}
        if fault < 0.06:
            says, request_type = None, chance.choice(["rectification", None])
        elif fault < 0.12:
            moment, requested_at = None, "yesterday"
        elif fault < 0.18:
            about, identifier_type = None, "telephone or mail"
            named = dict.fromkeys(("contact_id", "loyalty_card_id"), value)
            named |= {"email": value} if "@" in value else {}
            named |= {"phone": value} if value.startswith("+") else {}
        elif fault < 0.21:
            brand = "elsewhere"
        elif fault < 0.24:
            brand = brand.upper()
        elif fault < 0.40 and index:
            identity = f"r{chance.randrange(index)}"
        rows.append(Landed(
            brand, (as_of + chance.randint(20, 60) * DAY).date(), identity, says, about, moment,
            named, None,
            {
                "request_id": identity, "request_type": request_type,
                "identifier_type": identifier_type, "identifier_value": value,
                "requested_at": requested_at,
            },
        ))  # fmt: skip
    return History(_one_a_day(rows), brands)


def _one_a_day(rows: list[Landed]) -> list[Landed]:
    """Leave out what came under the same brand and id on the same day: which wins is no secret."""
    found: dict[tuple[str, str, dt.date], Landed] = {}
    for index, row in enumerate(rows):
        found[row.spelling, row.id or f"none {index}", row.load_date] = row
    return list(found.values())


def land(folder: Path, feed: str, history: History, chance: random.Random) -> list[str]:
    """Write the rows as files; give their paths, and that of the contract's file without rows."""
    zero_rows = PROJECT / "models/staging/zero_rows" / feed / "brand=none/load_date=1970-01-01"
    columns = pq.read_schema(zero_rows / "zero_rows.parquet").names
    by_folder: dict[tuple[str, dt.date], list[Landed]] = defaultdict(list)
    for row in history.rows:
        by_folder[row.brand, row.load_date].append(row)
    paths = []
    for (brand, load_date), rows in sorted(by_folder.items()):
        path = folder / feed / f"brand={brand}" / f"load_date={load_date}" / "part.parquet"
        path.parent.mkdir(parents=True)
        chance.shuffle(rows)
        table = pa.table({
            name: pa.array([row.values.get(name) for row in rows], pa.string()) for name in columns
        })  # fmt: skip
        pq.write_table(table, path)
        paths.append(str(path))
    return [*paths, str(zero_rows / "zero_rows.parquet")]


def stage(warehouse: Path, target: Path, landed: Mapping[str, list[str]]) -> None:
    """Read what landed by the base models, as dbt compiled them, and bind it to the people."""
    records = dict(compiled_models(target))["int_identity__records"]
    with duckdb.connect(str(warehouse)) as connection:
        for feed, paths in landed.items():
            model = f"base_privacy__{feed}"
            folder = target / "compiled/crossbrand/models/staging/privacy/base"
            sql = (folder / f"{model}.sql").read_text(encoding="utf-8")
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            connection.execute(f"set variable landing_{feed} = [{listed}]")
            connection.execute(f"create or replace table staging.{model} as {sql}")
        name = "intermediate.int_identity__records"
        connection.execute(f"delete from {name} where feed = 'consent_events'")
        connection.execute(
            f"insert into {name} by name from ({records}) where feed = 'consent_events'"
        )


class Ledger:
    """Who may do what, read plainly."""

    def __init__(self, facts: Facts, consents: History, requests: History) -> None:
        self.facts = facts
        self.controllers = {
            brand: line["controller_id"] for brand, line in sorted(facts.brands.items())
        }
        scopes = {
            line["identifier_type"]: line["scope"]
            for line in facts.rows("reference.identifier_types")
        }
        self._scopes = scopes
        self.owner = {
            line["node_id"]: line["customer_id"]
            for line in facts.rows("intermediate.int_identity__customer_nodes")
        }
        self.granted = self._consents(consents)
        self.restricted = self._restrictions(requests)

    def _scope(self, kind: str, brand: str) -> str:
        return self.controllers[brand] if self._scopes[kind] == "controller" else brand

    def _consents(
        self, history: History
    ) -> dict[tuple[Place, str], tuple[bool, dt.datetime | None]]:
        """Whether each purpose is granted, by customer, brand and channel, and since when."""
        facts = self.facts
        spelled: dict[str, str] = {}
        for line in facts.rows("reference.channels"):
            spelled[line["channel"]] = spelled[line["channel_name"].lower()] = line["channel"]
        channels = sorted(set(spelled.values()))
        told: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        users: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        users_by_number: dict[int, set[int]] = defaultdict(set)
        for line in facts.rows("intermediate.int_identity__nodes"):
            told[line["identifier_set_id"]][line["identifier_id"]].append(line["node_id"])
            place = line["identifier_type"], line["scope_id"], line["identifier_value"]
            users[place].add(line["node_id"])
            users_by_number[line["identifier_id"]].add(line["node_id"])
        named: dict[int, set[int]] = defaultdict(set)
        for line in facts.rows("intermediate.int_identity__observations"):
            named[line["identifier_set_id"]].add(line["identifier_id"])
        sets = {
            (line["brand_id"], line["record_id"]): line["identifier_set_id"]
            for line in facts.rows("intermediate.int_identity__records")
            if line["feed"] == "consent_events"
        }
        words: dict[tuple[int, str, str, str], list[tuple[dt.datetime, bool]]] = defaultdict(list)

        def hear(
            nodes: set[int], brand: str, purposes: Iterable[str], row: Landed, is_yes: bool
        ) -> None:
            if row.channel is None:
                about = channels
            elif row.channel.lower() in spelled:
                about = [spelled[row.channel.lower()]]
            else:
                # Nobody knows what a yes to such a channel is good for; a no is a no to all.
                about = [] if is_yes else channels
            for node in nodes:
                for purpose in purposes:
                    for channel in about:
                        # What cannot be dated is followed by nothing.
                        said = row.moment or dt.datetime.max
                        words[node, brand, purpose, channel].append((said, is_yes))

        for row in history.valid:
            is_yes = row.says == "granted"
            assert row.moment is not None
            assert row.about is not None
            if is_yes and row.moment > facts.as_of:
                continue
            identifier_set = sets[row.brand, str(row.id)]
            concerned = {node for nodes in told[identifier_set].values() for node in nodes}
            if not is_yes:
                for identifier in named[identifier_set] - set(told[identifier_set]):
                    concerned |= users_by_number[identifier]
            hear(concerned, row.brand, [row.about], row, is_yes)
        for row in history.refused:
            if row.says == "granted":
                continue
            for brand in history.may_be_about(row):
                concerned = set()
                for kind, value in row.named.items():
                    concerned |= users[kind, self._scope(kind, brand), value]
                hear(concerned, brand, [row.about] if row.about else PURPOSES, row, is_yes=False)

        last: dict[tuple[Place, str], list[tuple[bool, dt.datetime]]] = defaultdict(list)
        for (node, brand, purpose, channel), said in words.items():
            newest = max(moment for moment, _ in said)
            is_yes = all(granted for moment, granted in said if moment == newest)
            if node in self.owner:
                last[(self.owner[node], brand, channel), purpose].append((is_yes, newest))
        return {
            place: (
                all(is_yes for is_yes, _ in said),
                max((when for _, when in said if when < dt.datetime.max), default=None),
            )
            for place, said in last.items()
        }

    def _restrictions(self, history: History) -> set[tuple[str, str]]:
        """Customers who are to be left alone, by brand."""
        facts = self.facts
        placeholders = {
            line["identifier_id"]
            for line in facts.rows("intermediate.int_identity__identifiers")
            if line["unusable_reason"] == "placeholder"
        }
        sets: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for line in facts.rows("intermediate.int_identity__observations"):
            if line["identifier_id"] not in placeholders:
                place = line["identifier_type"], line["scope_id"], line["identifier_value"]
                sets[place].add(line["identifier_set_id"])
        customers = {
            line["identifier_set_id"]: line["customer_id"]
            for line in facts.rows("intermediate.int_identity__set_customers")
        }
        found = set()
        for row in [*history.valid, *history.refused]:
            if row.says == "access":
                continue
            for brand in history.may_be_about(row):
                for kind, value in row.named.items():
                    for number in sets[kind, self._scope(kind, brand), value] & set(customers):
                        found |= {
                            (customers[number], sibling)
                            for sibling, controller in self.controllers.items()
                            if controller == self.controllers[brand]
                        }
        return found

    def profiled(self, purpose: str = "profiling") -> dict[tuple[str, str], bool]:
        """Whether a purpose is granted at a brand; one channel that is closed closes it."""
        found: dict[tuple[str, str], bool] = {}
        for ((customer, brand, _), about), (granted, _) in self.granted.items():
            if about == purpose:
                found[customer, brand] = granted and found.get((customer, brand), True)
        return found


def identifier_sets(facts: Facts, *, with_cards: bool) -> list[Row]:
    """The sets of identifiers that a row of these feeds can name, in a fixed order."""
    rows: list[dict[str, Any]] = facts.rows("intermediate.int_identity__identifier_sets")
    kept = [
        row
        for row in rows
        if (row["contact_id"] or row["email_key"] or row["phone"])
        and (with_cards or not (row["loyalty_card_id"] or row["voucher_code"] or row["device_id"]))
    ]
    return sorted(kept, key=lambda row: row["identifier_set_id"])
