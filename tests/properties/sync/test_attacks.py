"""Ways in which somebody who said no might be written to after all, each tried once."""

from __future__ import annotations

import datetime as dt

import pytest

from .activation import BUILT_AT, GRANTED_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import person, withdrawal

NOON = BUILT_AT + dt.timedelta(days=1)
LATER = BUILT_AT + dt.timedelta(days=2)


def of_two_brands(aster: str | None, birch: str | None, birch_at: dt.datetime) -> World:
    """One customer at two brands; each has been refused there for a reason, or not."""
    world = World(contactability=[])
    for brand, reason, at in (("aster", aster, NOON), ("birch", birch, birch_at)):
        row = profile(1, brand)
        rows = World([row]).rows()["contactability"]
        for one in rows:
            one["may_contact"] = reason is None
            one["reason"] = reason
            one["consent_decided_at"] = at
        world.contactability = [*(world.contactability or []), *rows]
        if reason is None:
            world.profiles.append(row)
    return world


@pytest.mark.parametrize("name", ["braze", "klaviyo", "salesmanago"])
def test_a_yes_at_one_brand_does_not_open_what_was_refused_at_another(
    name: str, stage: Stage, sync: Sync
) -> None:
    """One e-mail, two profiles in one account, which share what may be sent to it."""
    stage.publish(of_two_brands(None, None, GRANTED_AT))
    mine, other = person(1), person(1, "birch")
    with Platform(name) as platform:
        sync(platform)
        stage.publish(of_two_brands("withdrawn", "withdrawn", NOON), built_at=NOON)
        sync(platform)
        assert platform.reaches(mine) == platform.reaches(other) == set()
        stage.publish(of_two_brands("withdrawn", None, LATER), built_at=LATER)
        assert sync(platform)[0] == 0
        assert "email" not in platform.reaches(mine)
        if name != "salesmanago":
            assert (platform.find(mine) or {}).get("email") is None
        if name != "braze":
            assert "email" not in platform.reaches(other)
        # Both have consented anew, and there is nothing left to protect.
        stage.publish(of_two_brands(None, None, LATER), built_at=LATER)
        assert sync(platform)[0] == 0


def test_a_list_that_is_not_told_makes_nobody_new(stage: Stage, sync: Sync) -> None:
    """SALESmanago is asked whom it has; without an answer everybody would be opted in."""
    stage.publish(World([profile(1)]))

    class Silent(Platform):
        def _salesmanago(self, name: str, *given: object) -> object:
            if name == "list":
                return 200, {"success": True}
            return super()._salesmanago(name, *given)  # type: ignore[arg-type]

    with Silent("salesmanago") as platform:
        code, report = sync(platform, attempts=1)
        assert (code, report["undelivered"]) == (1, 1)
        assert platform.profiles == {}


def test_a_limit_holds_back_no_closing_of_a_channel(stage: Stage, sync: Sync) -> None:
    people = [profile(number) for number in range(6)]
    stage.publish(World(people))
    with Platform("webhook") as platform:
        sync(platform)
        stage.land("consent_events", [
            withdrawal(str(row["email"]), channel="email") for row in people[:4]])  # fmt: skip
        stage.publish(World([{**row, "city": "Moved"} for row in people]))
        sync(platform, "--limit", "1")
        for number in range(4):
            assert "email" not in platform.reaches(person(number))


def test_a_second_destination_name_for_an_account_opens_nothing(stage: Stage, sync: Sync) -> None:
    """As after a lost state: all are new under that name, and one has unsubscribed there."""
    stage.publish(World([profile(1), profile(2)]))
    with Platform("braze") as platform:
        sync(platform)
        platform.unsubscribe(person(1))
        for path in stage.state.parent.glob("sync_state.sqlite*"):
            path.unlink()
        # They are suspect for a while, then not.
        world = World([profile(2)])
        world.contactability = [
            {**row, "is_suspect": row["customer_id"] == customer_id(1)}
            for row in World([profile(1), profile(2)]).rows()["contactability"]
        ]
        stage.publish(world)
        sync(platform)
        rows: list[Row] = [profile(1), profile(2)]
        stage.publish(World(rows))
        sync(platform)
        assert "email" not in platform.reaches(person(1))
