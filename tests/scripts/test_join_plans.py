"""Which joins the check of the plans calls quadratic: told on two tables, one of them small."""

from __future__ import annotations

import duckdb
import pytest

from crossbrand.join_plans import SMALL_TABLE, quadratic_joins


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts; create schema reference")
    for name, rows in (("orders", 4000), ("people", 5000), ("months", SMALL_TABLE)):
        connection.execute(
            f"create table marts.{name} as select range as id, range % 7 as kind,"
            f" timestamp '2025-01-01' + interval (range) minute as moment from range({rows})"
        )
    connection.execute("create table reference.rates as select range as id from range(9000)")
    return connection


@pytest.mark.parametrize(
    ("sql", "is_quadratic"),
    [
        ("from marts.orders o left join marts.people p on o.id = p.id", False),
        ("from marts.orders o left join marts.people p on o.id = p.id and o.kind = 1", True),
        (
            "from marts.orders o left join marts.people p"
            " on o.id = p.id and epoch_us(o.moment) - epoch_us(p.moment) between 0 and 9",
            True,
        ),
        (
            "from marts.orders o left join marts.people p on o.id = p.id and o.moment > p.moment",
            False,
        ),
        ("from marts.orders o inner join marts.people p on o.moment > p.moment", True),
        ("from marts.orders o inner join marts.months m on o.moment > m.moment", False),
        ("from marts.orders o left join reference.rates r on o.id > r.id", False),
        (
            "from marts.orders o"
            " inner join (select max(moment) as moment from marts.people) p on o.moment > p.moment",
            False,
        ),
    ],
)
def test_quadratic_joins(tables: duckdb.DuckDBPyConnection, sql: str, is_quadratic: bool) -> None:
    assert bool(quadratic_joins(tables, f"select count(*) {sql}")) is is_quadratic


def test_a_shared_expression_is_followed(tables: duckdb.DuckDBPyConnection) -> None:
    """A common table expression that is read twice stands apart in the plan."""
    sql = """
        with many as materialized (select id, moment from marts.people where kind <> 3)
        select count(*)
        from many as one inner join many as other on one.moment > other.moment
    """
    assert quadratic_joins(tables, sql)
