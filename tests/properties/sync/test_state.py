"""What a sync remembers: interrupted, changed under way, lost, damaged, asked for a part."""

from __future__ import annotations

import datetime as dt
import fcntl
import itertools
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from .activation import BUILT_AT, FLAGS, GRANTED_AT, Row, Stage, World, customer_id, profile
from .conftest import Sync, set_up
from .server import SECRET, Platform
from .test_destinations import later, person, redirect, taken


def rows_of(stage: Stage, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    with sqlite3.connect(stage.state) as connection:
        return connection.execute(f"select {columns} from {table}").fetchall()


def test_a_lost_answer_is_sent_again_under_the_same_keys(stage: Stage, sync: Sync) -> None:
    """The platform did it and nobody heard: the next run repeats the very same request."""
    stage.publish(World([profile(number) for number in range(5)]))
    with Platform("webhook", faults=lambda number: "lost" if number <= 2 else None) as platform:
        code, report = sync(platform, attempts=1)
        assert (code, report["undelivered"]) == (1, 5)
        # With a try left, the repeat comes within the run.
        code, report = sync(platform, attempts=2)
        assert (code, report["sent"]) == (0, 5)
        keys = {one["key"] for one in platform.deliveries}
        assert len(platform.deliveries) == 15
        assert len(keys) == 1
        assert len({one["row"] for one in platform.deliveries}) == 5


def test_a_row_that_flips_back_while_its_change_is_in_doubt(stage: Stage, sync: Sync) -> None:
    """Told A; B was sent and not answered; now it is A again, and the platform may hold B."""
    faults: dict[int, str] = {2: "lost"}
    stage.publish(World([profile(1, city="A")]))
    with Platform("webhook", faults=lambda number: faults.get(number)) as platform:
        sync(platform)
        stage.publish(World([profile(1, city="B")]))
        assert sync(platform, attempts=1)[0] == 1
        assert platform.profiles[person(1)]["fields"]["city"] == "B"
        stage.publish(World([profile(1, city="A")]))
        code, report = sync(platform)
        assert (code, report["sent"]) == (0, 1)
        assert platform.profiles[person(1)]["fields"]["city"] == "A"
        assert len({one["row"] for one in platform.deliveries}) == 3
    outcomes = [row[0] for row in rows_of(stage, "sync_changelog", "outcome")]
    assert outcomes == ["delivered", "superseded", "delivered"]


def test_a_refused_row_that_flips_back_needs_nothing(stage: Stage, sync: Sync) -> None:
    """What was refused did not arrive, so the platform still holds what it acknowledged."""
    stage.publish(World([profile(1, city="A"), profile(2)]))

    def is_bad(item: Row) -> bool:
        return bool(item["fields"]["city"] == "B")

    with Platform("webhook", faults=lambda _: ("reject", is_bad)) as platform:
        sync(platform)
        stage.publish(World([profile(1, city="B"), profile(2)]))
        assert sync(platform)[1]["rejected"] == 1
        stage.publish(World([profile(1, city="A"), profile(2)]))
        for _ in range(2):
            code, report = sync(platform)
            assert (code, report["sent"]) == (0, 0)
            assert rows_of(stage, "outbox") == []


def test_a_doubt_outlives_a_run_that_may_not_tell(stage: Stage, sync: Sync) -> None:
    """B may have arrived; then they are suspect, and nothing is told; then it is A again."""
    faults: dict[int, str] = {2: "lost"}
    stage.publish(World([profile(1, city="A")]))
    with Platform("webhook", faults=lambda number: faults.get(number)) as platform:
        sync(platform)
        stage.publish(World([profile(1, city="B")]))
        sync(platform, attempts=1)
        world = World([profile(1, city="B")])
        world.contactability = [
            {**row, "is_suspect": True} for row in world.rows()["contactability"]
        ]
        stage.publish(world)
        assert sync(platform)[1]["sent"] == 0
        stage.publish(World([profile(1, city="A")]))
        assert sync(platform)[1]["sent"] == 1
        assert platform.profiles[person(1)]["fields"]["city"] == "A"


def test_who_withdraws_while_the_first_word_is_in_doubt_is_closed(stage: Stage, sync: Sync) -> None:
    """Never acknowledged, perhaps arrived: the no must reach the platform all the same."""
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook", faults=lambda number: "lost" if number == 1 else None) as platform:
        sync(platform, attempts=1)
        stage.land("consent_events", [
            {"consent_event_id": "k", "email": "person.1@example.com", "purpose": "marketing",
             "decision": "withdrawn", "decided_at": "2026-01-02"}])  # fmt: skip
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"suppress": 1, "upsert": 1})
        assert platform.profiles[person(1)]["suppressed"]


