"""The log of entries and exits over many builds of a made-up company, against a plain ledger.

People enter and leave audiences at random, are merged, found under an older identifier, taken apart
and erased; some builds stop before the log is written, some have the same as_of as the one before,
and each is repeated. The SQL is the one that dbt compiled for the sample, reading the log as an
incremental run does.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crossbrand.join_plans import compiled_models
from tests.properties.built_sample import DAY, build_sample

AUDIENCES = ("offer", "thanks")
BRANDS = ("north", "south")
BUILDS = 40
Member = tuple[str, str, str]
"""Audience, customer and brand."""


class Company:
    """Its customers, and the tables that the log is made from."""

    def __init__(self, built: Path) -> None:
        """Take the compiled model, and give it an empty log."""
        compiled = dict(compiled_models(built.parent / "target"))
        assert "audience_changes" in compiled, f"dbt compile into {built.parent / 'target'}"
        # The compiled text knows the warehouse by the name of its file.
        self.connection = duckdb.connect()
        self.connection.execute(f'attach \':memory:\' as "{built.stem}"; use "{built.stem}"')
        self.sql, count = re.subn(
            r"changes_before as \(.*?\n\),",
            "changes_before as (select * from marts.audience_changes),",
            compiled["audience_changes"],
            flags=re.DOTALL,
        )
        assert count == 1
        self.connection.execute(
            """
            create schema marts;
            create schema intermediate;
            create table intermediate.int_operations__as_of (as_of_at timestamp);
            create table intermediate.int_identity__customers (customer_id varchar);
            create table marts.identity_redirects (
                old_customer_id varchar, new_customer_id varchar, is_old_id_alive boolean,
                moved_identifier_count bigint, earlier_redirect_count bigint,
                redirected_at timestamp
            );
            create table marts.audience_members (
                audience_name varchar, customer_id varchar, brand_id varchar,
                is_held_out boolean, entered_at timestamp
            );
            create table marts.audience_candidates (
                audience_name varchar, customer_id varchar, brand_id varchar,
                excluded_reason varchar
            );
            create table marts.audience_changes (
                audience_change_id varchar, audience_name varchar, customer_id varchar,
                brand_id varchar, change varchar, reason varchar, previous_customer_id varchar,
                is_held_out boolean, entered_at timestamp, changed_at timestamp,
                build_number bigint
            );
            """
        )
        self.chance = random.Random(20250630)
        self.numbers = iter(range(1_000_000))
        self.as_of = dt.datetime(2025, 1, 1)
        self.alive = [self.new_id() for _ in range(30)]
        self.moves: list[tuple[str, str | None]] = []

    def new_id(self) -> str:
        """An id that nobody had yet."""
        return f"c{next(self.numbers)}"

    def change_people(self) -> Iterator[tuple[str, str | None]]:
        """What became of ids; None where the person was erased."""
        for _ in range(self.chance.randint(0, 5)):
            one, other = self.chance.sample(self.alive, 2)
            happening = self.chance.choice(
                ["merge", "merge", "founder", "erasure", "split", "new", "new"]
            )
            if happening == "merge":
                yield one, other
            elif happening == "founder":
                self.alive.append(self.new_id())
                yield one, self.alive[-1]
            elif happening == "erasure":
                yield one, None
            else:
                self.alive.append(self.new_id())
                if happening == "split":
                    self.redirect(one, self.alive[-1])
                continue
            self.alive.remove(one)

    def redirect(self, old: str, new: str | None) -> None:
        """Write down a move, as identity_redirects does."""
        (count,) = self.connection.execute(
            "select count(*) from marts.identity_redirects"
        ).fetchall()
        self.connection.execute(
            "insert into marts.identity_redirects values (?, ?, ?, ?, ?, ?)",
            [old, new, old in self.alive, self.chance.randint(1, 3), count[0], self.as_of],
        )

    def set_tables(self, members: set[Member]) -> None:
        """Fill what a build would have found."""
        run = self.connection.execute
        for table in (
            "intermediate.int_operations__as_of", "intermediate.int_identity__customers",
            "marts.audience_members", "marts.audience_candidates",
        ):  # fmt: skip
            run(f"delete from {table}")
        run("insert into intermediate.int_operations__as_of values (?)", [self.as_of])
        run("insert into intermediate.int_identity__customers select unnest(?)", [self.alive])
        for member in sorted(members):
            run(
                "insert into marts.audience_members values (?, ?, ?, false, ?)",
                [*member, self.as_of - DAY],
            )

    def log(self) -> list[tuple[Any, ...]]:
        """Run the model; give what it added."""
        self.connection.execute(f"create or replace temp table added as {self.sql}")
        self.connection.execute("insert into marts.audience_changes select * from added")
        return self.connection.execute("from added").fetchall()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company with a log that nothing stands in yet."""
    return Company(build_sample(tmp_path_factory.mktemp("sample")))


def test_the_log_tells_who_came_and_went_and_nothing_else(company: Company) -> None:
    """After each build the log's last word on everybody is whether they are a member."""
    chance = company.chance
    members: set[Member] = set()
    # By the ids that the log knew at its last build: what they are called now.
    names: dict[str, str | None] = {}
    seen: set[str] = set()
    for number in range(BUILDS):
        if chance.random() < 0.7:
            company.as_of += DAY
        moved = dict(company.change_people())
        for old, new in moved.items():
            company.redirect(old, new)
        for logged, name in names.items():
            while name in moved:
                name = moved[name]
            names[logged] = name
        before = {
            (audience, name, brand)
            for audience, customer, brand in members
            if (name := names[customer])
        }
        gone = {member for member in members if names[member[1]] is None}
        # Sorted: a set of text has another order in each process, and the draws go by it.
        now = {member for member in sorted(before) if chance.random() < 0.9} | {
            (chance.choice(AUDIENCES), chance.choice(company.alive), chance.choice(BRANDS))
            for _ in range(chance.randint(0, 8))
        }
        if number % 5 == 3:
            # This build stopped before the log: the next one has both to tell.
            continue
        company.set_tables(now)
        added = company.log()
        rows = [(row[4], (row[1], row[2], row[3]), row[6], row[5]) for row in added]
        entered = {member for change, member, _, _ in rows if change == "entered"}
        left = {member for change, member, _, why in rows if why == "no_longer_qualifies"}
        # Who moved before being erased is logged under the last id there was.
        lost = {
            (member[0], was or member[1], member[2])
            for _, member, was, why in rows
            if why == "customer_gone"
        }
        renamed = {
            ((member[0], was, member[2]), member)
            for change, member, was, _ in rows
            if change == "moved"
        }
        assert entered == now - before
        assert (left, lost) == (before - now, gone)
        assert renamed == {
            (member, (member[0], str(names[member[1]]), member[2]))
            for member in members
            if names[member[1]] not in (None, member[1])
            and (member[0], names[member[1]], member[2]) in now
        }
        assert company.log() == [], "the same build twice is logged once"
        seen |= {row[4] for row in added} | {row[5] for row in added if row[5]}
        members = now
        names = {customer: customer for _, customer, _ in now}
    assert seen == {"entered", "left", "moved", "no_longer_qualifies", "customer_gone"}
    (counted,) = company.connection.execute(
        "select count(*), count(distinct audience_change_id) from marts.audience_changes"
    ).fetchall()
    assert counted[0] == counted[1] > 200
