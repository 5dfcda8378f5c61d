"""Who may not be told of as a member leaves the audience, whatever the mode."""

from __future__ import annotations

import pytest

from .activation import BUILT_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform


def world(members: list[int], held_out: list[int]) -> World:
    rows: list[Row] = [
        {"audience_name": "reward", "customer_id": customer_id(number), "brand_id": "aster",
         "entered_at": BUILT_AT, "channel": "email", "send_at_hour": 8, "send_at_weekday": 2,
         "is_held_out": number in held_out} for number in members]  # fmt: skip
    return World([profile(number) for number in (1, 2, 3)], members=rows)


@pytest.mark.parametrize("how", ["held out", "unprofiled"])
def test_who_may_not_be_a_member_leaves_without_a_mirror(
    how: str, stage: Stage, sync: Sync
) -> None:
    """Nobody who is only no member any more does: a mirror is for that, and its guard with it."""
    stage.publish(world([1, 2, 3], []))
    with Platform("webhook") as platform:
        assert sync(platform, "--audience", "reward")[1]["sent_by_operation"] == {"enter": 3}
        expected = {"leave": 1}
        if how == "held out":
            stage.publish(world([1, 2], [1]))
        else:
            stage.publish(world([1, 2], []))
            no: Row = {"consent_event_id": "k", "email": "person.1@example.com",
                       "purpose": "profiling", "decision": "withdrawn",
                       "decided_at": "2026-01-02"}  # fmt: skip
            stage.land("consent_events", [no])
            # What is told of a profile goes with the permission.
            expected["close"] = 1
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]) == (0, expected)
        held = {number: platform.profiles[f"aster:{customer_id(number)}"] for number in (1, 2, 3)}
        assert [bool(held[number]["audiences"]) for number in (1, 2, 3)] == [False, True, True]
        assert not held[1]["suppressed"]
        assert sync(platform, "--audience", "reward")[1]["sent"] == 0
