"""The contract is read from the sources YAML, and the zero-row files agree with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crossbrand.contract import (
    ZERO_ROWS_PARTITION,
    find_project_dir,
    load_contract,
    write_zero_rows,
    zero_rows_schema,
)
from crossbrand.errors import CrossbrandError

PROJECT = Path(__file__).resolve().parents[2]
ZERO_ROWS = PROJECT / "models" / "staging" / "zero_rows"


def test_every_feed_has_key_required_columns_and_descriptions() -> None:
    contract = load_contract(PROJECT)
    assert len(contract) >= 15
    for feed in contract.values():
        required = {column.name for column in feed.columns if column.required}
        assert set(feed.key) <= required, feed.name
        assert feed.description.startswith("One row per"), feed.name
        assert all(column.description for column in feed.columns), feed.name
        assert len(set(feed.column_names)) == len(feed.columns), feed.name


def test_personal_data_is_marked_wherever_it_stands() -> None:
    personal = {
        "email", "phone", "first_name", "last_name", "birth_date", "street",
        "social_profile", "note", "review_text", "identifier_value",
    }  # fmt: skip
    for feed in load_contract(PROJECT).values():
        for column in feed.columns:
            assert column.pii == (column.name in personal), (feed.name, column.name)


def test_zero_row_files_agree_with_the_contract() -> None:
    contract = load_contract(PROJECT)
    assert {folder.name for folder in ZERO_ROWS.iterdir()} == set(contract)
    for feed in contract.values():
        table = pq.read_table(ZERO_ROWS / feed.name / ZERO_ROWS_PARTITION, partitioning=None)
        assert table.num_rows == 0
        assert table.schema.equals(zero_rows_schema(feed)), (
            f"{feed.name}: run `python -m crossbrand.contract` after a change of the contract"
        )


def test_zero_row_files_are_the_same_bytes_each_time_and_follow_the_contract(
    tmp_path: Path,
) -> None:
    for folder in ("one", "two"):
        shutil.copytree(
            PROJECT / "models" / "staging",
            tmp_path / folder / "models" / "staging",
            ignore=shutil.ignore_patterns("zero_rows", "*.sql"),
        )
    first, second = (write_zero_rows(tmp_path / folder) for folder in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

    sources = tmp_path / "one" / "models" / "staging" / "loyalty" / "_loyalty__sources.yml"
    sources.unlink()
    assert not any("loyalty_events" in str(path) for path in write_zero_rows(tmp_path / "one"))
    assert not (first[0].parents[3] / "loyalty_events").exists()


def test_a_folder_without_a_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(CrossbrandError, match="No landing contract"):
        load_contract(tmp_path)
    with pytest.raises(CrossbrandError, match=r"dbt_project\.yml"):
        find_project_dir(tmp_path)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("{name: id, data_type: text}], config: {meta: {key: [other]}}", "other is not one"),
        ("{name: id, data_type: varchar}], config: {meta: {key: [id]}}", "data_type 'varchar'"),
        ("{name: id, data_type: text}]", r"needs config\.meta\.key"),
    ],
)
def test_a_wrong_contract_is_refused_with_the_mend(tmp_path: Path, yaml: str, message: str) -> None:
    folder = tmp_path / "models" / "staging" / "demo"
    folder.mkdir(parents=True)
    (folder / "_demo__sources.yml").write_text(
        f"sources: [{{name: landing, tables: [{{name: demo, columns: [{yaml}}}]}}]"
    )
    with pytest.raises(CrossbrandError, match=message):
        load_contract(tmp_path)
