"""Every broken file of cases.py through `crossbrand land`: landed, put aside or refused."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crossbrand.land import run
from crossbrand.land.landing import Outcome
from crossbrand.paths import Paths

from .cases import FILES, LOAD_DATE, FileCase

PROJECT = Path(__file__).resolve().parents[3]


def land(case: FileCase, folder: Path) -> tuple[Outcome, str]:
    """The outcome, and what the user reads."""
    file = folder / case.name
    file.write_bytes(case.data)
    told = io.StringIO()
    paths = Paths(project=PROJECT, landing=folder / "landing", warehouse=folder / "unused")
    request = run.Request(
        files=[file], feed="orders", brand="aster", load_date=LOAD_DATE, **case.options
    )
    outcome = run.land(request, paths, Console(file=told))[0]
    return outcome, told.getvalue()


def rows_in(folder: Path) -> int:
    """Rows of all Parquet files below a folder, by their footers."""
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))


@pytest.mark.parametrize("case", FILES, ids=[case.story for case in FILES])
def test_a_broken_file_has_its_fate(case: FileCase, tmp_path: Path) -> None:
    outcome, told = land(case, tmp_path)
    landing = tmp_path / "landing"
    landed, aside = rows_in(landing / "orders"), rows_in(landing / "_rejects")
    assert "Traceback" not in told
    if case.fate.startswith("refused"):
        assert outcome.state == "refused"
        assert case.fate.removeprefix("refused ") in outcome.message
        assert len([line for line in told.splitlines() if line]) == 1, told
        assert (landed, aside) == (0, 0)
        assert [path for path in landing.rglob("*") if path.is_file() and path.name != "lock"] == []
        return
    assert outcome.state == "landed", outcome.message
    numbers = [int(number) for number in re.findall(r"\d+", case.fate)]
    wanted = (numbers[0], numbers[1] if len(numbers) > 1 else 0)
    assert (landed, aside) == wanted
    assert outcome.physical == sum(wanted)
    # The same bytes again are told and change nothing.
    again, _ = land(case, tmp_path)
    assert again.state == "refused"
    assert "have landed before" in again.message
    assert (rows_in(landing / "orders"), rows_in(landing / "_rejects")) == wanted
