"""What dbt's log says becomes progress, a summary, and the failures in dbt's own words."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from crossbrand.dbt_runner import DbtOutcome, print_outcome, read_log_line, run_dbt
from tests.properties.project_copy import ProjectCopy


def event(name: str, *, level: str = "info", msg: str = "", **data: Any) -> str:
    return json.dumps({"info": {"name": name, "level": level, "msg": msg}, "data": data})


def ended(name: str, kind: str, status: str) -> str:
    node = {"node_name": name, "resource_type": kind, "node_status": status}
    title = "SkippingDetails" if status == "skipped" else "LogModelResult"
    level = "error" if status in ("fail", "error") else "info"
    return event(title, level=level, msg=f"{status} {name}", node_info=node)


def read(*lines: str) -> tuple[DbtOutcome, list[tuple[int, int, str]]]:
    outcome, seen = DbtOutcome("build"), []
    for line in lines:
        read_log_line(line, outcome, lambda *step: seen.append(step))
    return outcome, seen


def test_nodes_are_counted_by_kind_and_end() -> None:
    outcome, seen = read(
        event("ConcurrencyLine", node_count=4),
        event("LogStartLine", node_info={"node_name": "brands"}),
        ended("brands", "seed", "success"),
        ended("stg_orders", "model", "success"),
        ended("unique_orders", "test", "fail"),
        ended("customer_360", "model", "skipped"),
        event("RunResultError", level="error", msg="Got 3 results, configured to fail if != 0"),
    )
    assert seen[0] == (0, 4, "brands")
    assert seen[-1] == (4, 4, "customer_360")
    assert outcome.failures == ["Got 3 results, configured to fail if != 0"]
    outcome.seconds = 12.3
    assert outcome.summary() == "dbt build: 1 seed, 1 model, 1 failed, 1 skipped in 12 s"


def test_what_is_not_json_is_never_swallowed() -> None:
    outcome, _ = read("Segmentation fault\n", "\n", '{"half": \n', "[]\n")
    assert outcome.failures == ["Segmentation fault", '{"half":', "[]"]


def test_a_run_without_failures_prints_one_line() -> None:
    outcome, _ = read(event("ConcurrencyLine", node_count=1), ended("brands", "seed", "success"))
    console = Console(file=io.StringIO(), record=True, width=100)
    print_outcome(outcome, console)
    assert console.export_text().strip() == "dbt build: 1 seed in 0 s"


def test_dbt_itself_is_run_and_its_refusal_is_shown(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path / "project")
    outcome = copy.dbt("build", "--select", "brands", "--resource-type", "seed")
    assert (outcome.exit_code, outcome.counts["seed"]) == (0, 1), outcome.failures
    assert copy.warehouse.exists()

    refused = copy.dbt("build", "--no-such-option")
    assert refused.exit_code == 2
    assert "no-such-option" in " ".join(refused.failures)


def test_quiet_is_for_the_console_and_not_for_dbt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was built is read from what dbt says, which must not be nothing."""
    started: list[list[str]] = []

    class EndedError(Exception):
        pass

    def start(command: list[str], **_: object) -> None:
        started.append(command)
        raise EndedError

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(EndedError):
        run_dbt(["-q", "build"], project=tmp_path, console=Console(quiet=True))
    assert "-q" not in started[0]
    assert "--no-quiet" in started[0]
    assert started[0].index("--no-quiet") < started[0].index("build")


def test_a_file_that_somebody_holds_is_one_line_and_no_traceback() -> None:
    outcome = DbtOutcome("build", exit_code=2, failures=[
        "Encountered an error:", "Traceback (most recent call last):\n  ...\nIO Error: Could not "
        'set lock on file "/data/w.duckdb": Conflicting lock is held in /usr/bin/duckdb (PID 17). '
        "See also https://duckdb.org/docs/stable/connect/concurrency",
    ])  # fmt: skip
    said = io.StringIO()
    print_outcome(outcome, Console(file=said, width=80))
    assert said.getvalue() == (
        "/data/w.duckdb cannot be opened: /usr/bin/duckdb (process 17) holds it. "
        "Close it, or wait until it has ended, and try again.\n"
    )
