"""What is loaded file by file equals what is loaded at once: killed, out of memory, on a full disk.

The short form builds the models that are loaded by file, on a small sample. CROSSBRAND_LONG=1
builds all models and compares every mart: fifty ways in which the same landing may come, each with
a build that is killed at a random moment, and for twenty of them one load of the same rows in
another order, in other files and on another number of threads. With CROSSBRAND_WHOLE=0 the long
form builds few models as well, lands something else for each seed, and compares after each
delivery. CROSSBRAND_SEEDS=200-249 names other seeds, CROSSBRAND_CONTENT=2 another landing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from crossbrand.generate import generate
from tests.properties.test_determinism import reshuffle

from .deliveries import Step, make_plan
from .session import PROJECT, DbtSession

IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"
FIRST, LAST = (os.environ.get("CROSSBRAND_SEEDS") or ("1-50" if IS_LONG else "7-7")).split("-")
SEEDS = range(int(FIRST), int(LAST) + 1)
IS_WHOLE = IS_LONG and os.environ.get("CROSSBRAND_WHOLE") != "0"
CONTENT = int(os.environ.get("CROSSBRAND_CONTENT") or 10)
"""Number 10 ends with most of what its days hold, after files that went or were replaced."""
SHUFFLES = 20

LOADED_BY_FILE = (
    "base_engagement__events",
    "base_communication__message_events",
    "base_transaction__orders",
    "base_transaction__order_lines",
    "base_loyalty__loyalty_events",
    "base_contact__contacts",
    "base_privacy__consent_events",
    "int_engagement__session_events",
    "int_engagement__sessions",
    "int_communication__message_events",
    "int_communication__messages",
    "int_identity__event_sets",
    "int_identity__message_sets",
)
BUILT = (
    *LOADED_BY_FILE,
    "int_communication__campaign_links",
    "stg_engagement__events",
    "stg_communication__message_events",
)
BOOKKEEPING = ("landing_file_id", "reading_id", "read_number")
"""Which file and which build wrote a row: of two repeats either may be called the later one."""

# What is about files or builds and not about customers. Histories are followed instead.
ABOUT_BUILDS = {"identity_redirects", "audience_changes", "kpi_history"}
ABOUT_FILES = {"landing_files"}


@dataclass
class World:
    """A landing with a warehouse of its own, built by the session that all tests share."""

    session: DbtSession
    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    def path(self, name: str) -> Path:
        """Every warehouse has the same file name, since views name it and dbt parsed with it."""
        return self.folder / name / "warehouse.duckdb"

    def environment(self, name: str, landing: Path | None = None) -> dict[str, str]:
        return {
            "CROSSBRAND_LANDING": str(landing or self.landing),
            "CROSSBRAND_WAREHOUSE": str(self.path(name)),
        }

    def begin(self, name: str, seeded: Path) -> None:
        """Start a warehouse that holds the seeds only."""
        (self.folder / name).mkdir(parents=True)
        shutil.copy2(seeded, self.path(name))

    def change(self, name: str, statements: list[str]) -> None:
        with duckdb.connect(str(self.path(name))) as connection:
            for statement in statements:
                connection.execute(statement)

    def command(
        self, step: Step, *, whole: bool, full_refresh: bool = False, threads: int = 2
    ) -> list[str]:
        command = ["run", "--threads", str(threads)]
        command += [] if whole else ["--select", *BUILT]
        command += ["--full-refresh"] if full_refresh else []
        variables = {**step.variables, "as_of": step.as_of, "max_changed_id_share": 1}
        return [*command, "--vars", json.dumps(variables)]

    def contents(self, name: str, *, whole: bool) -> dict[str, str]:
        """A hash of every table that is compared, in every column but the bookkeeping."""
        found = {}
        with duckdb.connect(str(self.path(name)), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where table_name in (select unnest(?)) or (? and schema_name = 'marts')",
                [list(LOADED_BY_FILE), whole],
            ).fetchall()
            for schema, table in tables:
                if table in ABOUT_BUILDS | ABOUT_FILES or (whole and schema != "marts"):
                    continue
                columns = [
                    row[0]
                    for row in connection.execute(f'describe {schema}."{table}"').fetchall()
                    if row[0] not in BOOKKEEPING
                ]
                row = connection.execute(
                    "select count(*), sum(md5_number_lower(compared::varchar)::hugeint) from "
                    f'(select {", ".join(columns)} from {schema}."{table}") as compared'
                ).fetchone()
                found[table] = ":".join(str(value) for value in row or ())
        return found

    def query(self, name: str, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.path(name)), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtSession]:
    opened = DbtSession(tmp_path_factory.mktemp("session"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small landing to cut into deliveries."""
    folder = tmp_path_factory.mktemp("sample")
    people, days = (120, 120) if IS_LONG else (30, 60)
    generate(people, 4, days, 11, folder, PROJECT, progress=False)
    return folder / "landing"


