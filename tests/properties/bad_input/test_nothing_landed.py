"""A plain `dbt build` of a folder in which nothing has landed, as of a path that is misspelt."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import duckdb
import jinja2
import pytest

PROJECT = Path(__file__).resolve().parents[3]
FEEDS = ("contacts", "orders")


class RefusedError(Exception):
    """What dbt raises when a macro refuses to go on."""


def refuse(message: str) -> NoReturn:
    raise RefusedError(message)


def check(connection: duckdb.DuckDBPyConnection, landing: Path, **asked: Any) -> list[str]:
    """Run the macro as dbt does at the start of a build; the warnings that it gives."""
    warned: list[str] = []

    def warn(text: str) -> str:
        warned.append(text)
        return ""

    macros = "".join(
        (PROJECT / f"macros/landing/{name}.sql").read_text(encoding="utf-8")
        for name in ("check_landing", "landing_path")
    )
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    template = environment.from_string(
        macros.replace("{{ return(", "{{ (") + "{{ duckdb__check_landing() }}",
        globals={
            "execute": True,
            "flags": SimpleNamespace(WHICH="build"),
            "invocation_args_dict": asked,
            "var": lambda _: str(landing),
            "contract_feeds": lambda: FEEDS,
            "run_query": lambda sql: SimpleNamespace(rows=connection.execute(sql).fetchall()),
            "exceptions": SimpleNamespace(raise_compiler_error=refuse, warn=warn),
        },
    )
    template.render()
    return warned


@pytest.fixture
def customers() -> duckdb.DuckDBPyConnection:
    """A warehouse that has customers."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute("create table marts.customer_360 as select 'a' as customer_id")
    return connection


def test_a_warehouse_with_customers_is_not_emptied(
    customers: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match="CROSSBRAND_LANDING"):
        check(customers, tmp_path / "nothing")


def test_a_part_of_it_and_a_first_build_are_told_and_go_on(
    customers: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (told,) = check(customers, tmp_path, select=["brands"])
    assert str(tmp_path) in told
    assert check(duckdb.connect(), tmp_path) == [told]


def test_a_landing_with_a_file_is_passed(
    customers: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "it's [mine]/orders/brand=aster/load_date=2025-06-30/a.parquet"
    path.parent.mkdir(parents=True)
    path.touch()
    assert check(customers, tmp_path / "it's [mine]") == []
