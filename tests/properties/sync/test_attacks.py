"""Ways in which somebody who said no might be written to after all, each tried once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .activation import BUILT_AT, GRANTED_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import IS_LONG, person, redirect, taken, withdrawal
from .test_shared_contacts import erase

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


@pytest.mark.parametrize("name", ["braze", "salesmanago", "klaviyo"][: 3 if IS_LONG else 1])
def test_a_yes_does_not_open_the_address_that_a_relative_refused(
    name: str, stage: Stage, sync: Sync
) -> None:
    """One e-mail in the family: what the one says anew must not reach the other."""
    family = {"email": "family@example.com"}

    def world(refused: tuple[int, ...], at: dt.datetime) -> World:
        people = [profile(number, **family) for number in (1, 2)]
        rows = World(people).rows()
        for one in rows["contactability"]:
            if one["customer_id"] in {customer_id(number) for number in refused}:
                one |= {"may_contact": False, "reason": "withdrawn"}
            one["consent_decided_at"] = at
        left = [row for number, row in enumerate(people, start=1) if number not in refused]
        return World(left, rows["contactability"], rows["customer_identifiers"])

    stage.publish(world((), GRANTED_AT))
    with Platform(name) as platform:
        sync(platform)
        stage.publish(world((1, 2), NOON), built_at=NOON)
        sync(platform, "--allow-closings")
        # One has consented anew; the other's no is as new.
        stage.publish(world((1,), LATER), built_at=LATER)
        assert sync(platform)[0] == 0
        assert "email" not in platform.reaches(person(1)) | platform.reaches(person(2))
        # Nobody refuses it any more, and whoever is told of a yes is opened.
        stage.publish(world((), LATER), built_at=LATER)
        assert sync(platform)[0] == 0
        assert "email" in platform.reaches(person(1))


def test_rows_that_contradict_one_another_count_as_no(stage: Stage, sync: Sync) -> None:
    """A mart has one row for each; what is published may have been made by something else."""
    people = [profile(number) for number in range(4)]
    rows = World(people).rows()["contactability"]
    row = next(one for one in rows if one["channel"] == "email")
    unclear: list[Row] = [
        {**row, "may_contact": False, "reason": "withdrawn"},
        {**row, "customer_id": customer_id(1), "may_contact": None},
        {**row, "customer_id": customer_id(2), "is_suspect": None},
    ]
    members: list[Row] = [
        {"audience_name": "reward", "customer_id": customer_id(3), "brand_id": "aster",
         "entered_at": BUILT_AT, "is_held_out": one}
        for one in (False, None)
    ]  # fmt: skip
    stage.publish(World(people, [*rows, *unclear], members=members))
    with Platform("webhook") as platform:
        assert sync(platform)[1]["skipped"]["suspect"] == 1
        reached = [platform.reaches(person(number)) for number in range(4)]
        assert ["email" in one for one in reached] == [False, False, False, True]
        assert sync(platform, "--audience", "reward")[1]["skipped"]["held_out"] == 1


def test_a_person_who_is_there_twice_stops_everything(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1), profile(1, city="Elsewhere")]))
    code, report = sync("file")
    assert code == 2
    assert "customer_id and brand_id are its key" in report["err"]


def test_a_member_whose_channel_has_been_closed_leaves(stage: Stage, sync: Sync) -> None:
    """The audience says to write by e-mail; another channel is for the next build to choose."""
    people = [profile(number) for number in range(3)]
    members: list[Row] = [
        {"audience_name": "reward", "customer_id": row["customer_id"], "brand_id": "aster",
         "entered_at": BUILT_AT, "channel": channel, "is_held_out": False}
        for row, channel in zip(people, ("email", "email", "sms"), strict=True)
    ]  # fmt: skip
    stage.publish(World(people, members=members))
    with Platform("webhook") as platform:
        sync(platform, "--audience", "reward")
        stage.land("consent_events", [
            withdrawal(str(row["email"]), channel="email") for row in people[1:]])  # fmt: skip
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]) == (0, {"close": 1, "enter": 1, "leave": 1})
        told = [platform.profiles[person(number)]["audiences"] for number in range(3)]
        assert told == [{"reward"}, set(), {"reward"}]


def test_a_folder_that_cannot_be_looked_into_stops_everything(
    stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to read it there may be withdrawals in it that nobody sees."""
    stage.publish(World([profile(1)]))
    path = stage.land("consent_events", [withdrawal("person.1@example.com")])
    for entered in (os.scandir, os.listdir):
        monkeypatch.setattr(os, entered.__name__, refusing(entered, path.parent))
    with Platform("webhook") as platform:
        code, report = sync(platform)
        assert (code, platform.requests) == (2, 0)
        assert "load_date=2026-01-02" in report["err"]


def refusing(enter: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    def entered(path: Any = ".") -> Any:
        if not isinstance(path, int) and Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return enter(path)

    return entered


def test_an_erasure_reaches_the_profile_of_an_id_that_has_been_merged_away(
    stage: Stage, sync: Sync
) -> None:
    """Told of as 1, who became 2, who was erased before any sync: the profile of 1 is theirs."""
    stage.publish(World([profile(1), profile(3)]))
    with Platform("webhook") as platform:
        sync(platform)
        erase(stage, None, 2)
        gone = {**redirect(2, 0), "new_customer_id": None, "reason": "erasure"}
        stage.publish(World([profile(3)], redirects=[redirect(1, 2), gone]), built_at=LATER)
        assert sync(platform)[0] == 0
        assert platform.find(person(1)) is None
        assert ("erase", person(1)) in taken(platform)
        assert sync(platform)[1]["sent"] == 0


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
