"""Every column that holds personal data says so: told by what stands in it, not by its name.

The dictionary is what the sample delivered in the columns that the landing contract calls personal.
A column of staging, of the steps between or of a mart that repeats it has to be marked as well. The
page that is written from the marks must be current.
"""

from __future__ import annotations

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
    words = ", ".join(
        f'cast("{column}" as varchar)' for column in WORDS
    )  # fmt: skip
    found = set()
    with duckdb.connect(str(sample), read_only=True) as connection:
        connection.execute(
            "create temp table words as select distinct lower(word) as word "
            f"from (select unnest([{words}]) as word from staging.stg_contact__contacts) "
            "where length(word) > 3"
        )
        columns = connection.execute(
            "select table_schema, table_name, list(column_name order by ordinal_position) "
            "from information_schema.columns "
            "where table_schema in ('staging', 'intermediate', 'marts') "
            "and data_type in ('VARCHAR', 'DATE') and table_name not like 'base_%' "
            "and table_name not like '%dbt_%' group by all order by all"
        ).fetchall()
        for schema, table, names in columns:
            measures = ", ".join(
                f"""
                count(*) filter (contains("{name}"::varchar, '@')
                    and regexp_matches("{name}"::varchar, '{EMAIL}')
                    or contains("{name}"::varchar, '+')
                    and regexp_matches("{name}"::varchar, '{PHONE}')),
                count(distinct "{name}"),
                count(distinct "{name}") filter (
                    lower("{name}"::varchar) in (select word from words)
                )
                """
                for name in names
            )
            row = connection.execute(f'select {measures} from {schema}."{table}"').fetchone()
            assert row is not None
            for number, name in enumerate(names):
                addresses, different, known = row[3 * number : 3 * number + 3]
                if addresses or (known > 5 and known > different * SHARE):
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


def test_the_page_is_current(manifest: dict[str, Any]) -> None:
    """`python -m crossbrand.personal_data` writes it."""
    assert (PROJECT / PAGE).read_text(encoding="utf-8") == write_page(manifest, PROJECT)