def test_refused_rows_wait_longer_each_time_and_are_given_up(
    stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossbrand.sync.delivery.ATTEMPTS", 4)
    stage.publish(World([profile(1), profile(2)]))
    bad = {"person.1@example.com"}
    platform = Platform(
        "webhook", faults=lambda _: ("reject", lambda item: item["fields"]["email"] in bad)
    )
    with platform:
        sync(platform)
        waits, asked = [], 1
        for _ in range(20):
            ((status, attempts, next_at, words),) = rows_of(
                stage, "outbox", "status, attempts, next_attempt_at, words"
            )
            assert "<value>" in words
            assert "example.com" not in words
            if status == "given_up":
                break
            waits.append(next_at - time.time())
            assert attempts == asked
            asked += 1
            monkeypatch.setattr("time.time", lambda at=next_at + 1: at)
            assert sync(platform)[0] == 1
        assert attempts == 4
        assert all(second > first * 1.5 for first, second in itertools.pairwise(waits))
        code, report = sync(platform)
        assert (code, report["skipped"]["given_up"]) == (0, 1)
        bad.clear()
        assert sync(platform, "--retry-given-up")[1]["sent"] == 1


def test_a_clock_that_goes_back_keeps_nobody_waiting(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    bad = ["person.1@example.com"]
    faults = lambda _: ("reject", lambda item: item["fields"]["email"] in bad)  # noqa: E731
    with Platform("webhook", faults=faults) as platform:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("time.time", later(days=400))
            sync(platform)
        bad.clear()
        assert sync(platform)[1]["sent"] == 1


def test_limit_then_all_then_nothing(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(30)]))
    with Platform("webhook") as platform:
        assert sync(platform, "--limit", "7")[1]["sent"] == 7
        code, report = sync(platform, "--limit", "7")
        assert (report["sent"], report["skipped"]["over_limit"]) == (7, 16)
        assert sync(platform)[1]["sent"] == 16
        assert sync(platform)[1]["sent"] == 0
        assert code == 0
        assert sorted(taken(platform)) == sorted(("upsert", person(n)) for n in range(30))


def test_a_changed_mapping_tells_everybody_once(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(5)]))
    with Platform("webhook") as platform:
        sync(platform)
        fields = {"mail": "email", "sex": {"field": "gender", "values": {"female": 2, "male": 1}}}
        set_up(stage, "webhook", fields=fields)
        assert sync(platform)[1]["sent"] == 5
        assert set(platform.profiles[person(1)]["fields"]) == {"mail", "sex"}
        assert sync(platform)[1]["sent"] == 0
        # A field that is not mapped changes nothing.
        stage.publish(World([profile(number, city="Elsewhere") for number in range(5)]))
        assert sync(platform)[1]["sent"] == 0


def test_brands_out_of_a_mapping_are_left_alone(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1, "aster"), profile(1, "cedar")]))
    with Platform("webhook") as platform:
        assert sync(platform)[1]["sent"] == 2
        set_up(stage, "webhook", brands=["aster"])
        stage.publish(World([profile(1, "aster", city="B"), profile(1, "cedar", city="B")]))
        code, report = sync(platform, "--mode", "mirror")
        assert (code, report["sent_by_operation"]) == (0, {"upsert": 1})


def test_a_lost_state_tells_everybody_again_and_a_damaged_one_stops(
    stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(number) for number in range(5)]))
    with Platform("webhook") as platform:
        sync(platform)
        for path in stage.state.parent.glob("sync_state.sqlite*"):
            path.unlink()
        assert sync(platform)[1]["sent"] == 5
        for damage in (b"", b"not a database at all, by no means" * 100):
            whole = stage.state.read_bytes()
            seen = platform.requests
            if damage:
                stage.state.write_bytes(damage)
            else:
                half = len(whole) // 2
                stage.state.write_bytes(whole[:4096] + os.urandom(half) + whole[4096 + half :])
            for path in stage.state.parent.glob("sync_state.sqlite-*"):
                path.unlink()
            code, report = sync(platform)
            assert code == 2
            assert "Move it aside" in report["err"]
            assert platform.requests == seen
            stage.state.write_bytes(whole)
        assert sync(platform)[1]["sent"] == 0


