"""`crossbrand status`: each thing that needs somebody is said, and makes exit code 1."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from crossbrand import cli, runs
from crossbrand.paths import Paths
from crossbrand.status import find_status, print_status
from crossbrand.sync.state.schema import SCHEMA

GENERATION = "20250630T041502Z-3f9a10c2"
NOW = datetime(2025, 7, 10, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Everything is in order here."""
    made = Paths(tmp_path, tmp_path / "landing", tmp_path / "w.duckdb", tmp_path / "published")
    monkeypatch.setenv("CROSSBRAND_PUBLISHED", str(made.published))
    for name in ("CROSSBRAND_RUNS", "CROSSBRAND_SYNC_STATE", "CROSSBRAND_DELETIONS"):
        monkeypatch.delenv(name, raising=False)
    for role in ("bi", "activation"):
        (made.published / role).mkdir(parents=True)
        (made.published / role / "current").symlink_to(f"{GENERATION}.duckdb")
    with duckdb.connect(str(made.published / "bi" / f"{GENERATION}.duckdb")) as connection:
        connection.execute(
            "create table _generation as select timestamp '2025-06-30' as as_of_at, "
            "timestamp '2025-06-30 04:15:02' as built_at, '0.1.0' as code_version"
        )
        connection.execute(
            "create table landing_freshness as select * from (values "
            "('orders', 'aster', date '2025-06-30', 0::bigint, false), "
            "('events', 'aster', date '2025-06-28', 2::bigint, false)) "
            "t(feed, brand_id, last_load_date, silent_days, is_stale)"
        )
        connection.execute("create table brands as select 'aster' as brand_id")
    with duckdb.connect(str(made.warehouse)) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.base_privacy__privacy_requests as select * from (values "
            "('access', timestamp '2025-07-01', null, 1), ('erasure', timestamp '2025-07-01', "
            "'unreadable_value', 1)) "
            "t(request_type, requested_at, reject_reason_code, version_rank)"
        )
    with sqlite3.connect(made.published.parent / "sync_state.sqlite") as connection:
        connection.executescript(SCHEMA)
        connection.execute(
            "insert into sync_runs values ('r1', 'braze', 'profiles', 'upsert', ?, 1751500000, "
            "1751500009, 'complete', null)",
            [GENERATION],
        )
    runs.recorded(made, runs.Record(), lambda: True, publishes=True)
    return made


def test_all_in_order(paths: Paths) -> None:
    found = find_status(paths, NOW)
    assert found.needs == []
    assert found.generation
    assert found.generation["id"] == GENERATION
    assert found.freshness == [
        {"brand_id": "aster", "is_known": True, "last_load_date": "2025-06-30",
         "silent_days": 0, "stale_feeds": []}
    ]  # fmt: skip
    assert [(one["request_type"], one["count"]) for one in found.requests] == [("access", 1)]
    assert found.syncs[0]["destination"] == "braze"
    assert found.last_build
    assert found.last_build["outcome"] == "published"
    said = io.StringIO()
    print_status(found, Console(file=said, width=120))
    for text in (GENERATION, "aster", "access", "braze", "Everything is in order."):
        assert text in said.getvalue()


def go_silent(paths: Paths) -> None:
    with duckdb.connect(str(paths.published / "bi" / f"{GENERATION}.duckdb")) as connection:
        connection.execute("update landing_freshness set is_stale = true where feed = 'events'")


def fail_build(paths: Paths) -> None:
    record = runs.Record(started_at=datetime(2027, 1, 1, tzinfo=UTC))
    record.found("landing_orders", [("warn", "birch: 3."), ("stop", "aster: 0, usually 900.")])
    runs.recorded(paths, record, lambda: False, publishes=True)


@pytest.mark.parametrize(("second", "is_needed"), [("01", False), ("03", True)])
def test_a_failed_build_is_made_up_for_by_what_was_published_since(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, second: str, is_needed: bool
) -> None:
    failed = {
        "exit_code": 1, "outcome": "stopped", "checks": [], "dbt": None, "message": "no",
        "started_at": f"2025-06-30T04:15:{second}Z",
    }  # fmt: skip
    monkeypatch.setattr("crossbrand.status.last_build", lambda _: failed)
    assert bool(find_status(paths).needs) is is_needed


def ask_to_be_erased(paths: Paths) -> None:
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(
            "insert into staging.base_privacy__privacy_requests values "
            "('erasure', timestamp '2025-07-01', null, 1)"
        )


def kill_erasure(paths: Paths) -> None:
    folder = paths.published.parent / "privacy"
    folder.mkdir()
    (folder / "erasure.json").write_text("{}", encoding="utf-8")


def kill_retention(paths: Paths) -> None:
    folder = paths.published.parent / "privacy"
    folder.mkdir()
    (folder / "retaining.json").write_text("{}", encoding="utf-8")


def give_up(paths: Paths) -> None:
    with sqlite3.connect(paths.published.parent / "sync_state.sqlite") as connection:
        connection.execute(
            "insert into outbox values (1, 'braze', 'profiles', 1, 'upsert', 'c', 'aster', null, "
            "null, 'h', 0, 'k', 'b', 'given_up', 5, 0, null, 'r1', 0)"
        )


def draw_before(paths: Paths) -> None:
    (paths.published / "site").mkdir()
    (paths.published / "site" / "generation.txt").write_text("20250629T041502Z-00000000\n")


def swap_half(paths: Paths) -> None:
    (paths.published / "activation" / "current").unlink()
    (paths.published / "activation" / "current").symlink_to("20250629T041502Z-00000000.duckdb")


def lose_it(paths: Paths) -> None:
    (paths.published / "bi" / f"{GENERATION}.duckdb").unlink()


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (go_silent, "aster delivers late: events"),
        (fail_build, "The last build stopped: aster: 0, usually 900."),
        (ask_to_be_erased, "1 erasure request is pending, the oldest 9 days ago."),
        (kill_erasure, "An erasure was cut off: `crossbrand erase`"),
        (kill_retention, "`crossbrand retain` ends it"),
        (give_up, "crossbrand sync braze --retry-given-up"),
        (draw_before, "crossbrand board"),
        (swap_half, "crossbrand publish --list"),
        (lose_it, "crossbrand publish --generation"),
    ],
)
def test_what_needs_somebody_is_said(
    paths: Paths,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    happens: Callable[[Paths], None],
    said: str,
) -> None:
    happens(paths)
    needs = find_status(paths, NOW).needs
    assert len(needs) == 1
    assert said in needs[0]
    monkeypatch.setattr(cli, "find_paths", lambda: paths)
    assert cli.main(["status", "--json"]) == 1
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["is_in_order"] is False
    assert len(document["needs"]) == 1


def test_on_the_first_day_nothing_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSBRAND_PUBLISHED", str(tmp_path / "published"))
    monkeypatch.delenv("CROSSBRAND_SYNC_STATE", raising=False)
    monkeypatch.delenv("CROSSBRAND_RUNS", raising=False)
    empty = Paths(tmp_path, tmp_path / "l", tmp_path / "w.duckdb", tmp_path / "published")
    found = find_status(empty, NOW)
    assert found.needs == ["Nothing is published yet: `crossbrand build` publishes."]
    assert not found.requests_known
    print_status(found, Console(file=io.StringIO()))
