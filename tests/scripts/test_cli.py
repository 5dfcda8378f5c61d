"""The command line as its user meets it: help, exit codes, messages, and where it looks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crossbrand import __version__, cli
from crossbrand.marts_hash import hash_marts
from crossbrand.paths import find_paths, project_variable

from .conftest import Row, TruthMaker, WarehouseMaker

RECORDS: list[Row] = [("aster", "orders", f"o{n}", f"c{n // 2}", "email") for n in range(4)]
TRUTH: list[Row] = [("orders", "aster", f"o{n}", f"p{n // 2}") for n in range(4)]


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    monkeypatch.chdir(project)


def test_help_names_every_verb_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for verb in ("generate", "show", "evaluate"):
        assert verb in text
        assert cli.main([verb, "--help"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert any(line.rstrip().endswith(".") for line in lines[:6]), verb


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"crossbrand {__version__}"


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["evaluate", "--truht", "x"], ["evaluate", "--worst", "-1"]],
)
def test_a_wrong_call_is_answered_with_2_and_the_way_on(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert "Usage:" in captured.out + captured.err
    assert "Traceback" not in captured.err


def test_a_mistake_is_one_message_with_its_mend_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crossbrand.cli", "evaluate", "--truth", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: There is no")
    assert "crossbrand generate" in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_a_project_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["show"]) == 2
    assert "dbt_project.yml" in capsys.readouterr().err


def test_evaluate_prints_json_that_a_program_can_read(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse, truth = make_warehouse(RECORDS), make_truth(TRUTH)
    options = ["--truth", str(truth), "--warehouse", str(warehouse)]
    assert cli.main(["evaluate", "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out)["bcubed"]["f1"] == 1
    assert cli.main(["evaluate", *options]) == 0
    assert "2 of 2 people are found whole" in capsys.readouterr().out


def test_the_environment_names_places_relative_to_the_project(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = find_paths()
    assert paths.landing == project / "sample" / "landing"
    assert paths.truth == project / "sample" / "truth"
    assert paths.warehouse == project / "warehouse.duckdb"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSBRAND_PROJECT", str(project))
    monkeypatch.setenv("CROSSBRAND_WAREHOUSE", "data/w.duckdb")
    monkeypatch.setenv("CROSSBRAND_LANDING", str(tmp_path / "landing"))
    paths = find_paths()
    assert paths.warehouse == project / "data" / "w.duckdb"
    assert paths.landing == tmp_path / "landing"


def test_project_variables_are_read_where_dbt_reads_them(project: Path) -> None:
    assert project_variable(project, "reporting_currency", "none") == "EUR"
    assert project_variable(project, "no_such_variable", "none") == "none"


def test_the_hash_of_a_mart_sees_every_value_and_not_the_order(
    make_warehouse: WarehouseMaker,
) -> None:
    first = hash_marts(make_warehouse(RECORDS))
    assert list(first) == ["customer_records"]
    assert hash_marts(make_warehouse(RECORDS[::-1])) == first
    changed: list[Row] = [*RECORDS[:-1], (*RECORDS[-1][:3], None, "email")]
    assert hash_marts(make_warehouse(changed)) != first
    assert hash_marts(make_warehouse([*RECORDS, RECORDS[0]])) != first
