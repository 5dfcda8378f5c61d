"""Every broken row of cases.py through `crossbrand land` and one build: each has its fate.

The landing folder's name, the file's name, a column of the header and a brand's name are hostile
too, so that the same build shows them to be inert.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from crossbrand.dbt_runner import run_dbt
from crossbrand.land import run
from crossbrand.land.landing import Outcome
from crossbrand.paths import Paths

from .cases import COLUMNS, LOAD_DATE, ROWS, VALID, RowCase, line_of

PROJECT = Path(__file__).resolve().parents[3]
SELECTED = (
    "+rejected_records", "+landing_quality", "+stg_privacy__retention_cuts",
    "stg_transaction__orders",
)  # fmt: skip
HOSTILE_FOLDER = "it's [a] {{ 0 }} *?; drop table orders; --"
HOSTILE_FILE = "'; attach '{{ 0 }}'; --.csv"
HOSTILE_COLUMN = '"; drop table orders; --'
HOSTILE_BRAND = "../x'; drop table orders; -- {{ 1 / 0 }}"

FENCE = line_of("fence-{number}", remark='"a ""clean"" text"')


@dataclass(frozen=True)
class Built:
    """What the landing said of both files, and the warehouse that was built from them."""

    outcome: Outcome
    foreign: Outcome
    landing: Path
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()


def order_id(number: int) -> str:
    return f"case-{number:03}"


def case_text(case: RowCase, number: int) -> str:
    if case.line:
        return case.line.replace("{id}", order_id(number))
    return line_of(order_id(number), **case.changes)


def land(file: Path, landing: Path, **options: Any) -> Outcome:
    paths = Paths(project=PROJECT, landing=landing, warehouse=landing / "unused")
    request = run.Request(files=[file], feed="orders", load_date=LOAD_DATE, **options)
    return run.land(request, paths, Console(file=io.StringIO()))[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("bad_input")
    landing = folder / HOSTILE_FOLDER / "landing"
    # A clean record with quotes in it stands between the cases, so that none reaches into the next.
    lines = [",".join(COLUMNS)]
    for number, case in enumerate(ROWS):
        lines += [case_text(case, number), FENCE.replace("{number}", f"{number:03}")]
    file = folder / HOSTILE_FILE
    file.write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    outcome = land(file, landing, brand="aster")
    foreign_file = folder / "foreign.csv"
    header = ",".join((*COLUMNS, '"""; drop table orders; --"'))
    foreign_file.write_text(f"{header}\n{line_of('foreign')},x\n", encoding="utf-8")
    foreign = land(foreign_file, landing, brand=HOSTILE_BRAND, allow_unknown_brand=True)
    warehouse = folder / "warehouse.duckdb"
    done = run_dbt(
        ["build", "--select", *SELECTED, "--exclude-resource-type", "test", "unit_test",
         "--target-path", str(folder / "target"), "--log-path", str(folder / "logs")],
        project=PROJECT,
        console=Console(file=io.StringIO()),
        environment={"CROSSBRAND_LANDING": str(landing), "CROSSBRAND_WAREHOUSE": str(warehouse)},
    )  # fmt: skip
    assert done.exit_code == 0, "\n".join(done.failures)
    return Built(outcome, foreign, landing, duckdb.connect(str(warehouse), read_only=True))


def put_aside(case: RowCase) -> int:
    """How many physical records of a case the landing puts aside."""
    words = case.fate.split()
    if words[0] != "line":
        return 0
    return int(words[2]) if len(words) > 2 else 1


def test_the_table_is_long_enough_and_has_no_story_twice() -> None:
    stories = [case.story for case in ROWS]
    assert len(ROWS) >= 80
    assert not [story for story, count in Counter(stories).items() if count > 1]


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[case.story for case in ROWS])
def test_a_broken_row_has_its_fate(number: int, built: Built) -> None:
    case, key = ROWS[number], order_id(number)
    kind, *words = case.fate.split(" ", 2)
    staged = built.rows("from staging.stg_transaction__orders where order_id = ?", key)
    if kind == "line":
        reason = words[0]
        found = built.rows(
            "select reason_code, payload, source_file, source_line "
            "from marts.rejected_records where refused_by = 'land' and contains(payload, ?)",
            key,
        )
        assert not staged
        assert {row[0] for row in found} == {reason}
        assert all(row[2] == HOSTILE_FILE and row[3] > 1 for row in found)
        return
    if kind == "staging":
        found = built.rows(
            "select reason_code, column_name, source_file from marts.rejected_records "
            "where record_id = ?",
            key,
        )
        assert not staged
        assert found == [(words[0], words[1], HOSTILE_FILE)]
        return
    assert len(staged) == 1
    if kind in ("repaired", "null"):
        value = built.rows(
            f"select {words[0]} from staging.stg_transaction__orders where order_id = ?", key
        )[0][0]
        assert (None if value is None else str(value)) == (words[1] if kind == "repaired" else None)