def test_a_state_that_is_an_older_copy_opens_nothing_anew(stage: Stage, sync: Sync) -> None:
    """A yes was told by force once; who has unsubscribed there since must not be opened again."""

    def world(at: dt.datetime, **given: object) -> World:
        rows = World([profile(1), profile(2)]).rows()["contactability"]
        for one in rows:
            one["consent_decided_at"] = at
            if one["customer_id"] == customer_id(1):
                one |= given
        return World([profile(2)] if given else [profile(1), profile(2)], rows)

    noon, later_on = (BUILT_AT + dt.timedelta(days=one) for one in (1, 2))
    stage.publish(world(GRANTED_AT))
    with Platform("webhook") as platform:
        sync(platform)
        stage.publish(world(noon, may_contact=False, reason="withdrawn"), built_at=noon)
        sync(platform)
        copy = stage.state.with_name("copy")
        with sqlite3.connect(stage.state) as connection, sqlite3.connect(copy) as copied:
            connection.backup(copied)
        stage.publish(world(later_on), built_at=later_on)
        sync(platform)
        assert "email" in platform.reaches(person(1))
        assert not sync(platform)[1]["is_state_old"]
        platform.unsubscribe(person(1))
        for suffix in ("", "-wal", "-shm"):
            stage.state.with_name(stage.state.name + suffix).unlink(missing_ok=True)
        copy.replace(stage.state)
        code, report = sync(platform)
        assert (code, report["is_state_old"], report["sent"]) == (0, True, 2)
        assert "email" not in platform.reaches(person(1))
        assert "email" in platform.reaches(person(2))
        assert not sync(platform)[1]["is_state_old"]


def test_a_generation_that_is_swapped_and_swept_under_a_run(stage: Stage, sync: Sync) -> None:
    """The run ends with the generation that it began with; the next one tells the difference."""
    first = stage.publish(World([profile(number, city="A") for number in range(30)]))

    def swap(number: int) -> None:
        if number == 1:
            stage.publish(World([profile(number, city="B") for number in range(30)]))
            first.unlink()

    with Platform("webhook", faults=swap) as platform:
        code, report = sync(platform)
        assert (code, report["sent"]) == (0, 30)
        assert {held["fields"]["city"] for held in platform.profiles.values()} == {"A"}
        assert sync(platform)[1]["sent"] == 30
        assert {held["fields"]["city"] for held in platform.profiles.values()} == {"B"}


def test_one_sync_of_a_destination_at_a_time(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    stage.state.parent.mkdir(exist_ok=True)
    with (stage.state.parent / ".sync_state.file.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, report = sync("file")
        assert code == 2
        assert "Another sync to file is running" in report["err"]
        with Platform("webhook") as platform:
            assert sync(platform)[1]["sent"] == 1
    assert sync("file")[1]["sent"] == 1


def test_a_dry_run_writes_nothing_and_shows_no_person(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(9)]))
    before = sorted(stage.root.rglob("*"))
    with Platform("webhook") as platform:
        code, report = sync(platform, "--dry-run", "--examples", "2")
        assert (code, report["due"], len(report["examples"])) == (0, {"upsert": 9}, 2)
        text = json.dumps(report)
        for row in (profile(number) for number in range(9)):
            for value in (row["email"], row["phone"], row["last_name"], row["loyalty_card_id"]):
                assert str(value) not in text
        assert platform.requests == 0
        assert sorted(stage.root.rglob("*")) == before
        sync(platform)
        assert sync(platform, "--dry-run")[1]["due"] == {}


def test_no_secret_and_no_person_in_the_state(stage: Stage, sync: Sync) -> None:
    """The platform repeats secrets and addresses in what it says; neither is kept."""
    stage.publish(World([profile(number) for number in range(3)]))
    platform = Platform("webhook", faults=lambda number: ("reject", bool) if number == 1 else "500")
    with platform:
        sync(platform)
        code, _ = sync(platform, "--retry-given-up", attempts=1)
        assert code == 0
        stage.publish(World([profile(number, city="B") for number in range(3)]))
        code, report = sync(platform, attempts=1)
        assert code == 1
        assert "500" in report["trouble"]
    with sqlite3.connect(stage.state) as connection:
        kept = "\n".join(connection.iterdump())
    assert "no room for <value>" in kept
    for word in (SECRET, "example.com", "+4207", "Nováková", "9000000"):
        assert word not in kept


