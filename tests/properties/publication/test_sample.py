"""The sample's marts as they are declared: what BI gets holds nobody, and the snippets work.

The oracle for personal data is the landing: every value of a column that the contract calls
personal, as it was delivered and as staging repairs it, wherever it may have got to. No `meta` of
a mart is read. The documentation's snippets are run as they stand there.
"""

from __future__ import annotations

import hmac
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from crossbrand import build as build_module
from crossbrand.contract import load_contract
from crossbrand.keys import keys_folder, load_key
from crossbrand.paths import Paths
from crossbrand.publish.declared import load_marts
from tests.properties.built_sample import PROJECT, build_sample
from tests.properties.publication.stand_in import CONTENT

DOCUMENT = PROJECT / "docs" / "publication.md"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The sample, published once for all tests of this file."""
    folder = tmp_path_factory.mktemp("published")
    warehouse = build_sample(folder)
    landing = next(
        path for path in (folder / "sample/landing", warehouse.parent / "sample/landing")
        if path.is_dir()
    )  # fmt: skip
    paths = Paths(PROJECT, landing, warehouse, folder / "published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "validate_publication", lambda *_, **__: CONTENT)
        assert build_module.publish(paths, Console(file=io.StringIO()))
    return paths


def delivered(paths: Paths) -> set[str]:
    """Every personal value of the landing, in lower case; short ones would match by chance."""
    values: set[str] = set()
    with duckdb.connect() as connection:
        for name, feed in load_contract(PROJECT).items():
            for column in feed.columns:
                files = paths.landing / name / "*" / "*" / "*.parquet"
                if column.pii and list(paths.landing.glob(f"{name}/*/*/*.parquet")):
                    values |= {
                        value for (value,) in connection.execute(
                            f'select distinct lower(trim("{column.name}"::varchar)) from '
                            f"read_parquet('{files}', union_by_name = true) "
                            f'where length(trim("{column.name}"::varchar)) > 3'
                        ).fetchall()
                    }  # fmt: skip
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        values |= {
            value for (value,) in connection.execute(
                "select distinct lower(identifier_value) from marts.customer_identifiers "
                "where identifier_type in ('email', 'phone', 'loyalty_card_id')"
            ).fetchall()
        }  # fmt: skip
    return values


def texts(path: Path) -> dict[str, set[str]]:
    """Every distinct text of a published file, by table and column."""
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and not internal"
        ).fetchall()
        return {
            f"{table}.{column}": {
                text for (text,) in connection.execute(
                    f'select distinct lower("{column}") from "{table}" '
                    f'where "{column}" is not null'
                ).fetchall()
            }
            for table, column in columns
        }  # fmt: skip


def test_nobody_is_in_what_bi_reads(sample: Paths) -> None:
    personal = delivered(sample)
    assert len(personal) > 3000, "the oracle has found the people"
    found = {
        place: sorted(values & personal)[:3]
        for place, values in texts(sample.published / "bi" / "current").items()
        if values & personal
    }
    assert found == {}
    leaked = {
        place for place, values in texts(sample.published / "activation" / "current").items()
        if values & personal
    }  # fmt: skip
    assert {"customer_360.email", "customer_360.last_name"} <= leaked, "the oracle can find them"


def test_what_is_published_is_what_was_built(sample: Paths) -> None:
    """Row by row, but for columns that a role does not get and ids that it gets hashed."""
    key = load_key(keys_folder(PROJECT), "bi")
    assert key is not None
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        connection.create_function(
            "hashed",
            lambda value: hmac.new(key.secret, b"id\0" + value.encode(), "sha256").hexdigest()[:32],
            ["varchar"],
            "varchar",
        )  # fmt: skip
        for mart in load_marts(PROJECT):
            for role in mart.roles:
                connection.execute(
                    f"attach if not exists '{sample.published / role / 'current'}' as {role} "
                    "(read_only)"
                )
                columns = mart.published_columns(role)
                if role == "bi" and mart.small_groups:
                    # Of few people some cells are empty; test_small_groups looks at these.
                    hidden = {
                        name
                        for rule in mart.small_groups
                        for name in (
                            rule.people,
                            *rule.hides,
                            *rule.parts,
                            rule.running,
                            rule.total,
                        )
                    }
                    columns = tuple(column for column in columns if column.name not in hidden)
                names = ", ".join(column.name for column in columns)
                expected = ", ".join(
                    f"hashed({column.name})"
                    if role == "bi" and column.is_pseudonym
                    else column.name
                    for column in columns
                )
                built, published = f"{mart.schema}.{mart.name}", f"{role}.main.{mart.name}"
                row = connection.execute(
                    f"select (select count(*) from {built}), (select count(*) from {published}), "
                    f"(select count(*) from (select {expected} from {built} "
                    f"except all select {names} from {published}))"
                ).fetchone()
                assert row is not None
                assert row[0] == row[1], published
                assert row[2] == 0, published


def test_bi_tells_of_no_small_group(sample: Paths) -> None:
    """What counts people counts five of them, or nobody; a few marts have some to hide."""
    hidden = 0
    with (
        duckdb.connect(str(sample.published / "bi" / "current"), read_only=True) as connection,
        duckdb.connect(str(sample.warehouse), read_only=True) as warehouse,
    ):
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal "
            "and regexp_matches(column_name, '(^|_)(customer|member|people)_count$')"
        ).fetchall()
        assert len(columns) > 8
        for table, column in columns:
            smallest = f'select count(*) from {{}}"{table}" where "{column}" between 1 and 4'
            row = connection.execute(smallest.format("")).fetchone()
            assert row == (0,), (table, column)
            there = warehouse.execute(smallest.format("marts.")).fetchone()
            hidden += there[0] if there else 0
        shown = connection.execute(
            "select count(customer_count) from funnel_transitions"
        ).fetchone()
    assert hidden > 300
    assert shown is not None
    assert shown[0] > 100


def test_every_mart_says_who_gets_it_or_is_known_to_stay(sample: Paths) -> None:
    """A new mart is published by a decision, not by chance; these stay in the warehouse."""
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        built = {
            name for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        }  # fmt: skip
    published = {mart.name for mart in load_marts(PROJECT) if mart.schema == "marts"}
    assert built - published == {
        # A steward's and a privacy officer's, who work with the warehouse itself.
        "customer_attributes", "customer_records", "customer_timeline", "identity_candidates",
        "identity_conflicts", "identity_evidence", "loyalty_conflicts",
        # A step on the way to audience_candidates, which has it all.
        "audience_scenarios",
    }  # fmt: skip


# --- the documentation --------------------------------------------------------------------------


def snippets(language: str) -> list[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", [0, 1])
def test_the_python_snippets(sample: Paths, number: int) -> None:
    assert len(snippets("python")) == 2
    ran = subprocess.run(
        [sys.executable, "-c", snippets("python")[number]],
        cwd=sample.published.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    with duckdb.connect(str(sample.published / "bi" / "current"), read_only=True) as connection:
        expected = connection.execute("select count(*) from customer_360").fetchone()
    assert str((expected or (0,))[0]) in ran.stdout


def test_the_shell_snippets(sample: Paths) -> None:
    """The `duckdb` shell, as it is installed beside this Python."""
    scripts = [text for text in snippets("sh") if text.startswith("duckdb ")]
    assert scripts
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for script in scripts:
        ran = subprocess.run(
            ["sh", "-euc", script], cwd=sample.published.parent, capture_output=True, text=True,
            check=False, env={**os.environ, "PATH": path},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "champions" in ran.stdout
