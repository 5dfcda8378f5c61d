"""Every column that holds personal data says so: told by what stands in it, not by its name.

The dictionary is what the sample delivered in the columns that the landing contract calls personal.
A column of staging, of the steps between or of a mart that repeats it has to be marked as well. The
page that is written from the marks must be current. CROSSBRAND_LONG=1 looks at every row.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crossbrand.contract import load_contract
from crossbrand.personal_data import PAGE, load_manifest, read_places, write_page
from crossbrand.publish.content import EMAIL, PHONE
from tests.properties.built_sample import PROJECT, build_sample

LAYERS = ("staging", "intermediate", "marts")
WORDS = ("first_name", "last_name", "street", "social_profile", "birth_date")
LIMIT = "" if os.environ.get("CROSSBRAND_LONG") == "1" else "limit 1500"
SHARE = 0.4
"""A column that holds names by chance (a city, a colour) holds other words, too."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built warehouse; the manifest lies in `target` beside it."""
    return build_sample(tmp_path_factory.mktemp("personal"))


@pytest.fixture(scope="module")
def manifest(sample: Path) -> dict[str, Any]:
    """What dbt knows of the project."""
    return load_manifest(sample.parent / "target")


def marked(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    """Table and column of every mark."""
    return {(place.name, name) for place in read_places(manifest) for name in place.columns}


def holding(sample: Path) -> set[tuple[str, str]]:
    """Table and column of everything that holds personal data."""
    found = set()
    email, phone = re.compile(EMAIL), re.compile(PHONE)
    with duckdb.connect(str(sample), read_only=True) as connection:
        listed = ", ".join(f"cast({column} as varchar)" for column in WORDS)
        rows = connection.execute(f"select {listed} from staging.stg_contact__contacts").fetchall()
        words = {word.lower() for row in rows for word in row if word and len(word) > 3}
        columns = connection.execute(
            "select table_schema, table_name, list(column_name order by ordinal_position) "
            "from information_schema.columns "
            "where table_schema in ('staging', 'intermediate', 'marts') "
            "and data_type in ('VARCHAR', 'DATE') and table_name not like 'base_%' "
            "and table_name not like '%dbt_%' group by all order by all"
        ).fetchall()
        for schema, table, names in columns:
            listed = ", ".join(f'cast("{name}" as varchar)' for name in names)
            looked_at = connection.execute(f'select {listed} from {schema}."{table}" {LIMIT}')
            for name, cells in zip(names, zip(*looked_at.fetchall(), strict=True), strict=False):
                values = {cell for cell in cells if cell is not None}
                known = sum(value.lower() in words for value in values)
                if (known > 5 and known > len(values) * SHARE) or any(
                    ("@" in value and email.search(value)) or ("+" in value and phone.search(value))
                    for value in values
                ):
                    found.add((table, name))
    return found


def test_what_holds_personal_data_is_marked(sample: Path, manifest: dict[str, Any]) -> None:
    """By content; and the test sees what is marked already."""
    found, known = holding(sample), marked(manifest)
    assert sorted(found - known) == []
    assert len(found) > 60
    seen = {name for _, name in found}
    assert {"email", "phone", "first_name", "last_name", "street", "birth_date"} <= seen


def test_the_contracts_columns_are_marked_in_staging(manifest: dict[str, Any]) -> None:
    """A column that the landing calls personal keeps its mark where it keeps its name."""
    places = {place.name: set(place.columns) for place in read_places(manifest)}
    for name, feed in load_contract(PROJECT).items():
        personal = {column.name for column in feed.columns if column.pii}
        staging = next(
            (columns for table, columns in places.items()
             if table.startswith("stg_") and table.endswith(f"__{name}")), set()
        )  # fmt: skip
        assert personal <= staging, name


def test_marks_and_tags_agree(manifest: dict[str, Any]) -> None:
    """`dbt ls --select tag:pii` finds what `meta: {pii: true}` marks."""
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    columns = {
        (node["name"], name): column
        for node in nodes
        if node["resource_type"] in ("model", "seed", "snapshot", "source")
        for name, column in node["columns"].items()
    }
    is_marked = {key for key, column in columns.items() if column["config"]["meta"].get("pii")}
    is_tagged = {key for key, column in columns.items() if "pii" in column["tags"]}
    assert sorted(is_marked ^ is_tagged) == []
    assert len(is_marked) > 200


def test_the_page_is_current(manifest: dict[str, Any]) -> None:
    """`python -m crossbrand.personal_data` writes it."""
    assert (PROJECT / PAGE).read_text(encoding="utf-8") == write_page(manifest, PROJECT)
