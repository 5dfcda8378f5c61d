"""Ids that a person had before records were merged or split: which of them go with the person.

A redirect is drawn as old > new. Eve is erased: anna and ann became eve, and bob was split into eve
and carl; dora lives, and one of her identifiers went to eve.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from crossbrand.paths import open_warehouse
from crossbrand.privacy.begin import beginning
from crossbrand.privacy.resolve import TABLES, Resolver
from crossbrand.privacy.rows import RowReader

from ..project_copy import PROJECT

REDIRECTS = ("ann > anna", "anna > eve", "bob > eve", "bob > carl", "dora > eve", "fay > carl")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """One with those redirects, in which eve, carl and dora are alive."""
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table in TABLES:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} (customer_id varchar)")
        connection.execute(
            "insert into intermediate.int_identity__customers values ('eve'), ('carl'), ('dora')"
        )
        connection.execute(
            "create table marts.identity_redirects "
            "(old_customer_id varchar, new_customer_id varchar, reason varchar)"
        )
        for redirect in REDIRECTS:
            connection.execute(
                "insert into marts.identity_redirects values (?, ?, 'merge')", redirect.split(" > ")
            )
    return path


@pytest.fixture
def resolver(warehouse: Path) -> Iterator[Resolver]:
    """Over that warehouse."""
    with open_warehouse(warehouse) as connection:
        yield Resolver(connection, RowReader(PROJECT), PROJECT)


def test_former_ids_are_followed_to_the_first(resolver: Resolver) -> None:
    assert resolver.former_ids(["eve"]) == ["ann", "anna", "bob", "dora"]
    assert resolver.gone_ids(["eve"]) == (["ann", "anna", "bob"], ["ann", "anna"])
    assert resolver.gone_ids(["dora"]) == ([], [])


def test_redirects_of_others_stay_in_the_new_warehouse(warehouse: Path, resolver: Resolver) -> None:
    _, alone = resolver.gone_ids(["eve"])
    customers = {name: {"lives_on": False} for name in ("eve", *alone)}
    new = warehouse.with_name("new.duckdb")
    beginning(PROJECT, customers, {})(warehouse, new)
    with duckdb.connect(str(new), read_only=True) as connection:
        rows = connection.execute("from marts.identity_redirects order by all").fetchall()
    assert [f"{old} > {became}" for old, became, _ in rows] == ["bob > carl", "fay > carl"]
