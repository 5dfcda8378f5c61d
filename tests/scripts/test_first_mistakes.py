"""The mistakes that newcomers make first: each is one line that names the mend, and exit code 2."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from crossbrand import cli
from crossbrand.build import lock_warehouse

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it; every setting points into it."""
    for name in ("LANDING", "WAREHOUSE", "PUBLISHED"):
        monkeypatch.setenv(f"CROSSBRAND_{name}", str(tmp_path / name.lower()))
    for name in ("PROJECT", "RUNS", "SYNC_STATE", "POSTGRES"):
        monkeypatch.delenv(f"CROSSBRAND_{name}", raising=False)
    monkeypatch.chdir(PROJECT)
    return tmp_path


def export(folder: Path, *columns: str) -> str:
    path = folder / "export.csv"
    path.write_text(",".join(columns) + "\n" + ",".join("1" for _ in columns) + "\n")
    return str(path)


def leave_the_project(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.chdir(folder)


def land(*options: str) -> Callable[[Path], list[str]]:
    """`land` of a small export with these options."""
    return lambda folder: [
        "land", export(folder, "order_id", "ordered_at"), "--load-date", "2025-06-30", *options
    ]  # fmt: skip


def says(*arguments: str) -> Callable[[Path], list[str]]:
    return lambda _: list(arguments)


def landed(folder: Path, name: str) -> Path:
    """An empty file with this name in the landing."""
    path = folder / "landing" / name
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def build_of(name: str) -> Callable[[Path], list[str]]:
    """`build` of a landing with one file."""

    def arrange(folder: Path) -> list[str]:
        landed(folder, name)
        return ["build"]

    return arrange


def build_of_version(version: int) -> Callable[[Path], list[str]]:
    """`build` of what another crossbrand has landed."""

    def arrange(folder: Path) -> list[str]:
        place = "orders/brand=aster/load_date=2025-06-30"
        landed(folder, f"{place}/a.parquet")
        landed(folder, f"_manifests/{place}/a.json").write_text(f'{{"version": {version}}}')
        return ["build"]

    return arrange


MISTAKES: dict[str, tuple[Callable[[Path], list[str]], tuple[str, ...]]] = {
    "no data": (says("build"), ("no landing folder", "crossbrand generate", "CROSSBRAND_LANDING")),
    "a folder with nothing in it": (
        build_of(".keep"), ("No file has landed", "crossbrand generate", "CROSSBRAND_LANDING"),
    ),
    "the folder above the landing": (
        build_of("landing/orders/brand=aster/load_date=2025-06-30/a.parquet"),
        ("landing/landing", "CROSSBRAND_LANDING"),
    ),
    "a folder of exports": (
        build_of("june/orders.csv"), ("june/orders.csv", "crossbrand land", "--feed"),
    ),
    "a folder that is no feed": (
        build_of("order/brand=aster/load_date=2025-06-30/a.parquet"), ("order is no", "orders is"),
    ),
    "an old landing": (build_of_version(0), ("version 0", "crossbrand land --replace")),
    "a landing of a newer crossbrand": (build_of_version(2), ("version 2", "Update")),
    "a time that is none": (
        says("build", "--as-of", "yesterday"), ("yesterday", "2025-06-30 04:00:00"),
    ),
    "a time that has not come": (says("build", "--as-of", "2999-01-01"), ("future", "Leave it")),
    "no warehouse": (says("show"), ("no warehouse at", "dbt build", "CROSSBRAND_WAREHOUSE")),
    "nothing published for the boards": (says("board"), ("crossbrand build",)),
    "nothing published for a sync": (says("sync", "file"), ("crossbrand", "build")),
    "nothing to go back to": (
        says("publish", "--generation", "2025"), ("crossbrand build", "CROSSBRAND_PUBLISHED"),
    ),
    "a brand that is misspelt": (
        land("--feed", "orders", "--brand", "astre"), ("astre", "aster", "seeds/brands.csv"),
    ),
    "a feed that is misspelt": (land("--feed", "order", "--brand", "aster"), ("order", "orders")),
    "a date of another form": (
        lambda folder: ["land", export(folder, "order_id"), "--feed", "orders", "--brand", "aster",
                        "--load-date", "30.6.2025"],
        ("30.6.2025", "is no date"),
    ),
    "a file that is not there": (
        says("land", "nothing.csv", "--feed", "orders", "--brand", "aster"), ("nothing.csv",),
    ),
    "a truth that nobody has": (
        says("evaluate"), ("records.parquet", "crossbrand generate", "--truth"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_first_mistake_is_one_line_with_its_mend(
    newcomer: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arguments, said = MISTAKES[name]
    assert cli.main(arguments(newcomer)) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    for text in said:
        assert text in captured.err, captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_great_expectations_is_missed_before_the_build(
    newcomer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    landed(newcomer, "orders/brand=aster/load_date=2025-06-30/a.parquet")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert cli.main(["build"]) == 2
    assert "requirements.lock" in capsys.readouterr().err
    assert not list(newcomer.glob("warehouse*"))
    locked = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert "\ngreat_expectations==" in locked


def test_two_builds_at_once(newcomer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    landed(newcomer, "orders/brand=aster/load_date=2025-06-30/a.parquet")
    with lock_warehouse(newcomer / "warehouse"):
        assert cli.main(["build"]) == 2
    said = capsys.readouterr().err
    assert "Another" in said
    assert len(said.strip().splitlines()) == 1


def test_a_separator_of_another_country_is_found_out(
    newcomer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = newcomer / "orders.csv"
    names = "order_id;sales_channel;ordered_at;status;total_amount;currency_code;updated_at"
    path.write_text(f"{names}\n1;eshop;2025-06-30;completed;12,50;EUR;2025-06-30\n")
    said = ["--feed", "orders", "--brand", "aster", "--load-date", "2025-06-30"]
    (newcomer / "landing").mkdir()
    assert cli.main(["land", str(path), *said]) == 0
    assert "semicolons" in "".join(capsys.readouterr())


def test_outside_the_project(
    newcomer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(newcomer)
    assert cli.main(["show"]) == 2
    assert "Change into the project's folder" in capsys.readouterr().err


def test_a_column_that_the_export_does_not_have(
    newcomer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is refused (exit code 1) and its line says which column, and what could be done."""
    assert cli.main(land("--feed", "orders", "--brand", "aster")(newcomer)) == 1
    said = "".join(capsys.readouterr())
    assert "total_amount" in said or "status" in said
    assert "--map" in said


@pytest.fixture
def holder(newcomer: Path) -> Iterator[Path]:
    """A warehouse that another process has open for writing."""
    path = newcomer / "warehouse"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
    code = (
        f"import duckdb, sys; held = duckdb.connect({str(path)!r}); print(1, flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield path
        process.kill()


def test_a_warehouse_that_somebody_holds(holder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show"]) == 2
    said = capsys.readouterr().err
    assert str(holder) in said
    assert "another process" in said
    assert "Try again" in said


def test_a_build_of_a_warehouse_that_somebody_holds(
    holder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landed(holder.parent, "orders/brand=aster/load_date=2025-06-30/a.parquet")
    assert cli.main(["build"]) == 2
    said = capsys.readouterr().err
    assert str(holder) in said
    assert "Try again" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken(newcomer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bi = newcomer / "published" / "bi"
    bi.mkdir(parents=True)
    with duckdb.connect(str(bi / "20250630T041502Z-3f9a10c2.duckdb")) as connection:
        connection.execute(
            "create table _generation as "
            "select timestamp '2025-06-30' as as_of_at, timestamp '2025-06-30' as built_at"
        )
        connection.execute("create table brands as select 'a' as brand_id, 'A' as brand_name")
    (bi / "current").symlink_to("20250630T041502Z-3f9a10c2.duckdb")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert cli.main(["board", "--serve", "--port", port]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    """The scripts look for one that fits, and say which they found and what to install."""
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("c*"))
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "requirements.lock").touch()
    ran = subprocess.run(
        ["bash", str(tmp_path / "scripts" / "demo")], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "CROSSBRAND_PYTHON": str(old)}, check=False,
    )  # fmt: skip
    assert ran.returncode != 0
    assert "3.11, 3.12 or 3.13" in ran.stderr
    assert "CROSSBRAND_PYTHON" in ran.stderr


def test_a_currency_without_a_rate_names_the_seed() -> None:
    """The order waits in rejected_records; its reason is what the shop reads."""
    with (PROJECT / "seeds/reject_reasons.csv").open(newline="", encoding="utf-8") as file:
        reasons = {row["reason_code"]: " ".join(row.values()) for row in csv.DictReader(file)}
    assert "exchange_rates" in reasons["no_exchange_rate"]
