"""Random histories of consent: what a plain reading of them permits leaves, and nothing more.

The sample's people, who were stitched together from up to dozens of records, are given other
consents: thousands of decisions under any of their sets of identifiers, in any order, on any
channel or none, on channels and for purposes that nobody knows, of the past and of the future. The
few models between the consents and what is exported are built anew on a copy of the sample's
warehouse; everything else stays. CROSSBRAND_LONG=1 tells five such histories, each five times as
long.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from crossbrand.join_plans import compiled_models
from tests.properties.built_sample import DAY, Key, build_sample
from tests.properties.test_audience_oracle import AudienceFacts, expected_candidates, rules

LONG = os.environ.get("CROSSBRAND_LONG") == "1"
SEEDS = (1, 2, 3, 4, 5) if LONG else (1,)
EVENTS = 60_000 if LONG else 12_000
BUILT_ANEW = (
    ("intermediate", "int_privacy__decision_nodes"),
    ("intermediate", "int_privacy__customer_consents"),
    ("intermediate", "int_privacy__customer_permissions"),
    ("marts", "contactability"),
    ("marts", "customer_brand_360"),
    ("marts", "audience_candidates"),
    ("marts", "audience_members"),
    ("marts", "sync_profiles"),
)
TOLD_CHANNELS = ("email", "sms", "call", "letter", "web_push", "app_push")
Place = tuple[str, str, str]
"""Customer, brand and channel."""


def write_history(warehouse: Path, as_of: dt.datetime, seed: int) -> None:
    """Replace the consents of the warehouse by random ones about the same people."""
    chance = random.Random(seed)
    with duckdb.connect(str(warehouse)) as connection:
        sets = connection.execute(
            "select distinct brand_id, identifier_set_id"
            " from intermediate.int_identity__observations order by all"
        ).fetchall()
        columns = [
            row[0]
            for row in connection.execute("describe staging.stg_privacy__consent_events").fetchall()
        ]
        # Most people are decided about often, some never.
        heard_of = chance.sample(sets, len(sets) * 2 // 3)
        rows = []
        for number in range(EVENTS):
            brand, identifier_set = chance.choice(heard_of)
            rows.append((
                brand,
                f"k{number}",
                identifier_set,
                chance.choice(["marketing"] * 7 + ["profiling"] * 3 + ["newsletter", None]),
                chance.choice(
                    [None] * 6 + ["email", "sms", "E-mail", "letter", "app_push", "fax", ""]
                ),
                "withdrawn" if chance.random() < 0.06 else "granted",
                # Ties, and moments that have not come yet.
                as_of - chance.randint(-20, 400) * DAY,
            ))  # fmt: skip
        chance.shuffle(rows)
        names = ("brand_id", "id", "set_id", "purpose", "channel", "decision", "moment")
        told = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
        connection.register("told", told)
        known = {
            "brand_id": "brand_id", "consent_event_id": "id", "record_id": "id",
            "purpose": "purpose", "channel": "channel", "decision": "decision",
            "decided_at": "moment",
        }  # fmt: skip
        chosen = ", ".join(f"{known.get(column, 'null')} as {column}" for column in columns)
        connection.execute("drop view staging.stg_privacy__consent_events")
        connection.execute(
            f"create table staging.stg_privacy__consent_events as select {chosen} from told"
        )
        connection.execute(
            "delete from intermediate.int_identity__records where feed = 'consent_events'"
        )
        connection.execute(
            "insert into intermediate.int_identity__records"
            " (brand_id, feed, record_id, first_seen_at, last_seen_at, identifier_set_id)"
            " select brand_id, 'consent_events', id, moment, moment, set_id"
            " from told"
        )


def build_anew(warehouse: Path, target: Path) -> None:
    """Run the models as dbt compiled them for the sample; to ask dbt again would cost far more."""
    compiled = dict(compiled_models(target))
    missing = [model for _, model in BUILT_ANEW if model not in compiled]
    assert not missing, f"{target} holds no compiled {', '.join(missing)}: dbt compile into it"
    with duckdb.connect(str(warehouse)) as connection:
        for schema, model in BUILT_ANEW:
            connection.execute(f"create or replace table {schema}.{model} as {compiled[model]}")


def expected_consents(facts: AudienceFacts) -> dict[tuple[Place, str], tuple[bool, dt.datetime]]:
    """Whether each purpose is granted, by customer, brand and channel, and when it was decided."""
    spelled: dict[str, str] = {}
    for row in facts.rows("reference.channels"):
        spelled[row["channel"]] = spelled[row["channel_name"].lower()] = row["channel"]
    channels = set(spelled.values())
    owner = {
        row["node_id"]: row["customer_id"]
        for row in facts.rows("intermediate.int_identity__customer_nodes")
    }
    told: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    users: dict[int, set[int]] = defaultdict(set)
    for row in facts.rows("intermediate.int_identity__nodes"):
        told[row["identifier_set_id"]][row["identifier_id"]].append(row["node_id"])
        users[row["identifier_id"]].add(row["node_id"])
    named: dict[int, set[int]] = defaultdict(set)
    for row in facts.rows("intermediate.int_identity__observations"):
        named[row["identifier_set_id"]].add(row["identifier_id"])
    sets = {
        (row["brand_id"], row["record_id"]): row["identifier_set_id"]
        for row in facts.rows("intermediate.int_identity__records")
        if row["feed"] == "consent_events"
    }
    words: dict[tuple[int, str, str, str], list[tuple[dt.datetime, bool]]] = defaultdict(list)
    for event in facts.rows("staging.stg_privacy__consent_events"):
        if event["decided_at"] > facts.as_of or event["purpose"] not in ("marketing", "profiling"):
            continue
        is_no = event["decision"] != "granted"
        if event["channel"] is None:
            about = channels
        elif event["channel"].lower() in spelled:
            about = {spelled[event["channel"].lower()]}
        else:
            # Nobody knows what a yes to such a channel is good for; a no is a no to all of them.
            about = channels if is_no else set()
        identifier_set = sets[event["brand_id"], event["consent_event_id"]]
        concerned = {node for nodes in told[identifier_set].values() for node in nodes}
        if is_no:
            for identifier in named[identifier_set] - set(told[identifier_set]):
                concerned |= users[identifier]
        for node in concerned:
            for channel in about:
                place = (node, event["brand_id"], event["purpose"], channel)
                words[place].append((event["decided_at"], not is_no))
    last: dict[tuple[Place, str], list[tuple[bool, dt.datetime]]] = defaultdict(list)
    for (node, brand, purpose, channel), said in words.items():
        newest = max(moment for moment, _ in said)
        is_yes = all(granted for moment, granted in said if moment == newest)
        if node in owner:
            last[(owner[node], brand, channel), purpose].append((is_yes, newest))
    return {
        place: (all(is_yes for is_yes, _ in said), max(moment for _, moment in said))
        for place, said in last.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_exported_is_what_was_permitted(
    seed: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Channels, profiles and memberships against the plain reading of the same history."""
    built = build_sample(tmp_path_factory.mktemp("sample"))
    # Views know the warehouse by the name of its file.
    warehouse = tmp_path / built.name
    shutil.copy2(built, warehouse)
    before = AudienceFacts(warehouse)
    # What else stands against a message does not depend on consent, and has an oracle of its own.
    barred = {
        (row["customer_id"], row["brand_id"], row["channel"]): (
            row["is_hard_bounced"] or row["has_complained"] or row["is_restricted"]
            or not row["has_address"],
            row["unsubscribed_at"],
        )
        for row in before.rows("marts.contactability")
    }  # fmt: skip
    write_history(warehouse, before.as_of, seed)
    build_anew(warehouse, built.parent / "target")

    facts = AudienceFacts(warehouse)
    consents = expected_consents(facts)
    may: dict[Key, set[str]] = defaultdict(set)
    for place, (is_barred, unsubscribed_at) in barred.items():
        granted, decided_at = consents.get((place, "marketing"), (False, None))
        is_silenced = unsubscribed_at and decided_at and unsubscribed_at >= decided_at
        if granted and not is_barred and not is_silenced:
            may[place[0], place[1]].add(place[2])
    profiled: dict[Key, bool] = {}
    for ((customer, brand, _), purpose), (granted, _) in consents.items():
        if purpose == "profiling":
            key = customer, brand
            profiled[key] = granted and profiled.get(key, True)

    found: dict[Key, set[str]] = defaultdict(set)
    for row in facts.rows("marts.contactability"):
        if row["may_contact"]:
            found[row["customer_id"], row["brand_id"]].add(row["channel"])
    assert found == {key: ways for key, ways in may.items() if ways}

    suspects = {row["customer_id"] for row in facts.rows("marts.customer_360") if row["is_suspect"]}
    profiles = {
        (row["customer_id"], row["brand_id"]): row for row in facts.rows("marts.sync_profiles")
    }
    assert {
        key: {channel for channel in TOLD_CHANNELS if row[f"may_contact_{channel}"]}
        for key, row in profiles.items()
    } == {
        key: ways & set(TOLD_CHANNELS)
        for key, ways in may.items()
        if ways & set(TOLD_CHANNELS) and key[0] not in suspects
    }
    seed_rules = rules()
    for key, row in profiles.items():
        assert (row["activity_tier"] is not None) == profiled.get(key, False)
        assert row["email"] is None or "email" in may[key]
        assert row["phone"] is None or may[key] & {"sms", "call"}
        if not profiled.get(key, False):
            told = [row[name] for name in ("lifecycle_stage", "cross_brand_tier", "best_hour")]
            assert told == [None, None, None]
            names = (row["audiences"] or "").split(",")
            assert all(seed_rules[name]["purpose"] == "marketing" for name in names if name)

    expected = expected_candidates(facts, may, {key for key, yes in profiled.items() if yes})
    members = {
        (row["audience_name"], row["customer_id"], row["brand_id"]): row["channel"]
        for row in facts.rows("marts.audience_members")
    }
    assert members == {
        place: channel for place, (reason, channel) in expected.items() if reason is None
    }

    # The history was worth telling: people of many records, and every fate.
    records = Counter(row["customer_id"] for row in facts.rows("marts.customer_identifiers"))
    assert sum(records[customer] > 5 for customer, _ in profiles) > 50
    assert len(profiles) > 100
    assert len(barred) * 3 // 4 > sum(map(len, may.values())) > 1000
    assert 50 < sum(profiled.get(key, False) for key in profiles) < len(profiles) - 50
    assert len(members) > 100
