"""A landing that cannot be trusted stops a sync, or closes: it never opens."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from crossbrand.paths import modified_at
from crossbrand.publish.generation import _state

from .activation import FLAGS, Row, Stage, World, customer_id, profile
from .conftest import Sync


def decision(number: int, said: str = "withdrawn", **given: str | None) -> Row:
    row = {"consent_event_id": f"e{number}", "email": f"person.{number}@example.com",
           "purpose": "marketing", "decision": said, "decided_at": "2026-01-01"}  # fmt: skip
    return {**row, **given}


def relative(stage: Stage, path: Path) -> str:
    return path.relative_to(stage.landing).as_posix()


@pytest.mark.parametrize("feed", ["consent_events", "privacy_requests", "contacts"])
def test_a_landing_that_lost_what_was_read_stops_everything(
    feed: str, stage: Stage, sync: Sync
) -> None:
    """An unmounted folder is an empty one, and would look as if nobody had said no."""
    path = stage.land(feed, [decision(2, "granted", request_type="access")])
    stage.publish(World([profile(1)], files=[relative(stage, path)]))
    assert sync("file", "--dry-run")[0] == 0
    shutil.rmtree(stage.landing / feed)
    code, report = sync("file")
    assert code == 2
    assert relative(stage, path) in report["err"]
    assert "nothing is sent" in report["err"]


def test_older_files_may_have_been_archived(stage: Stage, sync: Sync) -> None:
    old = stage.land("consent_events", [decision(2, "granted")], day="2025-01-01")
    new = stage.land("consent_events", [decision(3, "granted")])
    stage.publish(World([profile(1)], files=[relative(stage, old), relative(stage, new)]))
    old.unlink()
    assert sync("file")[0] == 0


@pytest.mark.parametrize("how", ["no size", "same size"])
def test_a_replaced_file_is_newer(how: str, stage: Stage, sync: Sync) -> None:
    """Nobody knows whether a file without a recorded size is the one that was read."""
    path = stage.land("consent_events", [decision(1)])
    published = stage.publish(World([profile(1)], files=[relative(stage, path)]))
    assert sync("file", "--dry-run")[1]["newer_consent_files"] == 0
    with duckdb.connect(str(published)) as connection:
        if how == "no size":
            connection.execute("update _generation_files set size_bytes = null")
        else:
            at = "make_timestamp(1767225600000000)"
            connection.execute(
                "alter table _generation_files add column modified_at timestamp; "
                f"update _generation_files set modified_at = {at}"
            )
    os.utime(path, (1767225600, 1767225600))
    expected = 1 if how == "no size" else 0
    assert sync("file", "--dry-run")[1]["newer_consent_files"] == expected
    os.utime(path, (1767225660, 1767225660))
    code, report = sync("file")
    assert (code, report["sent"], report["newer_consent_files"]) == (0, 0, 1)
    assert report["skipped"]["newer_withdrawal"] == 1


@pytest.mark.parametrize("name", ["aster_zero_rows.parquet", "c[1].parquet"])
def test_a_file_may_have_any_name(name: str, stage: Stage, sync: Sync) -> None:
    """One like that of the file without rows, or one that would be a pattern."""
    stage.publish(World([profile(1)]))
    path = stage.land("consent_events", [decision(1)])
    path.rename(path.with_name(name))
    code, report = sync("file")
    assert (code, report["sent"]) == (0, 0)


@pytest.mark.parametrize("feed", ["consent_events", "privacy_requests"])
@pytest.mark.parametrize("has_read", [False, True])
def test_a_brand_that_nobody_knows_stops_everything(
    feed: str, has_read: bool, stage: Stage, sync: Sync
) -> None:
    """The build rejects such rows, so it does not help that it has read the file."""
    path = stage.land(feed, [decision(1)], brand="ASTER")
    stage.publish(World([profile(1)], files=[relative(stage, path)] if has_read else []))
    code, report = sync("file")
    assert code == 2
    assert "ASTER" in report["err"]
    assert "brands.csv" in report["err"]


@pytest.mark.parametrize("purpose", ["Profiling", "marketng", ""])
def test_a_purpose_that_nobody_knows_stops_everything(
    purpose: str, stage: Stage, sync: Sync
) -> None:
    """A misspelt one would let the field go out after profiling was withdrawn."""
    path = stage.project / "seeds" / "sync_fields.csv"
    text = path.read_text()
    path.write_text(text.replace("rfm_segment,profiling", f"rfm_segment,{purpose}"))
    stage.publish(World([profile(1)]))
    code, report = sync("file")
    assert code == 2
    assert "sync_fields.csv" in report["err"]
    assert "rfm_segment" in report["err"]


UNREADABLE: dict[str, Row] = {
    "decision": {"decision": "revoked"},
    "no decision": {"decision": None},
    "time": {"decided_at": "yesterday"},
    "future": {"decided_at": "2031-01-01"},
    "purpose": {"purpose": "newsletter"},
    "id": {"consent_event_id": None},
    "after as_of_at": {"decided_at": "2026-01-01 07:00:00"},
}


def told(stage: Stage, sync: Sync, *landed: tuple[str, Row, str]) -> set[int]:
    """Who of six people is told of, when the generation has read all of `landed`."""
    paths = [stage.land(feed, [row], day=day) for feed, row, day in landed]
    people = [profile(number) for number in range(1, 7)]
    stage.publish(World(people, files=[relative(stage, path) for path in paths]))
    code, report = sync("file")
    assert (code, report["newer_consent_files"]) == (0, 0)
    assert report["newer_decisions_without_a_name"] == 0
    (folder,) = (stage.root / "data" / "exports").rglob("*.jsonl")
    text = folder.read_text(encoding="utf-8")
    return {number for number in range(1, 7) if f"person.{number}@example.com" in text}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_no_that_the_build_rejected_keeps_closing(what: str, stage: Stage, sync: Sync) -> None:
    """The build has read the file and rejected the row; consent stays as it was before."""
    assert told(
        stage, sync,
        ("consent_events", decision(1, **UNREADABLE[what]), "2026-01-02"),
        ("consent_events", decision(2, "granted", decided_at="yesterday"), "2026-01-02"),
        ("consent_events", decision(3), "2026-01-02"),
        # It names nobody, which the build has counted.
        ("consent_events", decision(4, "revoked", email="nobody"), "2026-01-02"),
    ) == {2, 3, 4, 5, 6}  # fmt: skip


def test_what_answers_a_no_that_the_build_rejected(stage: Stage, sync: Sync) -> None:
    """The corrected row, or a later word of the same person; not an earlier one."""
    later, earlier = "2026-01-01 05:00:00", "2025-12-01"
    assert told(
        stage, sync,
        ("consent_events", decision(1, "revoked"), "2026-01-02"),
        ("consent_events", decision(1, "granted"), "2026-01-03"),
        ("consent_events", decision(2, "granted"), "2026-01-02"),
        ("consent_events", decision(2, "revoked"), "2026-01-03"),
        ("consent_events", decision(3, "revoked"), "2026-01-02"),
        ("consent_events",
         decision(3, "granted", consent_event_id="x", decided_at=later), "2026-01-02"),
        ("consent_events", decision(4, "revoked"), "2026-01-02"),
        ("consent_events",
         decision(4, "granted", consent_event_id="y", decided_at=earlier), "2026-01-02"),
        # Nobody knows when: a later word does not answer it.
        ("consent_events", decision(5, decided_at="?"), "2026-01-02"),
        ("consent_events",
         decision(5, "granted", consent_event_id="z", decided_at=later), "2026-01-02"),
    ) == {1, 3, 6}  # fmt: skip


def test_a_request_that_the_build_rejected_keeps_closing(stage: Stage, sync: Sync) -> None:
    def asks(number: int, **given: str | None) -> Row:
        row = {"request_id": f"r{number}", "request_type": "restriction",
               "identifier_type": "email", "identifier_value": f"person.{number}@example.com",
               "requested_at": "2026-01-01"}  # fmt: skip
        return {**row, **given}

    assert told(
        stage, sync,
        ("privacy_requests", asks(1, request_type="forget me"), "2026-01-02"),
        ("privacy_requests", asks(2, requested_at="soon"), "2026-01-02"),
        ("privacy_requests", asks(3, requested_at="2026-01-01 07:00:00"), "2026-01-02"),
        # Access closes nothing, and what the build has read it has judged, also when corrected.
        ("privacy_requests", asks(4, request_type="access", requested_at="soon"), "2026-01-02"),
        ("privacy_requests", asks(5), "2026-01-02"),
        ("privacy_requests", asks(6, request_type="forget me"), "2026-01-02"),
        ("privacy_requests", asks(6, request_type="access"), "2026-01-03"),
    ) == {4, 5, 6}  # fmt: skip


def message(event: str, **given: str | None) -> Row:
    row: Row = {"event_id": f"e{len(given)}{event}", "message_id": "m1", "channel": "email",
                "direction": "outbound", "event_type": event,
                "occurred_at": "2026-01-02 08:00:00"}  # fmt: skip
    return {**row, **given}


def closed_channels(
    stage: Stage, sync: Sync, number: int = 1, files: Sequence[str] = ()
) -> set[str]:
    """Of a person who may be written to on every channel, those that are closed at the sync."""
    world = people_known()
    world.files = list(files)
    stage.publish(world)
    code, _ = sync("file")
    assert code == 0
    lines = [
        json.loads(line)
        for path in (stage.root / "data" / "exports").rglob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    mine = [one for one in lines if one["external_id"] == f"aster:{customer_id(number)}"]
    told = mine[0]["permissions"] if mine else dict.fromkeys(FLAGS, False)
    others = [one for one in lines if one not in mine]
    assert all(all(one["permissions"].values()) for one in others)
    assert len(others) == 3
    return {name for name, may in told.items() if not may}


def people_known() -> World:
    world = World([profile(number) for number in range(1, 5)])
    rows = world.rows()["customer_identifiers"]
    for number in range(1, 5):
        rows += [{"customer_id": customer_id(number), "identifier_type": kind,
                  "identifier_value": f"{kind[0].upper()}{number}", "brand_id": "aster"}
                 for kind in ("contact_id", "device_id")]  # fmt: skip
    return World(world.profiles, identifiers=rows)


@pytest.mark.parametrize(
    ("rows", "closed"),
    [
        ([message("unsubscribed", email="Person.1@example.com")], {"email"}),
        ([message("complained", contact_id="C1", channel="E-mail")], {"email"}),
        ([message("Unsubscribed", phone="+420770000001", channel="sms")], {"sms"}),
        ([message("unsubscribed", device_id="D1", channel="web_push")], {"web_push"}),
        ([message("unsubscribed", contact_id="C1", channel="pigeon")], set(FLAGS)),
        ([message("unsubscribed", contact_id="C1", channel=None)], set(FLAGS)),
        # It names its message only, which went to somebody.
        ([message("unsubscribed"), message("sent", contact_id="C1")], {"email"}),
        ([message("unsubscribed", contact_id="C1", occurred_at="soon")], {"email"}),
        ([message("opened", contact_id="C1"), message("bounced", contact_id="C1")], set()),
    ],
)
def test_a_newer_answer_to_a_message_closes_its_channel(
    rows: list[Row], closed: set[str], stage: Stage, sync: Sync
) -> None:
    stage.land("message_events", rows)
    assert closed_channels(stage, sync) == closed


def test_an_answer_to_a_message_of_an_older_file_closes(stage: Stage, sync: Sync) -> None:
    """It names its message only, and the build has read long ago to whom that was sent."""
    old = stage.land("message_events", [
        message("sent", email="person.1@example.com"),
        message("sent", message_id="m2", email="person.2@example.com")])  # fmt: skip
    stage.land("message_events", [message("unsubscribed", event_id="e9")])
    files = [old.relative_to(stage.landing).as_posix()]
    assert closed_channels(stage, sync, files=files) == {"email"}


@pytest.mark.parametrize("event", ["unsubscribed", "complained"])
@pytest.mark.parametrize("hour", ["07", "09"])
def test_a_newer_grant_answers_an_unsubscription_and_no_complaint(
    event: str, hour: str, stage: Stage, sync: Sync
) -> None:
    stage.land("message_events", [message(event, contact_id="C1")])
    stage.land("consent_events", [decision(
        1, "granted", contact_id="C1", email=None, channel="email",
        decided_at=f"2026-01-02 {hour}:00:00")])  # fmt: skip
    is_answered = event == "unsubscribed" and hour == "09"
    assert closed_channels(stage, sync) == (set() if is_answered else {"email"})


@pytest.mark.parametrize(
    "contacts",
    [
        [{"contact_id": "C99", "email": "person.1@example.com"}],
        [{"contact_id": "C99", "phone": "+420 770 000 001"}],
        [{"contact_id": "C99", "email": "new@example.com"},
         {"contact_id": "C1", "email": "New@Example.com"}],
    ],
)  # fmt: skip
def test_a_contact_that_only_a_newer_file_explains_closes(
    contacts: list[Row], stage: Stage, sync: Sync
) -> None:
    """They registered again yesterday, and withdraw by that new contact."""
    stage.land("contacts", contacts)
    stage.land("consent_events", [decision(9, email=None, contact_id="C99")])
    assert closed_channels(stage, sync) == set(FLAGS)


def test_a_new_address_that_only_a_newer_order_explains_closes(stage: Stage, sync: Sync) -> None:
    stage.land("orders", [{"order_id": "o1", "contact_id": "C1", "email": "new@example.com"}])
    stage.land("privacy_requests", [
        {"request_id": "r", "request_type": "objection", "identifier_type": "email",
         "identifier_value": "new@example.com", "requested_at": "2026-01-02"}])  # fmt: skip
    assert closed_channels(stage, sync) == set(FLAGS)


def test_a_contact_of_another_brand_is_somebody_else(stage: Stage, sync: Sync) -> None:
    stage.land("contacts", [{"contact_id": "C99", "email": "person.1@example.com"}], brand="birch")
    stage.land("consent_events", [decision(9, email=None, contact_id="C99")])
    assert closed_channels(stage, sync) == set()


def test_who_is_known_to_nobody_is_counted(stage: Stage, sync: Sync) -> None:
    stage.land("consent_events", [
        decision(9, email=None, contact_id="C99"), decision(8, email="x@example.com"),
        decision(7, email="nobody")])  # fmt: skip
    stage.publish(people_known())
    report = sync("file", "--dry-run")[1]
    assert report["newer_decisions_of_strangers"] == 2
    assert report["newer_decisions_without_a_name"] == 1


def test_publication_records_when_a_file_was_changed(tmp_path: Path) -> None:
    """One that was changed after the build is not known as the one that was read."""
    path = tmp_path / "one.parquet"
    path.write_bytes(b"1234")
    os.utime(path, (1767225600, 1767225600.25))
    at = dt.datetime(2026, 1, 1, 0, 0, 0)
    assert _state(path, at + dt.timedelta(seconds=1)) == (4, modified_at(path))
    assert _state(path, at) == (None, None)
    assert _state(tmp_path / "gone.parquet", at) == (None, None)
    assert modified_at(path) == at.replace(microsecond=250_000)
