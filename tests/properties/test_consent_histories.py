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
PERMISSIONS = (
    "int_privacy__decision_nodes",
    "int_privacy__refused_decisions",
    "int_privacy__decisions",
    "int_privacy__restrictions",
    "int_privacy__customer_consents",
    "int_privacy__customer_permissions",
    "int_privacy__profiling_stops",
)
# What depends on them, each after what it reads; the audiences are put in between.
PROFILES = (
    "int_transaction__rfm_measures", "int_history__rfm_measures", "int_transaction__rfm_cuts",
    "int_transaction__rfm_segments", "rfm_scores",
    "int_engagement__activity_tiers", "brand_activity", "int_engagement__brand_affinities",
    "cross_brand_activity_tiers", "int_history__activity_tiers", "customer_history",
    "lifecycle_stages", "channel_affinity", "product_affinity", "int_value__basket_figures",
    "int_value__purchase_amounts", "int_value__purchase_summaries",
    "int_value__expected_purchases", "int_value__predictions", "customer_predictions",
    "contactability", "customer_360", "customer_brand_360",
)  # fmt: skip
EXPORTS = ("audience_scenarios", "audience_candidates", "audience_members", "sync_profiles")
TOLD_CHANNELS = ("email", "sms", "call", "letter", "web_push", "app_push")


def build_anew(warehouse: Path, target: Path) -> None:
    """Run the models as dbt compiled them for the sample; to ask dbt again would cost far more.

    Views follow by themselves what they read.
    """
    compiled = dict(compiled_models(target))
    with duckdb.connect(str(warehouse)) as connection:
        views = {
            name
            for (name,) in connection.execute("select view_name from duckdb_views()").fetchall()
        }
        for model in (*PERMISSIONS, *PROFILES, *(f"audience_{name}" for name in rules()), *EXPORTS):
            assert model in compiled, f"{target} holds no compiled {model}: dbt compile into it"
            if model in views:
                continue
            schema = "intermediate" if model.startswith("int_") else "marts"
            connection.execute(f"create or replace table {schema}.{model} as {compiled[model]}")


def check_profiles(facts: AudienceFacts, ledger: Ledger) -> None:
    """Nobody is profiled who objected or withdrew; everybody else is, among themselves alone."""
    withdrawn = {key for key, is_granted in ledger.profiled().items() if not is_granted}
    stopped = withdrawn | ledger.restricted
    stopped |= {(customer, "all") for customer, _ in stopped}
    assert facts.stopped == stopped
    orders = {
        (row["customer_id"], scope)
        for row in facts.rows("intermediate.int_transaction__order_customers")
        for scope in (row["brand_id"], "all")
    }
    scores = facts.rows("marts.rfm_scores")
    assert {(row["customer_id"], row["scope"]) for row in scores} == orders - stopped
    predicted = {(r["customer_id"], r["scope"]) for r in facts.rows("marts.customer_predictions")}
    assert predicted == orders - stopped
    for scope in sorted({row["scope"] for row in scores}):
        # The cuts are those of the people who are left: as many stand below each as should.
        own = sorted(row["monetary_amount"] for row in scores if row["scope"] == scope)
        low, part = divmod(4 * (len(own) - 1), 5)
        rest = own[min(low + 1, len(own) - 1)] - own[low]
        cut = own[low] + rest * part / 5
        for row in scores:
            if row["scope"] == scope:
                assert (row["monetary_score"] == 5) == (row["monetary_amount"] > cut)
    everybody = {row["customer_id"] for row in facts.rows("intermediate.int_identity__customers")}
    alone = {customer for customer, scope in stopped if scope == "all"}
    for mart in ("cross_brand_activity_tiers", "customer_history"):
        assert {row["customer_id"] for row in facts.rows(f"marts.{mart}")} == everybody - alone
    assert not {row["customer_id"] for row in facts.rows("marts.product_affinity")} & alone
    assert all(
        row["is_declared"] and row["best_hour"] is None and not row["sent_count"]
        for row in facts.rows("marts.channel_affinity")
        if row["customer_id"] in alone
    )
    for mart, scope in (("lifecycle_stages", "scope"), ("brand_activity", "brand_id")):
        rows = facts.rows(f"marts.{mart}")
        assert rows
        assert not {(row["customer_id"], row[scope]) for row in rows} & stopped
    figures = facts.rows("intermediate.int_value__basket_figures")
    assert all(
        (row["price_tier"], row["discount_share"]) == (None, None)
        for row in figures
        if (row["customer_id"], row["scope"]) in stopped
    )
    for mart in ("customer_360", "customer_brand_360"):
        for row in facts.rows(f"marts.{mart}"):
            place = row["customer_id"], row.get("brand_id", "all")
            assert row["is_profiled"] == (place not in stopped)
            assert (row["lifecycle_stage"] is None) == (place in stopped)
            if place in stopped:
                told = ("rfm_score", "recency_days", "activity_tier", "churn_risk_band",
                        "expected_orders_90_days", "price_tier", "has_open_cart")  # fmt: skip
                assert {row[name] for name in told} == {None}
    # Their orders are still theirs.
    assert any(row["order_count"] for row in facts.rows("marts.customer_360")
               if row["customer_id"] in alone)  # fmt: skip
    seed_rules = rules()
    for row in facts.rows("marts.audience_scenarios"):
        place = row["customer_id"], row["brand_id"]
        assert place not in ledger.restricted
        assert seed_rules[row["audience_name"]]["purpose"] == "marketing" or place not in stopped
    assert 20 < len(alone) < len(everybody) - 20


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
    check_profiles(facts, ledger)

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
