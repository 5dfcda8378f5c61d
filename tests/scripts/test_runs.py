"""What a build leaves for machines: one document, dbt's artefacts, swept with the generations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crossbrand import build as build_module
from crossbrand import cli, landed, runs
from crossbrand.dbt_runner import DbtOutcome
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.validate.run import Report, Verdict

CONTENT = Report([Verdict("landing_orders", 1, [("warn", "birch: 3, usually 4.")])])
STOP = Report([Verdict("landing_orders", 1, [("stop", "aster: 0, usually 900.")])])


class Stage:
    """A project whose dbt and checkpoints answer what the test wants."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder, folder / "landing", folder / "w.duckdb", folder / "published")
        self.report, self.exit_code = CONTENT, 0

    def dbt(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], **_: Any
    ) -> DbtOutcome:
        target = self.paths.project / "target"
        target.mkdir(exist_ok=True)
        (target / "manifest.json").write_text('{"nodes": {}}')
        (target / "run_results.json").write_text(json.dumps({"args": list(arguments)}))
        with duckdb.connect(environment["CROSSBRAND_WAREHOUSE"]) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute("create or replace table marts.customer_360 as select 1 as id")
        outcome = DbtOutcome("build", exit_code=self.exit_code, total=3)
        outcome.counts["model"] = 2
        outcome.failures = ["assert_all_well: 4 rows"] if self.exit_code else []
        return outcome


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path)
    stage.paths.landing.mkdir()
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    monkeypatch.delenv("CROSSBRAND_RUNS", raising=False)
    monkeypatch.setattr(build_module, "run_dbt", stage.dbt)
    monkeypatch.setattr(landed, "require_landing", lambda _: None)
    monkeypatch.setattr(build_module, "validate_landing", lambda *_, **__: stage.report)
    monkeypatch.setattr(build_module, "validate_publication", lambda *_, **__: CONTENT)
    monkeypatch.setattr(cli, "find_paths", lambda: stage.paths)
    return stage


def build_json(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """All of standard output has to be the one document."""
    code = cli.main(["build", "--json", "--no-publish", *options])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


def test_a_build_is_one_document_on_stdout(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = build_json(capsys)
    assert code == 0
    assert document["format"] == "crossbrand.build/1"
    assert (document["outcome"], document["exit_code"]) == ("built", 0)
    assert [(step["name"], step["outcome"]) for step in document["steps"]] == [
        ("private copy", "ok"), ("validate landing", "ok"), ("dbt build", "ok"),
        ("validate publication", "ok"),
    ]  # fmt: skip
    assert sum(step["seconds"] for step in document["steps"]) <= document["seconds"]
    assert document["dbt"]["succeeded"] == {"model": 2}
    assert document["checks"][0]["severity"] == "warn"
    assert document["generation"] is None
    folder = Path(document["artefacts"])
    assert folder.parent == stage.paths.published.parent / "runs"
    assert json.loads((folder / "build.json").read_text())["format"] == document["format"]
    assert gzip.decompress((folder / "manifest.json.gz").read_bytes()) == b'{"nodes": {}}'
    assert json.loads((folder / "run_results.json").read_text())["args"][0] == "build"


def stop_landing(stage: Stage) -> None:
    stage.report = STOP


def fail_dbt(stage: Stage) -> None:
    stage.exit_code = 1


@pytest.mark.parametrize(
    ("happens", "step", "said"),
    [(stop_landing, "validate landing", "usually 900"), (fail_dbt, "dbt build", "4 rows")],
)
def test_a_build_that_stops_says_where_and_why(
    stage: Stage, capsys: pytest.CaptureFixture[str], happens: Callable[[Stage], None], step: str,
    said: str,
) -> None:  # fmt: skip
    happens(stage)
    code, document = build_json(capsys)
    assert code == document["exit_code"] == 1
    assert document["outcome"] == "stopped"
    assert document["steps"][-1] == {**document["steps"][-1], "name": step, "outcome": "stopped"}
    assert said in json.dumps([document["checks"], document["dbt"]])
    assert Path(document["artefacts"]).name.endswith("-stopped")


@pytest.mark.usefixtures("stage")
def test_a_mistake_is_in_the_document_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_module, "run_dbt", lambda *_, **__: DbtOutcome("build"))
    code, document = build_json(capsys, "--select", "nothing_such")
    assert (code, document["exit_code"], document["outcome"]) == (2, 2, "failed")
    assert "matches nothing" in document["message"]


def test_an_interrupted_build_is_recorded_and_goes_on_up(stage: Stage) -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.recorded(stage.paths, runs.Record(), interrupt, publishes=True)
    last = runs.last_build(stage.paths)
    assert last
    assert last["outcome"] == "interrupted"


def publish(stage: Stage, generation: str) -> dict[str, Any]:
    """What a publishing leaves in the folder, and the record of its build."""

    def work() -> bool:
        folder = stage.paths.published / "bi"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{generation}.duckdb").touch()
        (folder / "current").unlink(missing_ok=True)
        (folder / "current").symlink_to(f"{generation}.duckdb")
        return True

    return runs.recorded(stage.paths, runs.Record(), work, publishes=True)


def test_runs_go_with_their_generation_and_five_others_stay(stage: Stage) -> None:
    first, second = "20250630T041502Z-3f9a10c2", "20250701T041448Z-b0177e5d"
    assert publish(stage, first)["generation"] == first
    document = publish(stage, second)
    assert (document["generation"], document["previous_generation"]) == (second, first)
    (stage.paths.published / "bi" / f"{first}.duckdb").unlink()
    folder = stage.paths.published.parent / "runs"
    (folder / "mine").mkdir()
    for minute in range(8):
        (folder / f"20250702T04{minute:02d}00Z-stopped").mkdir()
        (folder / f"20250702T04{minute:02d}00Z-stopped" / "build.json").write_text(
            json.dumps({"started_at": f"2025-07-02T04:{minute:02d}:00Z"})
        )
    publish(stage, second)
    kept = {path.name for path in folder.iterdir()}
    assert first not in kept
    assert {second, "mine"} <= kept
    assert sorted(name for name in kept if name.endswith("-stopped")) == [
        f"20250702T04{minute:02d}00Z-stopped" for minute in range(3, 8)
    ]


def test_a_folder_that_cannot_be_written_undoes_no_build(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = stage.paths.project / "blocked"
    blocked.write_text("a file")
    monkeypatch.setenv("CROSSBRAND_RUNS", str(blocked))
    document = runs.recorded(stage.paths, runs.Record(), lambda: True, publishes=False)
    assert document["exit_code"] == 0
    assert document["artefacts"] is None


def test_a_step_that_raises_is_marked_as_failed() -> None:
    record = runs.Record()
    with pytest.raises(CrossbrandError), record.step("private copy"):
        raise CrossbrandError("full disk")
    assert record.steps[0]["outcome"] == "failed"
