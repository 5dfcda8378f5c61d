"""A no holds for the person: it is told whatever the run is about, and of nobody's fields more."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from crossbrand.sync.state.schema import KEEP_DAYS

from .activation import BUILT_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import later, person, redirect, some, taken, withdrawal

WITH_AUDIENCES = [name for name in some("braze", "klaviyo") if name != "carecloud"]
PROFILED = ("lifecycle_stage", "rfm_segment", "activity_tier", "cross_brand_tier",
            "preferred_channel", "best_hour", "churn_risk_band", "expected_orders_90_days",
            "audiences")  # fmt: skip


def members(*numbers: int, name: str = "reward") -> list[Row]:
    return [
        {"audience_name": name, "customer_id": customer_id(number), "brand_id": "aster",
         "entered_at": BUILT_AT, "is_held_out": False} for number in numbers]  # fmt: skip


def people(**first: Any) -> list[Row]:
    return [profile(1, **first), profile(2), profile(3)]


def email_of(platform: Platform, number: int) -> Any:
    held = platform.find(person(number)) or {}
    return held.get("fields", held).get("email")


@pytest.mark.parametrize("name", WITH_AUDIENCES)
@pytest.mark.parametrize("how", ["built", "landed"])
def test_who_is_no_member_any_more_is_closed_by_the_audience_run(
    how: str, name: str, stage: Stage, sync: Sync
) -> None:
    """They withdrew e-mail and left the audience: the other channels stay, the address goes."""
    stage.publish(World(people(), members=members(1, 2)))
    with Platform(name) as platform:
        sync(platform, "--audience", "reward")
        assert "email" in platform.reaches(person(1))
        closed = {"may_contact_email": False, "email": None} if how == "built" else {}
        stage.publish(World(people(**closed), members=members(2)))
        if how == "landed":
            stage.land("consent_events", [withdrawal("person.1@example.com", channel="email")])
        since = len(platform.deliveries)
        code, _ = sync(platform, "--audience", "reward")
        assert code == 0
        assert "email" not in platform.reaches(person(1))
        # SALESmanago knows people by their e-mail, and nobody without.
        assert bool(platform.reaches(person(1)) & {"sms"}) == (name != "salesmanago")
        if name in ("webhook", "braze", "klaviyo"):
            assert email_of(platform, 1) is None
        told = json.dumps(platform.deliveries[since:], default=str)
        assert "person.1@" not in told
        assert profile(1)["last_name"] not in told
        assert {one for _, one in taken(platform, since)} == {person(1)}
        assert sync(platform, "--audience", "reward")[1]["sent"] == 0
        assert platform.violations == []


def test_an_audience_that_is_no_longer_synced_leaves_nobody_open(stage: Stage, sync: Sync) -> None:
    """Told of in one audience, which is retired; another is synced when they withdraw."""
    both = members(1) + members(2, name="win_back")
    stage.publish(World(people(), members=both))
    with Platform("webhook") as platform:
        sync(platform, "--audience", "reward")
        stage.land("consent_events", [withdrawal("person.1@example.com")])
        code, report = sync(platform, "--audience", "win_back")
        assert (code, report["sent_by_operation"]) == (0, {"enter": 1, "suppress": 1})
        assert platform.reaches(person(1)) == set()


@pytest.mark.parametrize("name", WITH_AUDIENCES)
def test_who_withdrew_profiling_before_the_build_leaves_and_is_emptied(
    name: str, stage: Stage, sync: Sync
) -> None:
    """The build takes them out of the audience, and their fields for profiling are null."""
    stage.publish(World(people(), members=members(1, 2)))
    with Platform(name) as platform:
        sync(platform, "--audience", "reward")
        held = platform.find(person(1))
        assert "champions" in str(held) or "lost" in str(held)
        none = dict.fromkeys(PROFILED)
        stage.publish(World(people(**none), members=members(2)))
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]) == (0, {"close": 1, "leave": 1})
        held = platform.find(person(1))
        assert not {"champions", "lost", "at_risk", "repeat"} & set(str(held).split("'"))
        assert held is not None
        if name == "webhook":
            assert held["audiences"] == set()
        assert "email" in platform.reaches(person(1))
        assert sync(platform, "--audience", "reward")[1]["sent"] == 0
        assert platform.violations == []


@pytest.mark.parametrize("emptied", ["email", "city", "rfm_segment"])
def test_klaviyo_does_not_keep_what_became_empty(emptied: str, stage: Stage, sync: Sync) -> None:
    stage.publish(World(people()))
    with Platform("klaviyo") as platform:
        sync(platform)
        where = {"city": "location", "rfm_segment": "properties"}.get(emptied)

        def held() -> Any:
            found = platform.profiles[person(1)]
            return (found.get(where) or {} if where else found).get(emptied)

        stage.publish(World(people(city="Brno")))
        sync(platform)
        assert held() is not None
        flags = {"may_contact_email": False} if emptied == "email" else {}
        stage.publish(World(people(**{"city": "Brno", **flags, emptied: None})))
        assert sync(platform)[1]["sent"] == 1
        assert held() is None
        assert platform.profiles[person(1)]["properties"]["loyalty_card_id"]
        assert sync(platform)[1]["sent"] == 0
        assert platform.violations == []


@pytest.mark.parametrize("name", some("webhook", "carecloud"))
def test_a_no_in_a_row_that_is_refused_goes_by_itself(name: str, stage: Stage, sync: Sync) -> None:
    """The platform does not take their new name, and would be left with the channel open."""
    bad = "Refused"
    stage.publish(World(people()))

    def is_bad(item: Row) -> bool:
        return bad in str(item)

    with Platform(name, faults=lambda _: ("reject", is_bad)) as platform:
        sync(platform)
        changed = {"first_name": bad, "may_contact_sms": False, "may_contact_call": False}
        stage.publish(World(people(**changed)))
        code, report = sync(platform)
        assert (code, report["rejected"]) == (1, 1)
        assert not platform.reaches(person(1)) & {"sms", "call", "phone"}
        assert platform.reaches(person(1))
        code, report = sync(platform)
        assert (report["sent"], report["skipped"]["rejected_earlier"]) == (0, 1)


def test_a_no_is_never_given_up(stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossbrand.sync.delivery.ATTEMPTS", 2)
    stage.publish(World(people()))
    with Platform("webhook") as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com")])
        platform.faults = lambda _: "422"
        for _ in range(4):
            monkeypatch.setattr("time.time", later(days=2))
            report = sync(platform)[1]
            assert report["rejected"] == 1
        platform.faults = lambda _: None
        monkeypatch.setattr("time.time", later(days=2))
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}


def test_who_waits_to_be_merged_is_closed_on_what_the_new_customer_withdrew(
    stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1), profile(2)]))

    def is_bad(item: Row) -> bool:
        return bool(item["fields"].get("email") == "person.9@example.com")

    with Platform("webhook", faults=lambda _: ("reject", is_bad)) as platform:
        sync(platform)
        new = profile(9, may_contact_sms=False)
        stage.publish(World([new, profile(2)], redirects=[redirect(1, 9)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (1, {"close": 1})
        assert platform.reaches(person(1)) == platform.reaches(person(2)) - {"sms"}


@pytest.mark.parametrize("is_member", [True, False])
def test_an_audience_run_merges_into_a_new_customer(
    is_member: bool, stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1), profile(2)], members=members(1, 2)))
    with Platform("webhook") as platform:
        sync(platform, "--audience", "reward")
        later_on = World(
            [profile(9), profile(2)],
            members=members(2, *([9] if is_member else [])),
            redirects=[redirect(1, 9)],
        )
        since = len(platform.deliveries)
        stage.publish(later_on)
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]["merge"]) == (0, 1)
        assert taken(platform, since)[0] == ("enter" if is_member else "upsert", person(9))
        assert person(1) not in platform.profiles
        assert sync(platform, "--audience", "reward")[1]["sent"] == 0
        # The run about all profiles knows that they were told.
        sent = sync(platform)[1]["sent_by_operation"]
        assert sent == {"upsert": 2 if is_member else 1} or sent["upsert"] == 2


def test_an_audience_that_is_no_more_can_be_left_by_all(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1), profile(2)], members=members(1, 2)))
    with Platform("webhook") as platform:
        sync(platform, "--audience", "reward")
        stage.publish(World([profile(1), profile(2)]))
        code, report = sync(platform, "--audience", "rewards")
        assert (code, "Unknown audience" in report["err"]) == (2, True)
        code, report = sync(platform, "--audience", "reward", "--mode", "mirror", "--allow-deletes")
        assert (code, report["sent_by_operation"]) == (0, {"leave": 2})
        assert platform.profiles[person(1)]["audiences"] == set()


def test_outcomes_are_kept_for_a_while(
    stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(World(people()))
    with Platform("webhook") as platform:
        sync(platform)
        monkeypatch.setattr("time.time", later(days=KEEP_DAYS - 1))
        assert sync(platform)[1]["sent"] == 0
        assert count(stage, "sync_changelog") == 3
        monkeypatch.setattr("time.time", later(days=2))
        assert sync(platform)[1]["sent"] == 0
        assert count(stage, "sync_changelog") == 0
        assert count(stage, "sync_runs") == 2


def count(stage: Stage, table: str) -> int:
    with sqlite3.connect(stage.state) as connection:
        (number,) = connection.execute(f"select count(*) from {table}").fetchone()
    return int(number)
