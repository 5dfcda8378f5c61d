"""Random histories of consent: what a plain reading of them permits leaves, and nothing more.

The sample's people are given other consents and requests (privacy_histories), from the landing on.
The few models between these and what is exported are built anew on a copy of the sample's
warehouse; everything else stays. CROSSBRAND_LONG=1 tells five such histories, each five times as
long.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pytest

from crossbrand.join_plans import compiled_models
from tests.properties.built_sample import Key, build_sample
from tests.properties.privacy_histories import (
    Ledger,
    identifier_sets,
    land,
    random_consents,
    random_requests,
    stage,
)
from tests.properties.test_audience_oracle import AudienceFacts, expected_candidates, rules

LONG = os.environ.get("CROSSBRAND_LONG") == "1"
SEEDS = (1, 2, 3, 4, 5) if LONG else (1,)
EVENTS = 60_000 if LONG else 12_000
REQUESTS = 120
BUILT_ANEW = (
    ("intermediate", "int_privacy__decision_nodes"),
    ("intermediate", "int_privacy__refused_decisions"),
    ("intermediate", "int_privacy__decisions"),
    ("intermediate", "int_privacy__restrictions"),
    ("intermediate", "int_privacy__customer_consents"),
    ("intermediate", "int_privacy__customer_permissions"),
    ("marts", "contactability"),
    ("marts", "customer_brand_360"),
    ("marts", "audience_candidates"),
    ("marts", "audience_members"),
    ("marts", "sync_profiles"),
)
TOLD_CHANNELS = ("email", "sms", "call", "letter", "web_push", "app_push")


def build_anew(warehouse: Path, target: Path) -> None:
    """Run the models as dbt compiled them for the sample; to ask dbt again would cost far more."""
    compiled = dict(compiled_models(target))
    missing = [model for _, model in BUILT_ANEW if model not in compiled]
    assert not missing, f"{target} holds no compiled {', '.join(missing)}: dbt compile into it"
    with duckdb.connect(str(warehouse)) as connection:
        for schema, model in BUILT_ANEW:
            connection.execute(f"create or replace table {schema}.{model} as {compiled[model]}")


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
            row["is_hard_bounced"] or row["has_complained"] or not row["has_address"],
            row["unsubscribed_at"],
        )
        for row in before.rows("marts.contactability")
    }  # fmt: skip
    chance = random.Random(seed)
    consents, requests = (
        tell(
            chance, identifier_sets(before, with_cards=with_cards), before.as_of,
            sorted(before.brands), number,
        )
        for tell, with_cards, number in (
            (random_consents, False, EVENTS), (random_requests, True, REQUESTS),
        )
    )  # fmt: skip
    landed = {
        "consent_events": land(tmp_path, "consent_events", consents, chance),
        "privacy_requests": land(tmp_path, "privacy_requests", requests, chance),
    }
    target = built.parent / "target"
    stage(warehouse, target, landed)
    build_anew(warehouse, target)

    facts = AudienceFacts(warehouse)
    ledger = Ledger(facts, consents, requests)
    may: dict[Key, set[str]] = defaultdict(set)
    for place, (is_barred, unsubscribed_at) in barred.items():
        granted, decided_at = ledger.granted.get((place, "marketing"), (False, None))
        is_silenced = unsubscribed_at and decided_at and unsubscribed_at >= decided_at
        is_restricted = place[:2] in ledger.restricted
        if granted and not (is_barred or is_silenced or is_restricted):
            may[place[0], place[1]].add(place[2])
    profiled = ledger.profiled()

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

    # The history was worth telling: people of many records, every fate, and every kind of refusal.
    assert sum(row.says != "granted" for row in consents.refused) > 50
    assert 10 < len({customer for customer, _ in ledger.restricted}) < len(profiles)
    records = Counter(row["customer_id"] for row in facts.rows("marts.customer_identifiers"))
    assert sum(records[customer] > 5 for customer, _ in profiles) > 50
    assert len(profiles) > 100
    assert len(barred) * 3 // 4 > sum(map(len, may.values())) > 1000
    assert 50 < sum(profiled.get(key, False) for key in profiles) < len(profiles) - 50
    assert len(members) > 100
