"""Models that are made by key equal what a whole build makes, and touch nothing that stayed.

A few models with the real materializations: facts that are bound to customers, a log of who
changed, and tables by customer that read each other, through a view too. Whatever happens to facts,
bonds, rates and the moment, and whichever models a build leaves out, the tables must be those that
Python works out from the rows. CROSSBRAND_LONG=1 takes many more steps.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from tests.properties.tiny_project import TinyProject, make_tiny_project

from .session import PROJECT, DbtSession

MORE_STEPS = 150 if os.environ.get("CROSSBRAND_LONG") == "1" else 0
KINDS = ("add", "restate", "remove", "merge", "split", "as_of", "rates")
DAY = dt.datetime(2025, 6, 30)
CUSTOMERS = [f"k{number}" for number in range(8)]
NAMES_LOG = "-- depends_on: {{ ref('int_changes') }}"

MODELS = {
    "facts": "select * from raw.facts",
    "bonds": "select * from raw.bonds",
    "rates": "select * from raw.rates",
    "int_operations__as_of": "select as_of_at, as_of_at::date as as_of_date from raw.moment",
    "int_changes": """
        {{ config(materialized='key_changes', key='customer_id') }}
        with rows as (
            select bonds.customer_id, facts.*, facts.happened_at <= as_of.as_of_at as has_happened
            from {{ ref('facts') }} as facts
            inner join {{ ref('bonds') }} as bonds on facts.fact_id = bonds.fact_id
            cross join {{ ref('int_operations__as_of') }} as as_of
            where bonds.customer_id is not null
        )
        select customer_id, sum(hash(rows)::decimal(20, 0)) as state from rows group by customer_id
    """,
    # Asks whether something has happened; the facts by themselves name no customer.
    "happened": NAMES_LOG
    + """
        {{ config(materialized='by_key', asks_as_of='passed') }}
        select bonds.customer_id, facts.fact_id, facts.kind, facts.amount
        from {{ ref('facts') }} as facts
        inner join {{ ref('bonds') }} as bonds on facts.fact_id = bonds.fact_id
        cross join {{ ref('int_operations__as_of') }} as as_of
        where facts.happened_at <= as_of.as_of_at and bonds.customer_id is not null
    """,
    # A view on a table by key and on one that the log answers for, whose name begins like it.
    "happened_and_bonds": """
        {{ config(materialized='view') }}
        select happened.customer_id, happened.kind, happened.amount, bonds.fact_id
        from {{ ref('happened') }} as happened
        inner join {{ ref('bonds') }} as bonds
            on happened.fact_id = bonds.fact_id and happened.customer_id = bonds.customer_id
    """,
    # Reads the rates, which are the same for all: where they change everything is made anew.
    "totals": NAMES_LOG
    + """
        {{ config(materialized='by_key') }}
        select customer_id, count(*) as fact_count, sum(amount * rates.rate)::bigint as total
        from {{ ref('happened_and_bonds') }} as bound
        inner join {{ ref('rates') }} as rates on bound.kind = rates.kind
        group by customer_id
    """,
    "stamped": NAMES_LOG
    + """
        {{ config(materialized='by_key', asks_as_of='stamped') }}
        select totals.customer_id, as_of.as_of_date, totals.total
        from {{ ref('totals') }} as totals cross join {{ ref('int_operations__as_of') }} as as_of
    """,
    # Asks as_of for more than that, so it is made anew with each.
    "aged": NAMES_LOG
    + """
        {{ config(materialized='by_key') }}
        select bonds.customer_id, facts.fact_id, as_of.as_of_at - facts.happened_at as age
        from {{ ref('facts') }} as facts
        inner join {{ ref('bonds') }} as bonds on facts.fact_id = bonds.fact_id
        cross join {{ ref('int_operations__as_of') }} as as_of
        where bonds.customer_id is not null
    """,
    # Has rows of nobody as well.
    "kept": NAMES_LOG
    + """
        {{ config(materialized='by_key', keyless='anew') }}
        select bonds.customer_id, facts.fact_id, facts.amount
        from {{ ref('facts') }} as facts
        inner join {{ ref('bonds') }} as bonds on facts.fact_id = bonds.fact_id
    """,
}
BY_KEY = ("happened", "totals", "stamped", "aged", "kept")


@dataclass
class World:
    """The raw rows, as Python holds them and as the project reads them."""

    tiny: TinyProject
    session: DbtSession
    facts: dict[int, tuple[str, int, dt.datetime]] = field(default_factory=dict)
    bonds: dict[int, str | None] = field(default_factory=dict)
    rates: dict[str, int] = field(default_factory=lambda: {"a": 1, "b": 10})
    as_of: dt.datetime = DAY

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.tiny.folder / "tiny.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    def land(self) -> None:
        """Write the rows down, in no order."""
        with duckdb.connect(str(self.tiny.folder / "tiny.duckdb")) as connection:
            connection.execute(
                "create schema if not exists raw;"
                "create or replace table raw.facts "
                "(fact_id int, kind varchar, amount int, happened_at timestamp);"
                "create or replace table raw.bonds (fact_id int, customer_id varchar);"
                "create or replace table raw.rates (kind varchar, rate int);"
                "create or replace table raw.moment (as_of_at timestamp)"
            )
            rows = [(fact_id, *fact) for fact_id, fact in self.facts.items()]
            random.Random(len(rows)).shuffle(rows)
            for table, values in (
                ("facts", rows),
                ("bonds", list(self.bonds.items())),
                ("rates", list(self.rates.items())),
                ("moment", [(self.as_of,)]),
            ):
                if values:
                    places = ", ".join("?" * len(values[0]))
                    connection.executemany(f"insert into raw.{table} values ({places})", values)

    def build(self, *arguments: str) -> None:
        self.session.run(["run", *arguments], {})

    def expected(self) -> dict[str, set[tuple[object, ...]]]:
        """The tables by customer, worked out one fact at a time."""
        happened: set[tuple[object, ...]] = set()
        aged: set[tuple[object, ...]] = set()
        kept: set[tuple[object, ...]] = set()
        totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for fact_id, (kind, amount, moment) in self.facts.items():
            customer = self.bonds[fact_id]
            kept.add((customer, fact_id, amount))
            if customer is None:
                continue
            aged.add((customer, fact_id, self.as_of - moment))
            if moment <= self.as_of:
                happened.add((customer, fact_id, kind, amount))
                totals[customer][0] += 1
                totals[customer][1] += amount * self.rates[kind]
        return {
            "happened": happened,
            "totals": {(customer, *values) for customer, values in totals.items()},
            "stamped": {
                (customer, self.as_of.date(), values[1]) for customer, values in totals.items()
            },
            "aged": aged,
            "kept": kept,
        }

    def check(self) -> None:
        for name, rows in self.expected().items():
            found = self.query(f"select * from {name}")
            assert len(found) == len(set(found)), f"{name}: a row is there twice"
            assert set(found) == rows, name

    def add(self, chance: random.Random) -> None:
        fact_id = max(self.facts, default=0) + 1
        moment = DAY + dt.timedelta(days=chance.randint(-20, 8))
        self.facts[fact_id] = chance.choice("ab"), chance.randint(1, 99), moment
        self.bonds[fact_id] = chance.choice([*CUSTOMERS, None])

    def change(self, what: str, chance: random.Random) -> str:
        """Let something of that kind happen to the rows."""
        fact_id = chance.choice(sorted(self.facts))
        kind, amount, moment = self.facts[fact_id]
        if what == "add":
            self.add(chance)
        elif what == "restate":
            self.facts[fact_id] = kind, amount + 1, moment + dt.timedelta(days=1)
        elif what == "remove" and len(self.facts) > 3:
            del self.facts[fact_id], self.bonds[fact_id]
        elif what == "merge":
            gone = self.bonds[fact_id]
            kept = chance.choice(CUSTOMERS)
            self.bonds |= {fact: kept for fact, owner in self.bonds.items() if owner == gone}
        elif what == "split":
            self.bonds[fact_id] = chance.choice([*CUSTOMERS, None])
        elif what == "as_of":
            self.as_of = DAY + dt.timedelta(days=chance.randint(-5, 10))
        elif what == "rates":
            self.rates[chance.choice("ab")] = chance.randint(1, 9)
        return what


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Twenty-four facts of eight customers and of nobody, built once."""
    tiny = make_tiny_project(PROJECT, tmp_path_factory.mktemp("by_key") / "project")
    for name, sql in MODELS.items():
        head = "" if "config(" in sql else "{{ config(materialized='table') }}\n"
        (tiny.folder / "models" / f"{name}.sql").write_text(head + sql, encoding="utf-8")
    opened = DbtSession(tmp_path_factory.mktemp("session"), tiny.folder)
    made = World(tiny, opened)
    chance = random.Random(1)
    for _ in range(24):
        made.add(chance)
    made.land()
    made.build()
    yield made
    opened.close()