def test_a_person_who_may_be_two_is_left_as_they_are(stage: Stage, sync: Sync) -> None:
    """A merge cannot be undone at a platform; a suspect without consent is closed like anybody."""
    stage.publish(World([profile(number) for number in range(4)]))
    with Platform("webhook") as platform:
        sync(platform)
        rest = World([profile(0)], redirects=[redirect(3, 9)])
        rest.contactability = rest.rows()["contactability"]
        for number, may in ((1, True), (2, False), (9, True)):
            rest.contactability += [
                {"customer_id": customer_id(number), "brand_id": "aster", "channel": channel,
                 "may_contact": may, "is_suspect": True} for channel in FLAGS]  # fmt: skip
        stage.publish(rest)
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"suppress": 1})
        assert platform.profiles[person(2)]["suppressed"]
        assert not platform.profiles[person(1)]["suppressed"]
        assert not platform.profiles[person(3)]["suppressed"]


def test_only_the_last_word_on_an_id_is_followed(stage: Stage, sync: Sync) -> None:
    """Merged, parted again and then gone: no merge. Gone to pieces: into none of them."""
    stage.publish(World([profile(number) for number in (1, 2, 5, 6, 7)]))
    with Platform("webhook") as platform:
        sync(platform)
        redirects = [
            redirect(1, 5),
            {**redirect(1, 6), "redirect_id": "r9", "new_customer_id": None,
             "earlier_redirect_count": 3},
            {**redirect(2, 6), "moved_identifier_count": 4},
            {**redirect(2, 7), "redirect_id": "z", "moved_identifier_count": 1},
        ]  # fmt: skip
        stage.publish(World([profile(number) for number in (5, 6, 7)], redirects=redirects))
        code, report = sync(platform)
        assert code == 0
        merges = [one["item"] for one in platform.deliveries if one["operation"] == "merge"]
        assert merges == []
        assert report["sent_by_operation"]["suppress"] == 2
        assert platform.profiles[person(1)]["suppressed"]
        assert platform.profiles[person(2)]["suppressed"]


def test_one_who_comes_back_is_told_of_again(stage: Stage, sync: Sync) -> None:
    """Closed by us, then opened by a new build: the yes is told when it is given anew, once."""
    path = stage.publish(World([profile(1)]))
    with Platform("braze") as platform:
        sync(platform)
        assert "email_subscribe" not in platform.profiles[person(1)]
        world = World([], contactability=[])
        stage.publish(world)
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}
        assert platform.profiles[person(1)]["email_subscribe"] == "unsubscribed"
        stage.publish(World([profile(1)]))
        assert sync(platform)[1]["sent"] == 1
        # Whether they have unsubscribed there meanwhile nobody can tell any more.
        assert platform.profiles[person(1)]["email_subscribe"] == "unsubscribed"
        world = World([profile(1, city="B")])
        world.contactability = world.rows()["contactability"]
        for row in world.contactability:
            row["consent_decided_at"] = BUILT_AT + dt.timedelta(days=1)
        stage.publish(world)
        assert sync(platform)[1]["sent"] == 1
        assert platform.profiles[person(1)]["email_subscribe"] == "subscribed"
        assert path.exists()


def test_erasure_is_done_with_once_and_the_person_may_come_back(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook") as platform:
        sync(platform)
        stage.deletions.write_text(
            json.dumps({"deletion_id": "d", "customer_id": customer_id(1), "brand_id": None,
                        "erased_at": "2026-01-01T12:00:00+00:00"}))  # fmt: skip
        stage.publish(World([profile(2)]))
        assert sync(platform)[1]["sent_by_operation"] == {"erase": 1}
        assert person(1) not in platform.profiles
        assert sync(platform)[1]["sent"] == 0
        later_build = BUILT_AT.replace(month=6)
        stage.publish(World([profile(1), profile(2)]), built_at=later_build)
        assert sync(platform)[1]["sent_by_operation"] == {"upsert": 1}


def test_a_deletion_that_cannot_be_read_stops_everything(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    stage.deletions.parent.mkdir(exist_ok=True)
    for text in ("{", '{"customer_id": "x"}', '[1]', '{"deletion_id": 1, "customer_id": 2, '
                 '"erased_at": "soon"}'):  # fmt: skip
        stage.deletions.write_text(text)
        code, report = sync("file")
        assert code == 2
        assert "passed over" in report["err"]
    assert not Path(stage.state).exists()
