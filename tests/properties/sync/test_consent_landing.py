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


def test_a_file_may_be_named_like_the_one_without_rows(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    path = stage.land("consent_events", [decision(1)])
    path.rename(path.with_name("aster_zero_rows.parquet"))
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
