"""Small groups in bi: hidden, and not to be had by subtraction either.

The oracle is what a curious reader does: it takes what is left in a table, and the sums that are
known, as linear equations, and sees what follows.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import yaml

from crossbrand.errors import CrossbrandError
from crossbrand.publish.folder import Folder
from crossbrand.publish.generation import stage
from crossbrand.publish.small_groups import (
    Rule,
    hidden_cells,
    hide_small_groups,
    min_group_size,
    read_rules,
)
from tests.properties.publication.stand_in import make_paths, write_warehouse

LEAST = 5
Row = dict[str, Any]


def random_rows(chance: random.Random) -> list[Row]:
    """A table of two dimensions with counts, many of them small and some nothing."""
    return [
        {"a": a, "b": b, "people": chance.choice([0, 1, 2, 4, 5, 9, 30]), "share": 0.5}
        for a in range(chance.randint(1, 5))
        for b in range(chance.randint(1, 5))
    ]


@pytest.mark.parametrize("seed", range(40))
def test_no_small_group_follows_from_the_margins(seed: int) -> None:
    """With every margin known, no small cell, and no small sum of a margin, can be computed."""
    chance = random.Random(seed)
    rows = random_rows(chance)
    rule = Rule("people", ("share",), margins=(("a",), ("b",)))
    hidden = hidden_cells(rows, [rule], ["a", "b"], LEAST)
    assert hidden["share"] == hidden["people"]
    small = {number for number, row in enumerate(rows) if 0 < row["people"] < LEAST}
    assert small <= hidden["people"]
    for margin in ("a", "b"):
        groups: dict[Any, list[int]] = defaultdict(list)
        for number in sorted(hidden["people"]):
            groups[rows[number][margin]].append(number)
        for value, inside in groups.items():
            shown = [
                number for number, row in enumerate(rows)
                if row[margin] == value and row["people"] and number not in hidden["people"]
            ]  # fmt: skip
            # Where something is left to hide, what is hidden is no small group in sum.
            if shown:
                assert len(inside) > 1
                assert sum(rows[number]["people"] for number in inside) >= LEAST


def test_a_lonely_small_cell_takes_another_with_it() -> None:
    """By hand: 3 of 100 is 100 less the others, so the 20 beside it is hidden as well."""
    rows = [{"a": 1, "b": b, "people": p} for b, p in enumerate([3, 77, 20, 0])]
    hidden = hidden_cells(rows, [Rule("people", margins=(("a",),))], ["a", "b"], LEAST)
    assert hidden["people"] == {0, 2}
    unknown = np.ones((1, 2))
    assert np.linalg.matrix_rank(unknown) < unknown.shape[1], "one sum does not tell two cells"


def test_running_sums_end_where_a_small_group_begins() -> None:
    """The sum of the month after, less that month, would be the sum of the small month."""
    rows = [{"s": "x", "m": m, "people": p, "sum": 0} for m, p in enumerate([9, 3, 8])]
    rows += [{"s": "y", "m": 0, "people": 7, "sum": 0}]
    hidden = hidden_cells(rows, [Rule("people", running="sum")], ["s", "m"], LEAST)
    assert hidden["people"] == {1}
    assert hidden["sum"] == {1, 2}


def test_parts_of_a_row() -> None:
    """One small part takes the smallest other with it; where it is alone, the total goes."""
    rule = Rule("c", ("about_c",), parts=("a", "b", "c"), total="all")
    rows = [
        {"a": 2, "b": 40, "c": 9, "all": 51},
        {"a": 0, "b": 0, "c": 3, "all": 3},
        {"a": 7, "b": 8, "c": 9, "all": 24},
    ]
    hidden = hidden_cells(rows, [rule], ["all"], LEAST)
    assert {name: numbers for name, numbers in hidden.items() if numbers} == {
        "a": {0}, "c": {0, 1}, "about_c": {0, 1}, "all": {1},
    }  # fmt: skip


def test_cells_become_null_and_rows_stay() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create temp table t as select * from (values ('x', 3, 0.1), ('y', 9, 0.2)) "
            "as v (name, people, share)"
        )
        hide_small_groups(connection, "t", [Rule("people", ("share",))], ["name"], LEAST)
        rows = connection.execute("from t order by name").fetchall()
    assert [(name, people) for name, people, _ in rows] == [("x", None), ("y", 9)]
    assert rows[0][2] is None


def with_count(folder: Path, rules: str) -> Any:
    """A stand-in project whose days count their customers, with these rules."""
    paths = make_paths(folder)
    write_warehouse(paths.warehouse, 3)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(
            "alter table marts.kpi_daily add column ordering_customer_count bigint default 9"
        )
        connection.execute(
            "update marts.kpi_daily set ordering_customer_count = 4 "
            "where kpi_date = date '2025-01-03'"
        )
    marts = next(paths.project.rglob("_customer__models.yml"))
    document = yaml.safe_load(marts.read_text(encoding="utf-8"))
    days = next(entry for entry in document["models"] if entry["name"] == "kpi_daily")
    days["columns"].append({"name": "ordering_customer_count", "description": "People."})
    if rules:
        days["config"]["meta"]["small_groups"] = yaml.safe_load(rules)
    marts.write_text(yaml.safe_dump(document), encoding="utf-8")
    return paths


def test_a_small_group_that_nobody_hides_stops_the_publishing(tmp_path: Path) -> None:
    paths = with_count(tmp_path, "")
    with pytest.raises(CrossbrandError, match="1 groups of fewer than 5 people"):
        stage(paths, Folder(paths.published), lambda *_: None)


def test_only_bi_is_kept_from_small_groups(tmp_path: Path) -> None:
    """The warehouse and activation keep the exact figures."""
    paths = with_count(tmp_path, "[{people: ordering_customer_count, hides: [net_amount]}]")
    generation = stage(paths, Folder(paths.published), lambda *_: None)
    counts = {}
    for role in ("bi", "activation"):
        file = Folder(paths.published).staged(role) / f"{generation.id}.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            counts[role] = connection.execute(
                "select count(*), count(ordering_customer_count), count(net_amount) from kpi_daily"
            ).fetchone()
    assert counts == {"bi": (9, 8, 8), "activation": (9, 9, 9)}


def test_what_is_wrong_in_a_declaration_is_said(tmp_path: Path) -> None:
    with pytest.raises(CrossbrandError, match="needs `people`"):
        read_rules("here", [{"hides": ["a"]}])
    paths = with_count(tmp_path, "[{people: customers}]")
    with pytest.raises(CrossbrandError, match="has no customers"):
        stage(paths, Folder(paths.published), lambda *_: None)
    (paths.project / "dbt_project.yml").write_text("vars: {min_group_size: none}", encoding="utf-8")
    with pytest.raises(CrossbrandError, match="min_group_size"):
        min_group_size(paths.project)
