"""Who may be two people is left as they are, and yet is closed where they say no."""

from __future__ import annotations

import pytest

from .activation import FLAGS, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform

OPEN = set(FLAGS)


def suspected(closed: str | None = None) -> World:
    """The first of two has become a suspect, and so is not among the profiles any more."""
    world = World([profile(1), profile(2)])
    rows = [
        {**row, "is_suspect": is_first, "may_contact": not (is_first and row["channel"] == closed)}
        for row in world.rows()["contactability"]
        for is_first in [row["customer_id"] == customer_id(1)]
    ]
    return World(
        [profile(2)], contactability=rows, identifiers=world.rows()["customer_identifiers"]
    )


def told(platform: Platform) -> set[str]:
    held = platform.profiles[f"aster:{customer_id(1)}"]
    if held["suppressed"]:
        return set()
    refused: set[str] = held["no"]
    return {name for name, may in held["permissions"].items() if may} - refused


@pytest.mark.parametrize("how", ["built", "landed"])
def test_a_suspect_is_closed_on_a_channel_that_they_withdraw(
    how: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(suspected())
        assert sync(platform)[1]["sent"] == 0
        assert told(platform) == OPEN
        if how == "built":
            stage.publish(suspected("email"))
        else:
            no: Row = {"consent_event_id": "k", "email": "person.1@example.com",
                       "purpose": "marketing", "channel": "email", "decision": "withdrawn",
                       "decided_at": "2026-01-02"}  # fmt: skip
            stage.land("consent_events", [no])
        assert sync(platform)[1]["sent_by_operation"] == {"close": 1}
        assert told(platform) == OPEN - {"email"}
        assert sync(platform)[1]["sent"] == 0


def test_a_suspect_who_loses_what_was_never_told_is_left(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1, may_contact_email=False), profile(2)]))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(suspected("email"))
        assert sync(platform)[1]["sent"] == 0
        assert told(platform) == OPEN - {"email"}


def test_a_suspect_whose_closing_was_not_answered_is_closed_by_the_next_run(
    stage: Stage, sync: Sync
) -> None:
    faults: dict[int, str] = {}
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook", faults=faults.get) as platform:
        sync(platform)
        stage.publish(suspected("email"))
        faults[platform.requests + 1] = "500"
        assert sync(platform, attempts=1)[0] == 1
        assert sync(platform)[1]["sent_by_operation"] == {"close": 1}
        assert told(platform) == OPEN - {"email"}