def test_a_whole_build_is_right(world: World) -> None:
    """What the parts are held against is itself worked out apart from the SQL."""
    world.check()


def test_whatever_changes(world: World) -> None:
    """Any changes, and builds that leave models out: the next whole run makes everything good.

    Each kind of change comes alone first, since two at once may hide what one does.
    """
    chance = random.Random(7)
    plan = [[kind] for kind in chance.sample(KINDS, len(KINDS))]
    plan += [chance.choices(KINDS, k=chance.randint(0, 3)) for _ in range(MORE_STEPS)]
    story = []
    for kinds in plan:
        story.append([world.change(kind, chance) for kind in kinds])
        world.land()
        if chance.random() < 0.4:
            # As after a build that failed half-way, or a user's --select.
            left_out = chance.choice(("int_changes", *BY_KEY))
            world.build("--exclude", left_out)
            story[-1].append(f"without {left_out}")
        world.build()
        try:
            world.check()
        except AssertionError as error:
            raise AssertionError(f"{error}, after {story}") from error


def spoil(world: World, customer: str) -> None:
    """Give a customer's rows values that only a build that makes them anew would put right."""
    world.query(f"update totals set total = -1 where customer_id = '{customer}'")


def spoilt(world: World) -> set[object]:
    return {row[0] for row in world.query("select customer_id from totals where total = -1")}