def test_texts_land_as_they_stood(built: Built) -> None:
    """Staging has no remark, so the landed file itself is read."""
    landed = dict(
        built.rows(
            "select order_id, remark from read_parquet(?)",
            str(built.landing / built.outcome.target).replace("[", "[[]"),
        )
    )
    wanted = {
        "text over two lines": "first line\nsecond line",
        "text over lines, one of them blank": "first\n\nthird",
        "text with a comma on each of two lines": "one, two\nthree, four",
        "quotes doubled as they should be": 'the "red" one',
        "an inch sign in a plain field": '5" screen',
        "a carriage return inside a field": "one\rtwo",
        "every field in quotes": "fine",
        "a formula in a text": "=cmd|' /C calc'!A0",
    }
    for number, case in enumerate(ROWS):
        if case.story in wanted:
            assert landed[order_id(number)] == wanted[case.story], case.story


def test_no_record_is_unaccounted_for(built: Built) -> None:
    """Counted from the table alone: what the landing and the build say must agree."""
    aside = sum(put_aside(case) for case in ROWS)
    landed = sum(not put_aside(case) for case in ROWS) + len(ROWS)
    refused = sum(case.fate.startswith("staging") for case in ROWS)
    assert built.outcome.physical == landed + aside
    assert (built.outcome.counts.landed, built.outcome.counts.rejected) == (landed, aside)
    of_file = "source_file = ? and brand_id = 'aster'"
    assert built.rows(
        f"select count(*) from staging.base_transaction__orders where {of_file}", HOSTILE_FILE
    ) == [(landed,)]
    assert built.rows(
        f"select refused_by, count(*) from marts.rejected_records where {of_file} "
        "group by refused_by order by refused_by",
        HOSTILE_FILE,
    ) == [("land", aside), ("staging", refused)]
    assert built.rows(
        "select count(*) from staging.stg_transaction__orders where brand_id = 'aster'"
    ) == [(landed - refused,)]


def test_the_fences_are_untouched(built: Built) -> None:
    """What stands around a broken row is as it was: nothing was swallowed."""
    fences = built.rows(
        "select count(*), count(distinct total_amount_original), min(email) "
        "from staging.stg_transaction__orders where order_id like 'fence-%'"
    )
    assert fences == [(len(ROWS), 1, VALID["email"])]


def test_values_that_became_null_are_counted(built: Built) -> None:
    """landing_quality has at least each case of the table, column by column."""
    wanted = Counter(
        case.fate.split()[1].removesuffix("_original")
        for case in ROWS
        if case.fate.startswith("null") and '""' not in "".join(case.changes.values())
    )
    counted = dict(
        built.rows(
            "select column_name, unreadable_count from marts.landing_quality "
            "where feed = 'orders' and brand_id = 'aster' and unreadable_count > 0"
        )
    )
    assert wanted
    for column, number in wanted.items():
        assert counted[column] >= number, column


def test_a_forged_record_inside_a_text_does_not_land(built: Built) -> None:
    """Somebody's review must not be able to write an order."""
    assert not built.rows("from staging.base_transaction__orders where order_id = 'forged'")


def test_a_hostile_brand_is_a_name_and_nothing_else(built: Built) -> None:
    """It is quarantined under exactly that name, and no folder was made outside of the landing."""
    assert built.foreign.state == "landed"
    assert built.rows(
        "select brand_id, reason_code from marts.rejected_records where record_id = 'foreign'"
    ) == [(HOSTILE_BRAND, "unknown_brand")]
    assert [path.name for path in (built.landing / "orders").iterdir() if "x" in path.name] == [
        "brand=..%2Fx%27%3B%20drop%20table%20orders%3B%20--%20%7B%7B%201%20%2F%200%20%7D%7D"
    ]


def test_a_hostile_column_is_a_name_and_nothing_else(built: Built) -> None:
    landed = built.rows(
        "select column_name from (describe from read_parquet(?))",
        str(built.landing / built.foreign.target).replace("[", "[[]").replace("*", "[*]"),
    )
    assert (HOSTILE_COLUMN,) in landed
    manifest = built.landing / "_manifests" / built.foreign.target
    told = json.loads(manifest.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["extra_columns"] == ["remark", HOSTILE_COLUMN]
