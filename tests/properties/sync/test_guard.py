"""Too many closings at once are a mistake more often than not; a person's own no never waits."""

from __future__ import annotations

import json

import pytest

from .activation import Row, Stage, World, profile
from .conftest import Sync, set_up
from .server import Platform
from .test_destinations import person, taken, withdrawal


def world(numbers: range, *, refused: tuple[int, ...] = (), brand: str = "aster") -> World:
    """These people; those who have refused have said so to the build."""
    told = World([profile(number, brand) for number in numbers if number not in refused])
    rows = told.rows()["contactability"]
    for number in refused:
        no = World([profile(number, brand)]).rows()["contactability"]
        rows += [{**row, "may_contact": False, "reason": "withdrawn"} for row in no]
    told.contactability = rows
    return told


@pytest.mark.parametrize("mode", ["upsert", "mirror"])
def test_a_mart_that_lost_its_people_closes_nobody_but_who_asked(
    mode: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(world(range(40)))
    with Platform("webhook") as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com", channel="sms"),
                                      withdrawal("person.2@example.com")])  # fmt: skip
        since = len(platform.deliveries)
        lost = world(range(20), refused=(3, 30))
        lost.profiles[0]["city"] = "Changed"
        stage.publish(lost)
        code, report = sync(platform, "--mode", mode)
        assert (code, report["status"]) == (1, "stopped")
        assert ("--allow-deletes" if mode == "mirror" else "--allow-closings") in report["err"]
        assert sorted(taken(platform, since)) == sorted(
            [("close", person(1)), *(("suppress", person(one)) for one in (2, 3, 30))]
        )
        assert "sms" not in platform.reaches(person(1))
        assert platform.reaches(person(1)) == platform.reaches(person(0)) - {"sms"}
        # Nothing of the rest is forgotten.
        since = len(platform.deliveries)
        assert sync(platform, "--mode", mode)[0] == 1
        assert taken(platform, since) == []
        code, report = sync(platform, "--allow-closings")
        assert (code, report["status"]) == (0, "complete")
        assert report["sent_by_operation"] == {"suppress": 19, "upsert": 2}
        assert sync(platform)[1]["sent"] == 0
        assert platform.violations == []


def test_a_brand_that_is_gone_stops_a_run_even_when_it_is_a_small_one(
    stage: Stage, sync: Sync
) -> None:
    both = world(range(200))
    small = world(range(11), brand="birch")
    both.profiles += small.profiles
    both.contactability = [*(both.contactability or []), *(small.contactability or [])]
    stage.publish(both)
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(world(range(200)))
        code, report = sync(platform)
        assert (code, report["sent"]) == (1, 0)
        assert "birch" in report["err"]
        assert sync(platform, "--allow-closings")[1]["sent_by_operation"] == {"suppress": 11}


def test_everybody_may_withdraw_and_is_closed(stage: Stage, sync: Sync) -> None:
    """A mass of withdrawals is no accident of ours, whoever is left."""
    stage.publish(world(range(40)))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(world(range(40), refused=tuple(range(40))))
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 40}


def test_erasures_go_out_of_a_run_that_is_stopped(stage: Stage, sync: Sync) -> None:
    stage.publish(world(range(40)))
    with Platform("webhook") as platform:
        sync(platform)
        erasure: Row = {"deletion_id": "d", "customer_id": profile(5)["customer_id"],
                        "brand_id": None, "erased_at": "2026-01-03T00:00:00Z"}  # fmt: skip
        stage.deletions.write_text(json.dumps(erasure))
        stage.publish(world(range(10, 20)))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (1, {"erase": 1})
        assert person(5) not in platform.profiles


def test_the_share_is_a_setting_and_a_dry_run_says_what_would_be_stopped(
    stage: Stage, sync: Sync
) -> None:
    stage.publish(world(range(40)))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(world(range(20)))
        code, report = sync(platform, "--dry-run")
        assert (code, report["status"], report["due"]) == (1, "stopped", {})
        set_up(stage, "webhook", max_close_share=0.5)
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 20}
        for share in ("much", 2, True):
            set_up(stage, "webhook", max_close_share=share)
            code, report = sync("webhook")
            assert code == 2
            assert "max_close_share" in report["err"]


def test_a_channel_that_everybody_loses_is_guarded_too(stage: Stage, sync: Sync) -> None:
    """They would be told of all the same, with one permission less; who withdrew it loses it."""
    stage.publish(world(range(40)))
    with Platform("webhook") as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com", channel="email")])
        stage.publish(World([profile(number, may_contact_email=False) for number in range(40)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (1, {"close": 1})
        assert "email" not in platform.reaches(person(1))
        assert "email" in platform.reaches(person(2))
