"""A landing that cannot be trusted stops a sync, or closes: it never opens."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from .activation import Row, Stage, World, profile
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
