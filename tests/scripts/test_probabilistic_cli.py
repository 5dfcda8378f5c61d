"""`crossbrand link-candidates`: its mistakes, its parameters file, and a run with Splink."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand import probabilistic
from crossbrand.errors import CrossbrandError
from crossbrand.probabilistic import (
    CANDIDATES_FILE,
    CANDIDATES_SCHEMA,
    COMPARED,
    FORMAT,
    fill_untrained,
    link_candidates,
    load_parameters,
    parameters_hash,
    save_parameters,
)

MODEL: dict[str, Any] = {
    "probability_two_random_records_match": 0.001,
    "comparisons": [
        {
            "output_column_name": name,
            "comparison_levels": [
                {"is_null_level": True},
                {"m_probability": 0.9, "u_probability": 0.1},
            ],
        }
        for name in COMPARED
    ],
}


def test_without_the_extra_the_mend_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    monkeypatch.setitem(sys.modules, "splink.backends.duckdb", None)
    with pytest.raises(CrossbrandError, match=r'pip install "crossbrand\[probabilistic\]"'):
        link_candidates(tmp_path / "w.duckdb", tmp_path / "landing", tmp_path / "model.json")


def test_a_missing_warehouse_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probabilistic, "require_splink", lambda: None)
    with pytest.raises(CrossbrandError, match=r"no warehouse at .*w\.duckdb"):
        link_candidates(tmp_path / "w.duckdb", tmp_path / "landing", tmp_path / "model.json")


def test_parameters_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.json"
    save_parameters(MODEL, path)
    assert load_parameters(path) == MODEL
    assert parameters_hash(load_parameters(path)) == parameters_hash(MODEL)
    assert parameters_hash({**MODEL, "probability_two_random_records_match": 0.002}) != (
        parameters_hash(MODEL)
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "holds no trained parameters"),
        ('{"format": 1}', "holds no trained parameters"),
        (json.dumps({"format": FORMAT + 1, "model": MODEL}), "other comparisons"),
        (json.dumps({"format": FORMAT, "model": {"comparisons": []}}), "other comparisons"),
    ],
)
def test_parameters_of_something_else_are_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "model.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CrossbrandError, match=rf"{message}.*--train"):
        load_parameters(path)


def test_a_level_that_was_never_seen_proves_nothing() -> None:
    levels = [
        {"is_null_level": True},
        {"m_probability": 0.123456789012345, "u_probability": 0.01},
        {"m_probability": None, "u_probability": 0.02},
        {"m_probability": 0.03, "u_probability": None},
        {"m_probability": None, "u_probability": None},
    ]
    model = fill_untrained(
        {
            "probability_two_random_records_match": 0.001,
            "comparisons": [{"comparison_levels": levels}],
        }
    )
    filled = model["comparisons"][0]["comparison_levels"]
    assert filled[0] == {"is_null_level": True}
    assert filled[1] == {"m_probability": 0.123456789012, "u_probability": 0.01}
    assert all(level["m_probability"] == level["u_probability"] for level in filled[2:])


def households(count: int) -> pa.Table:
    """Couples of one address; every tenth person has a second customer with a slip in the name."""
    given = [f"{first}{second}a" for first in "bdgklmnprst" for second in ("an", "el", "ir", "ov")]
    rows: list[dict[str, Any]] = []

    def add(person: int, name: str, group: int) -> None:
        rows.append(
            {
                "profile_id": len(rows),
                "group_id": group,
                "node_key": f"contact_id|aster|{group:05}",
                "controller_id": "alder_group",
                "given_name": name,
                "surname": f"{given[(person // 2 * 7) % 44]}{given[(person // 2 * 3) % 41]}k",
                "birth_date": f"{1940 + person * 13 % 60}-{1 + person * 5 % 12:02}-"
                f"{1 + person * 11 % 28:02}",
                "street": f"{given[person // 2 % 44]} {person // 2 % 97}",
                "postal_code": str(10000 + person // 2 % 50),
            }
        )

    for person in range(count):
        name = given[person * 17 % 44]
        add(person, name, person)
        if person % 10 == 0:
            add(person, name[:-1] if person % 20 else name, count + person)
    return pa.Table.from_pylist(rows)


def test_a_run_finds_the_second_customers_and_repeats_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profiles = households(600)
    monkeypatch.setattr(probabilistic, "read_profiles", lambda _: profiles)
    landing, parameters = tmp_path / "landing", tmp_path / "model.json"

    first = link_candidates(tmp_path / "w.duckdb", landing, parameters)
    path = landing / CANDIDATES_FILE
    proposals, trained = pq.read_table(path), parameters.read_bytes()
    assert first.was_trained
    assert proposals.schema.equals(CANDIDATES_SCHEMA)
    rows = proposals.to_pylist()
    right = {
        (f"contact_id|aster|{person:05}", f"contact_id|aster|{600 + person:05}")
        for person in range(0, 600, 10)
    }
    strong = {
        (row["node_key_a"], row["node_key_b"])
        for row in rows
        if row["match_weight"] >= 10 and row["contradiction"] is None
    }
    assert strong <= right
    assert len(strong) >= 55
    weights = [sum(row[f"{name}_weight"] for name in COMPARED) for row in rows]
    offsets = {
        round(row["match_weight"] - total, 2) for row, total in zip(rows, weights, strict=True)
    }
    assert max(offsets) - min(offsets) <= 0.01, "the evidence must add up to the weight"

    second = link_candidates(tmp_path / "w.duckdb", landing, parameters)
    assert not second.was_trained
    assert pq.read_table(path).equals(proposals)
    link_candidates(tmp_path / "w.duckdb", landing, parameters, train=True)
    assert parameters.read_bytes() == trained


def test_too_few_profiles_teach_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probabilistic, "read_profiles", lambda _: households(20))
    with pytest.raises(CrossbrandError, match=r"22 profiles .* too few"):
        link_candidates(tmp_path / "w.duckdb", tmp_path / "landing", tmp_path / "model.json")