def test_nothing_but_what_changed_is_made_anew(world: World) -> None:
    """A customer's rows stay as they are until something of theirs, or of all, changes."""
    by_customer: dict[str, list[int]] = defaultdict(list)
    for fact_id, customer in sorted(world.bonds.items()):
        if customer is not None and world.facts[fact_id][2] <= world.as_of:
            by_customer[customer].append(fact_id)
    assert len(by_customer) > 2
    (first, facts), (second, _), *_ = sorted(by_customer.items())
    spoil(world, first)
    spoil(world, second)
    kind, amount, moment = world.facts[facts[0]]
    world.facts[facts[0]] = kind, amount + 5, moment
    world.land()
    world.build()
    assert spoilt(world) == {second}, "only the first customer changed"
    world.build()
    assert spoilt(world) == {second}, "nothing changed"
    world.rates["a"] += 1
    world.land()
    world.build()
    assert not spoilt(world), "the rates are everybody's"
    spoil(world, second)
    world.build("--full-refresh")
    world.check()


def test_a_log_that_begins_anew_is_followed(world: World) -> None:
    """Its numbers count from 1 again, and must not be taken for old ones."""
    spoil(world, min(customer for customer in world.bonds.values() if customer is not None))
    world.build("--full-refresh", "--select", "int_changes")
    world.build()
    world.check()


BROKEN = {
    "nobodys": NAMES_LOG
    + """
        {{ config(materialized='by_key') }}
        select case when facts.amount > 50 then bonds.customer_id end as customer_id
        from {{ ref('facts') }} as facts
        inner join {{ ref('bonds') }} as bonds on facts.fact_id = bonds.fact_id
    """,
    "logless": "{{ config(materialized='by_key') }} select * from {{ ref('bonds') }}",
    # A row of each customer for each other one: by parts it is not what it is as a whole.
    "of_others": NAMES_LOG
    + """
        {{ config(materialized='by_key') }}
        select distinct bonds.customer_id, 1 as one from {{ ref('bonds') }} as bonds
        where bonds.customer_id is not null
        union select 'k-' || count(*)::varchar, 1 from {{ ref('facts') }} as facts
    """,
}


def test_what_cannot_be_made_by_key_is_refused(tmp_path: Path) -> None:
    """Rows without a key, or of a key that has not changed, and a model that names no log."""
    tiny = make_tiny_project(PROJECT, tmp_path / "project")
    needed = ("facts", "bonds", "int_operations__as_of", "int_changes")
    for name, sql in {**{name: MODELS[name] for name in needed}, **BROKEN}.items():
        head = "" if "config(" in sql else "{{ config(materialized='table') }}\n"
        (tiny.folder / "models" / f"{name}.sql").write_text(head + sql, encoding="utf-8")
    session = DbtSession(tmp_path / "session", tiny.folder)
    world = World(tiny, session)
    chance = random.Random(1)
    for _ in range(24):
        world.add(chance)
    world.land()
    failed = session.attempt(["run"], {})
    assert set(failed) == {"nobodys", "logless"}, failed
    assert "of its rows belong to none" in failed["nobodys"]
    assert "must name one log of changes" in failed["logless"]
    world.add(chance)
    world.land()
    failed = session.attempt(["run", "--exclude", "nobodys", "logless"], {})
    session.close()
    assert set(failed) == {"of_others"}, failed
    assert "of which nothing has changed" in failed["of_others"]
