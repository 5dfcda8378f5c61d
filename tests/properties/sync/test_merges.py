"""What must hold before two profiles at a platform become one, which cannot be undone there."""

from __future__ import annotations

import sqlite3

import pytest

from crossbrand.sync.source import Source

from .activation import BUILT_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import PLATFORMS, person, redirect, some, taken, withdrawal


def merges_done(stage: Stage) -> list[Row]:
    with sqlite3.connect(stage.state) as connection:
        return connection.execute("select * from instructions_done").fetchall()


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_merge_waits_while_its_target_is_refused(name: str, stage: Stage, sync: Sync) -> None:
    """The old profile stays known, and so it can still be closed."""
    stage.publish(World([profile(1), profile(2)]))

    def is_bad(item: Row) -> bool:
        email = (item.get("fields") or item).get("email")
        return bool(email == "person.9@example.com")

    with Platform(name, faults=lambda _: ("reject", is_bad)) as platform:
        sync(platform)
        stage.publish(World([profile(9), profile(2)], redirects=[redirect(1, 9)]))
        code, report = sync(platform)
        assert (code, report["rejected"], report["withheld"]) == (1, 1, 1)
        assert "merge" not in report["sent_by_operation"]
        assert merges_done(stage) == []
        since = len(platform.deliveries)
        stage.publish(World([profile(2)]))
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}
        if name != "klaviyo":
            assert taken(platform, since) == [("suppress", person(1))]
        else:
            assert platform.profiles[person(1)]["suppressed"]


def test_a_merge_is_judged_anew_when_its_turn_comes(
    stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new customer withdraws between plan and sending: no merge, and the old one is closed."""
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(World([profile(9), profile(2)], redirects=[redirect(1, 9)]))
        refresh, asked = Source.refresh, []

        def landing(self: Source) -> bool:
            asked.append(1)
            if len(asked) == 2:
                stage.land("consent_events", [withdrawal("person.9@example.com")])
            return refresh(self)

        monkeypatch.setattr(Source, "refresh", landing)
        report = sync(platform)[1]
        assert report["sent_by_operation"] == {"suppress": 2}
        assert platform.profiles[person(1)]["suppressed"]
        assert "fields" not in platform.profiles[person(9)]
        assert merges_done(stage) == []


def test_klaviyo_does_not_pass_over_a_target_that_is_not_there(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1), profile(9)]))
    with Platform("klaviyo") as platform:
        sync(platform)
        del platform.profiles[person(9)]
        stage.publish(World([profile(9)], redirects=[redirect(1, 9)]))
        code, report = sync(platform)
        assert (code, report["rejected"]) == (1, 1)
        assert person(1) in platform.profiles
        assert merges_done(stage) == []
        assert customer_id(1) not in str(report)


def test_a_merge_into_one_in_doubt_goes_when_they_have_been_told(stage: Stage, sync: Sync) -> None:
    """Nobody knows what the platform holds of the target: it is told first, in the same run."""
    stage.publish(World([profile(1), profile(9)]))
    with Platform("webhook") as platform:
        sync(platform)
        with sqlite3.connect(stage.state) as connection:
            connection.execute(
                "update acknowledged set row_hash = '?' where customer_id = ?", [customer_id(9)]
            )
        since = len(platform.deliveries)
        stage.publish(World([profile(9)], redirects=[redirect(1, 9)]))
        assert sync(platform)[0] == 0
        kinds = [kind for kind, _ in taken(platform, since)]
        assert kinds == ["upsert", "merge", "upsert"]


@pytest.mark.parametrize(
    ("reason", "pieces", "operation"),
    [
        ("merge", 1, "merge"),
        ("earlier_founder", 1, "merge"),
        ("founder_gone", 1, "merge"),
        ("merge", 2, "suppress"),
        ("split", 2, "suppress"),
        ("split", 1, "suppress"),
        ("another", 1, "suppress"),
        (None, 1, "suppress"),
    ],
)
def test_only_a_whole_customer_is_merged(
    reason: str | None, pieces: int, operation: str, stage: Stage, sync: Sync
) -> None:
    """Who went to pieces is closed under the old id, and the pieces are told of by themselves."""
    stage.publish(World([profile(1), profile(2)]))
    redirects = [
        {**redirect(1, 8 + piece), "redirect_id": f"r{piece}", "reason": reason}
        for piece in range(pieces)
    ]
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(World([profile(2), profile(8), profile(9)], redirects=redirects))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"][operation]) == (0, 1)
        assert ({"merge", "suppress"} - {operation}).isdisjoint(report["sent_by_operation"])
        assert {person(8), person(9)} <= set(platform.profiles)
        assert sync(platform)[1]["sent"] == 0


@pytest.mark.parametrize("name", some("braze", "salesmanago"))
def test_who_unsubscribed_from_the_old_profile_is_not_written_to_under_the_new_one(
    name: str, stage: Stage, sync: Sync
) -> None:
    """They did so at the platform, which nobody else has heard of, and have two addresses."""
    channel = "any" if name == "carecloud" else "email"
    stage.publish(World([profile(number) for number in (1, 2, 3, 4)]))
    with Platform(name) as platform:
        sync(platform)
        platform.unsubscribe(person(1))
        stage.publish(World([profile(2), profile(4)], redirects=[redirect(1, 2), redirect(3, 4)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]["merge"]) == (0, 2)
        assert channel not in platform.reaches(person(2))
        assert channel in platform.reaches(person(4))
        assert sync(platform)[1]["sent"] == 0
        assert platform.violations == []


def test_an_audience_run_merges_into_a_customer_who_was_closed(stage: Stage, sync: Sync) -> None:
    """They are no member, and are told of as the run about all profiles tells of them."""
    member: Row = {"audience_name": "reward", "customer_id": customer_id(1), "brand_id": "aster",
                   "entered_at": BUILT_AT, "is_held_out": False}  # fmt: skip
    stage.publish(World([profile(1), profile(2), profile(3)], members=[member]))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(World([profile(1), profile(3)], members=[member]))
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}
        member["customer_id"] = customer_id(3)
        stage.publish(World([profile(2), profile(3)], members=[member], redirects=[redirect(1, 2)]))
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]["merge"]) == (0, 1)
        assert platform.find(person(1)) is None


def test_a_generation_that_is_taken_back_makes_the_merge_due_again(
    stage: Stage, sync: Sync
) -> None:
    """An older generation is made current again: the old customer is told of anew, and parted."""
    before, after = [profile(1), profile(2)], [profile(2)]
    redirects = [redirect(1, 2)]
    stage.publish(World(before))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(World(after, redirects=redirects))
        assert sync(platform)[1]["sent_by_operation"]["merge"] == 1
        stage.publish(World(before))
        assert sync(platform)[0] == 0
        assert platform.find(person(1)) is not None
        stage.publish(World(after, redirects=redirects))
        assert sync(platform)[1]["sent_by_operation"]["merge"] == 1
        assert platform.find(person(1)) is None