@pytest.fixture(scope="module")
def seeded(session: DbtSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with the seeds alone."""
    path = tmp_path_factory.mktemp("seeded") / "warehouse.duckdb"
    select = [] if IS_WHOLE else ["--select", "brands", "exchange_rates"]
    session.run(
        ["seed", *select], {"CROSSBRAND_WAREHOUSE": str(path), "CROSSBRAND_LANDING": "none"}
    )
    return path


@pytest.fixture(scope="module")
def loaded_at_once() -> list[dict[str, str]]:
    """What each whole load of the one landing gave, for the deliveries that come after."""
    return []


def look_back_from(moment: str, kept_days: int | None) -> list[str]:
    """Say how long events are kept, and stand in for what asks every feed where few are built."""
    days = "null" if kept_days is None else str(kept_days)
    if IS_WHOLE:
        return [
            f"update reference.retention set retention_days = {days} "
            "where feed in ('events', 'message_events')"
        ]
    return [
        "create schema if not exists staging",
        "create or replace table staging.stg_privacy__retention_cuts as "
        f"select feed, timestamp '{moment}' - to_days({days}::integer) as cut_at "
        "from (values ('events'), ('message_events')) as feeds (feed)",
        "create schema if not exists intermediate",
        "create or replace table intermediate.int_operations__as_of as "
        f"select timestamp '{moment}' as as_of_at, date '{moment[:10]}' as as_of_date",
    ]


def no_room(world: World, command: list[str], session: DbtSession) -> None:
    """Without memory, and on a full disk, the build fails and says why."""
    environment = world.environment("grown")
    failed = session.attempt(command, {**environment, "CROSSBRAND_MEMORY": "3MB"})
    assert any("Out of Memory" in message for message in failed.values()), failed
    failed = session.attempt_in_files_of(
        20_000, command, {**environment, "CROSSBRAND_MEMORY": "16GB"}
    )
    assert any("File too large" in message for message in failed.values()), failed


CHANGES = (
    "select audience_name, customer_id, brand_id, change, previous_customer_id, build_number "
    "from marts.audience_changes"
)
MEMBERS = "select audience_name, customer_id, brand_id from marts.audience_members"

Days = dict[tuple[object, ...], tuple[object, ...]]
"""Figures by brand and day, the last of them whether the day is frozen."""


def remember(remembered: Days, world: World, name: str) -> Days:
    """See that kpi_history holds what it must after this build, and return that.

    Days up to the latest cut of age are those that the build before had, frozen from now on, and
    so are all up to the last day that was ever frozen; the others are counted anew.
    """
    counted = world.query(name, "select * from marts.kpi_daily")
    cuts = world.query(
        name,
        "select max(cut_at)::date::varchar from staging.stg_privacy__retention_cuts "
        "where feed in ('orders', 'returns', 'events', 'service_interactions')",
    )
    frozen = [str(day) for (_, day), row in remembered.items() if row[-1]]
    until = max([*frozen, *(str(cut) for (cut,) in cuts if cut)], default="")
    expected: Days = {row[:2]: (*row[2:], False) for row in counted if str(row[1]) > until}
    expected |= {key: (*row[:-1], True) for key, row in remembered.items() if str(key[1]) <= until}
    rows = world.query(name, "select * from marts.kpi_history")
    assert {row[:2]: row[2:] for row in rows} == expected
    assert len(rows) == len(expected)
    return expected


def replay(changes: list[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Who is a member after these changes: audience, customer and brand."""
    members: set[tuple[object, ...]] = set()
    for build in sorted({int(str(row[5])) for row in changes}):
        found = [row for row in changes if row[5] == build]
        for audience, customer, brand, change, previous, _ in found:
            gone = [previous, *([customer] if change == "left" else [])]
            members -= {(audience, one, brand) for one in gone}
        members |= {row[:3] for row in found if row[3] != "left"}
    return members


@pytest.mark.parametrize("seed", SEEDS)
def test_any_deliveries_give_what_one_load_gives(
    seed: int,
    session: DbtSession,
    sample: Path,
    seeded: Path,
    tmp_path: Path,
    loaded_at_once: list[dict[str, str]],
) -> None:
    """However the files come, and whatever befalls the builds, the result is that of one load.

    Before the second delivery's build another one is killed at a random moment, before the third's
    one runs out of memory and one out of disk. All whole loads must agree, whatever the order of
    their rows; when twenty have, the deliveries that remain are held against those.
    """
    chance = random.Random(seed)
    world = World(session, tmp_path)
    world.begin("grown", seeded)
    statements: list[str] = []
    ids: set[object] = set()
    remembered: Days = {}
    log: list[tuple[object, ...]] = []
    count = 2 + seed % 2 if IS_WHOLE else 4
    content = CONTENT if IS_WHOLE else None
    steps = make_plan(sample, seed, count, content=content, everything=not IS_LONG)
    for number, step in enumerate(steps):
        step.apply(world.landing)
        changes = [*step.sql, *look_back_from(step.as_of, step.kept_days)]
        world.change("grown", changes)
        statements += changes
        command = world.command(step, whole=IS_WHOLE)
        if number == 1 or (IS_LONG and number > 2):
            node = chance.randrange(250 if IS_WHOLE else len(BUILT))
            session.kill_within(command, world.environment("grown"), node, chance.random() / 5)
        if number == 2:
            no_room(world, command, session)
        session.run(command, world.environment("grown"))
        if IS_WHOLE:
            ids |= set(world.query("grown", "select customer_id from marts.customer_360"))
            remembered = remember(remembered, world, "grown")
            log_before, log = log, world.query("grown", CHANGES)
            assert not set(log_before) - set(log), "a change was taken back"
            assert replay(log) == set(world.query("grown", MEMBERS))
        is_last = number == len(steps) - 1
        if not is_last and (IS_WHOLE or not IS_LONG):
            continue
        grown = world.contents("grown", whole=IS_WHOLE)
        if len(loaded_at_once) == SHUFFLES:
            assert grown == loaded_at_once[0], f"seed {seed}"
            continue
        name = f"whole-{number}"
        world.begin(name, seeded)
        world.change(name, statements)
        landing = world.landing
        if IS_WHOLE:
            landing = tmp_path / "shuffled"
            reshuffle(world.landing, landing, seed)
        command = world.command(
            step, whole=IS_WHOLE, full_refresh=True, threads=chance.choice((1, 2, 4))
        )
        session.run(command, world.environment(name, landing))
        expected = world.contents(name, whole=IS_WHOLE)
        if IS_WHOLE:
            assert len(expected) > 50
            assert not expected["customer_360"].startswith("0:")
            remember({}, world, name)
            loaded_at_once.append(expected)
            differing = sorted(
                mart for mart in expected if expected[mart] != loaded_at_once[0].get(mart)
            )
            assert not differing, f"seed {seed}, two loads of the same rows: {differing}"
        else:
            assert set(expected) == set(LOADED_BY_FILE)
            assert min(int(expected[table].split(":")[0]) for table in LOADED_BY_FILE) > 0
        differing = sorted(table for table in expected if grown.get(table) != expected[table])
        assert not differing, f"seed {seed}, delivery {number}: {differing}"
        shutil.rmtree(tmp_path / name)
    if IS_WHOLE:
        gone = ids - set(world.query("grown", "select customer_id from marts.customer_360"))
        told = set(world.query("grown", "select old_customer_id from marts.identity_redirects"))
        assert gone <= told, "an id that was given out is gone without a word"
