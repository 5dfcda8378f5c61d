"""Who unsubscribed at a platform stays so, unless they have consented since.

The platform's link is clicked and nobody here hears of it; then whatever may make a sync tell of
the person once more: a change, an audience, a lost state, a lost answer.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from .activation import BUILT_AT, GRANTED_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import PLATFORMS, person, some, withdrawal

ME = person(1)
OTHER = person(2)
# What the platform calls the channel, or the agreement, under which e-mails are sent.
BY_EMAIL = {"carecloud": "any"}
# Where a no of the person's own is undone by nothing that a sync sends.
KEEPING = {"klaviyo"}


def is_reached(platform: Platform, who: str = ME) -> bool:
    return BY_EMAIL.get(platform.name, "email") in platform.reaches(who)


def world(
    *,
    granted_at: dt.datetime = GRANTED_AT,
    unsubscribed_at: dt.datetime | None = None,
    refused_at: dt.datetime | None = None,
    members: bool = True,
    **fields: Any,
) -> World:
    """Two people; the first has been granted, has withdrawn, or both, at these times."""
    may = refused_at is None
    flags: dict[str, Any] = {} if may else {f"may_contact_{name}": False for name in ALL}
    made = World([profile(1, **{**flags, **fields}), profile(2)])
    if not may:
        made.profiles = made.profiles[1:]
    rows = World([profile(1, **flags), profile(2)]).rows()["contactability"]
    for row in rows:
        if row["customer_id"] == customer_id(1):
            row["consent_decided_at"] = granted_at if may else refused_at
            row["unsubscribed_at"] = unsubscribed_at
            row["reason"] = None if may else "withdrawn"
    made.contactability = rows
    made.members = [
        {"audience_name": "reward", "customer_id": customer_id(number), "brand_id": "aster",
         "entered_at": BUILT_AT, "is_held_out": False} for number in (1, 2) if members]  # fmt: skip
    return made


ALL = ("email", "sms", "call", "letter", "web_push", "app_push")
FIRST, SECOND, THIRD = (BUILT_AT + dt.timedelta(days=day) for day in (1, 2, 3))


@pytest.mark.parametrize("name", PLATFORMS)
def test_nothing_but_a_newer_grant_opens_what_a_person_has_closed(
    name: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(world())
    with Platform(name) as platform:
        sync(platform)
        assert is_reached(platform)
        platform.unsubscribe(ME)
        # A change of their city.
        stage.publish(world(city="Elsewhere"))
        assert sync(platform)[1]["sent"] == 1
        assert not is_reached(platform)
        # An audience, which they enter.
        if name != "carecloud":
            assert sync(platform, "--audience", "reward")[1]["sent"] == 2
            assert not is_reached(platform)
        # A state that is lost: they are as new to us, and not to the platform.
        for path in stage.state.parent.glob("sync_state.sqlite*"):
            path.unlink()
        assert sync(platform)[1]["sent"] == 2
        assert not is_reached(platform)
        # The platform's word lands, and they consent anew: before it, and after.
        stage.publish(world(unsubscribed_at=SECOND, refused_at=SECOND), built_at=SECOND)
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}
        stage.publish(world(granted_at=FIRST), built_at=THIRD)
        assert sync(platform)[1]["sent"] == 1
        assert not is_reached(platform)
        stage.publish(world(granted_at=THIRD, city="Elsewhere"), built_at=THIRD)
        assert sync(platform)[1]["sent"] == 1
        assert is_reached(platform) == (name not in KEEPING)
        assert is_reached(platform, OTHER)
        assert sync(platform)[1]["sent"] == 0
        assert platform.violations == []


@pytest.mark.parametrize("name", some("webhook", "carecloud"))
def test_a_no_and_a_newer_yes_between_two_builds_open_the_channel(
    name: str, stage: Stage, sync: Sync
) -> None:
    """Permitted before and after, and yet the platform holds a no that has been answered."""
    stage.publish(world())
    with Platform(name) as platform:
        sync(platform)
        platform.unsubscribe(ME)
        stage.publish(world(unsubscribed_at=FIRST, granted_at=SECOND), built_at=THIRD)
        assert sync(platform)[1]["sent"] == 1
        assert is_reached(platform) == (name not in KEEPING)
        # And they unsubscribe once more: the grant is the one that was told.
        platform.unsubscribe(ME)
        stage.publish(
            world(unsubscribed_at=FIRST, granted_at=SECOND, city="Elsewhere"), built_at=THIRD
        )
        assert sync(platform)[1]["sent"] == 1
        assert not is_reached(platform)


@pytest.mark.parametrize("name", some("braze", "salesmanago"))
def test_a_yes_is_not_lost_in_doubt(name: str, stage: Stage, sync: Sync) -> None:
    """The no arrived and its answer was lost; the newer yes is told, and so is the channel."""
    faults: dict[int, str] = {}
    stage.publish(world())
    with Platform(name, faults=faults.get) as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com")])
        faults.update(dict.fromkeys(range(platform.requests + 1, platform.requests + 30), "lost"))
        assert sync(platform, attempts=1)[0] == 1
        faults.clear()
        landed = next((stage.landing / "consent_events").rglob("*.parquet"))
        made = world(granted_at=THIRD)
        made.files = [landed.relative_to(stage.landing).as_posix()]
        stage.publish(made, built_at=THIRD)
        assert sync(platform)[0] == 0
        assert is_reached(platform)
        assert sync(platform)[1]["sent"] == 0


def test_the_first_yes_of_somebody_who_never_said_no_is_told(stage: Stage, sync: Sync) -> None:
    """Without an e-mail at first: that was our no and not theirs, and nobody was ever opted in."""
    made = world(email=None, may_contact_email=False)
    rows = made.contactability or []
    mine: Row = next(row for row in rows if row["channel"] == "email")
    mine.update(may_contact=False, reason="no_address")
    stage.publish(made)
    with Platform("braze") as platform:
        sync(platform)
        assert not is_reached(platform)
        stage.publish(world())
        sync(platform)
        assert is_reached(platform)
