"""scripts/exchange-rates turns the European Central Bank's history into the seed."""

from __future__ import annotations

import csv
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Newest first and a comma at the end of each line, as the ECB writes it.
HISTORY = """\
Date,USD,CZK,RUB,
2022-04-01,1.1052,24.375,N/A,
2022-03-02,1.1106,25.678,N/A,
2022-03-01,1.1162,25.220,117.2010,
2022-02-28,1.1199,,115.4842,
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "exchange-rates", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def read(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(HISTORY, encoding="utf-8")
    return path


def test_each_month_keeps_the_first_day_that_a_currency_has(history: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed.csv"
    done = run("--from", history, "--out", seed)
    assert done.returncode == 0, done.stderr
    assert read(seed) == [
        ("rate_date", "from_currency", "to_currency", "rate"),
        ("2022-02-28", "RUB", "EUR", "0.0086591932"),
        ("2022-02-28", "USD", "EUR", "0.8929368694"),
        ("2022-03-01", "CZK", "EUR", "0.0396510706"),
        ("2022-03-01", "RUB", "EUR", "0.0085323504"),
        ("2022-03-01", "USD", "EUR", "0.8958967927"),
        ("2022-04-01", "CZK", "EUR", "0.0410256410"),
        ("2022-04-01", "USD", "EUR", "0.9048136084"),
    ]


def test_daily_rates_of_some_currencies_from_a_zip(history: Path, tmp_path: Path) -> None:
    archive, seed = tmp_path / "eurofxref-hist.zip", tmp_path / "seed.csv"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(history, history.name)
    options = ("--frequency", "daily", "--since", "2022-03-01", "--currencies", "usd")
    assert run("--from", archive, "--out", seed, *options).returncode == 0
    assert [row[0] for row in read(seed)[1:]] == ["2022-03-01", "2022-03-02", "2022-04-01"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Date,USD,\n2022-03-01,one,\n", "line 2: USD 'one'"),
        ("Date,USD,\n2022-03-01,0,\n", "not a positive number"),
        ("day;USD\n", "first line"),
        ("Date,USD,\n", "no rates"),
    ],
)
def test_a_mistake_is_named_and_the_seed_is_left_alone(
    tmp_path: Path, text: str, complaint: str
) -> None:
    history, seed = tmp_path / "history.csv", tmp_path / "seed.csv"
    history.write_text(text, encoding="utf-8")
    done = run("--from", history, "--out", seed)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not seed.exists()


def test_the_shipped_seed_is_the_ecbs() -> None:
    rows = read(PROJECT / "seeds" / "exchange_rates.csv")
    assert rows[0] == ("rate_date", "from_currency", "to_currency", "rate")
    keys = [row[:3] for row in rows[1:]]
    assert len(set(keys)) == len(keys) > 10_000
    assert {row[2] for row in rows[1:]} == {"EUR"}
    rates = {row[:2]: Decimal(row[3]) for row in rows[1:]}
    assert all(rate > 0 for rate in rates.values())
    # As published: 1 EUR = 1.1789 USD on 1999-01-04, 27.021 CZK on 2017-01-02.
    assert rates["1999-01-04", "USD"] == Decimal("0.8482483671")
    assert rates["2017-01-02", "CZK"] == Decimal("0.0370082528")
