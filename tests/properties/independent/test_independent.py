"""The project judged from outside, on brands and data that it has never seen.

Who wrote this read the definitions, the landing contract and no model. The project is copied, its
`seeds/brands.csv` alone is replaced (other brands, controllers, currencies and time zones), `dbt
build` runs on a landing folder written by the contract, and the marts are compared with

* `stories.py`: about sixty small stories about identity with the answer written by hand;
* `world.ledger`: orders, sessions, tiers and broken rows whose numbers were worked out by hand;
* `oracle.py`: all of it, and a random crowd, in slow and obvious Python.

The oracle itself is held against the hand-written answers first. RFM, sessions and tiers are
compared on the customers that the project found, so that one wrong link fails its own story and
not everything. Run it with `pytest tests/properties/independent`; its two builds take two minutes.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ..project_copy import QUIET, bring_parse
from . import oracle
from .crowd import Crowd
from .stories import stories
from .world import (
    AS_OF,
    BRAND_COLUMNS,
    BRANDS,
    Landing,
    Ledger,
    Phones,
    Ref,
    Story,
    Teller,
    ledger,
    write_brands,
)

PROJECT = Path(__file__).resolve().parents[3]
BRAND_ROWS = {brand[0]: dict(zip(BRAND_COLUMNS, brand, strict=True)) for brand in BRANDS}
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "target", "logs", "sample", "published", "build", "*.duckdb", "*.duckdb.wal",
    "__pycache__", ".*_cache", ".hypothesis", "great_expectations", "benchmarks",
)  # fmt: skip

# Where a build looks and what it writes, as somebody may have set it for the project itself.
TOLD = {"CROSSBRAND_LANDING", "CROSSBRAND_WAREHOUSE", "DBT_TARGET_PATH", "DBT_LOG_PATH"}


@dataclass
class World:
    """The landing data and what its authors say of it."""

    landing: Landing
    stories: list[Story]
    book: Ledger


@cache
def told() -> World:
    """Tell everything once; the same each time."""
    landing, phones = Landing(), Phones()
    all_stories = stories(landing, phones)
    book = ledger(landing, phones)
    Crowd(landing, phones, seed=20260630, size=300).tell()
    return World(landing, all_stories, book)


STORIES = {story.name: story for story in told().stories}


class Answers:
    """What the oracle makes of the landing files."""

    def __init__(self, root: Path) -> None:
        """Write the files and read them again."""
        self.root = root
        self.contract = oracle.read_contract(PROJECT)
        self.rates = oracle.Rates(PROJECT / "seeds" / "exchange_rates.csv")
        types = {name: feed.types for name, feed in self.contract.items()}
        self.landed = told().landing.write(root, types)
        self.judged = oracle.judge(root, self.contract, BRAND_ROWS, self.rates)
        self.latest = self.judged.latest
        self.people = oracle.People(self.latest, BRAND_ROWS)
        self.customers = self.people.records()
        self.sessions = oracle.sessions(self.latest["events"])


class Built:
    """The marts of a build."""

    def __init__(self, folder: Path, landing: Path, variables: str = "{}", *arguments: str) -> None:
        """Copy the project, replace the brands, and run `dbt build`.

        The landing and the warehouse lie where the project has them when it is told nothing, so
        that what scripts/check parsed serves (see `project_copy`). dbt's unit tests bring their own
        rows, which are the same under any brands: scripts/check runs them.
        """
        project = folder / "project"
        self.warehouse = project / "warehouse.duckdb"
        shutil.copytree(PROJECT, project, ignore=LEFT_OUT)
        write_brands(project / "seeds" / "brands.csv")
        (project / "sample").mkdir()
        (project / "sample" / "landing").symlink_to(landing, target_is_directory=True)
        bring_parse(project / "target")
        told = {name: value for name, value in os.environ.items() if name not in TOLD}
        environment = told | QUIET | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        dbt = Path(sys.executable).with_name("dbt")
        self.run = subprocess.run(
            [
                str(dbt), "--no-use-colors", "build", "--vars", variables,
                "--exclude-resource-type", "unit_test", *arguments,
            ],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query on the warehouse gives."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    @cached_property
    def records(self) -> dict[Ref, str | None]:
        """Customer by record of the feeds that are told of."""
        found = self.rows(
            "select brand_id, feed, record_id, customer_id from marts.customer_records"
        )
        return {
            (brand, feed, key): customer
            for brand, feed, key, customer in found
            if feed in oracle.IDENTITY_FEEDS
        }

    def customer(self, ref: Ref) -> str | None:
        """The customer of a record."""
        return self.records.get(ref)

    def contact(self, brand: str, contact_id: str) -> str | None:
        """The customer of a contact record."""
        return self.records.get((brand, "contacts", contact_id))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """The oracle's answers."""
    return Answers(tmp_path_factory.mktemp("independent") / "landing")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, answers: Answers) -> Built:
    """The build of the whole world."""
    return Built(tmp_path_factory.mktemp("build"), answers.root)


def partition(customers: dict[Ref, Any], within: set[Ref]) -> tuple[set[frozenset[Ref]], set[Ref]]:
    """The groups that records form by customer, and the records of nobody."""
    groups = defaultdict(set)
    for ref in within:
        groups[customers.get(ref)].add(ref)
    nobody = groups.pop(None, set())
    return {frozenset(group) for group in groups.values()}, nobody


def differences(found: set[Any], wanted: set[Any], limit: int = 12) -> str:
    """What is in one and not in the other, for a person to read."""
    lines = [f"{len(found - wanted)} unexpected, {len(wanted - found)} missing"]
    for title, extra in (("unexpected", found - wanted), ("missing", wanted - found)):
        for entry in sorted(extra, key=str)[:limit]:
            shown = sorted(entry, key=str) if isinstance(entry, frozenset) else entry
            lines.append(f"  {title}: {shown}")
    return "\n".join(lines)


# --------------------------------------------------------------------------- the judge is judged


@pytest.mark.parametrize("name", STORIES)
def test_the_oracle_knows_the_story(answers: Answers, name: str) -> None:
    """The oracle and the hand-written answer are two readers of one definition."""
    story = STORIES[name]
    groups, nobody = partition(answers.customers, story.refs())
    assert nobody == story.nobody
    assert groups == {frozenset(group) for group in story.together}
    customers = {answers.customers[ref] for ref in story.refs()} - {None}
    others = {answers.customers[ref] for ref in answers.customers.keys() - story.refs()}
    assert not customers & others, "the story touches another"


def test_the_oracle_keeps_the_book(answers: Answers) -> None:
    """RFM, sessions, rejects and the balance of rows, against the numbers worked out by hand."""
    book = told().book
    assert sum(answers.judged.landed.values()) == answers.landed
    assert all(answers.judged.balance(feed) for feed in answers.judged.landed)
    rejected = {(feed, brand, key): reason for feed, brand, key, reason in answers.judged.rejected}
    assert rejected == {key: reason_class(reason) for key, reason in book.rejects.items()}
    lines = oracle.rfm(answers.latest, answers.rates, answers.customers.get, AS_OF)
    for contact_id, (recency, frequency, monetary, scores) in book.rfm.items():
        line = lines[answers.people.contact_customer("kestrel", contact_id), "kestrel"]
        digits = "".join(map(str, line.scores))
        assert (line.recency_days, line.frequency, line.monetary, digits) == (
            recency, frequency, monetary, scores,
        )  # fmt: skip
    found = {(s.brand, s.device, s.started_at): s for s in answers.sessions}
    for key, (end, count, abandoned) in book.sessions.items():
        session = found[key]
        assert (session.ended_at, session.count, session.is_cart_abandoned) == (
            end, count, abandoned,
        )  # fmt: skip
    assert max(row["occurred_at"] for row in answers.latest["events"].values()) == AS_OF


def test_the_crowd_is_a_crowd(answers: Answers) -> None:
    """The random data hold what they are for; otherwise their comparison proves little."""
    crowd = {ref: who for ref, who in answers.customers.items() if len(ref[2]) == 13}
    assert len(crowd) > 1500
    assert 300 < len({who for who in crowd.values() if who is not None}) < 900
    assert sum(1 for who in crowd.values() if who is None) > 60
    reasons = Counter(answers.people.unusable.values())
    assert reasons["many"] >= 5
    assert len(answers.people.split) >= 10
    # Nothing balances on the edge of the guard but the stories that are about it.
    edge = {node for node, count in answers.people.people_of.items() if count in (5, 6, 7)}
    told_of = {
        node for name in ("six_people", "five_nameless", "five_contradict", "info_mailbox")
        for ref in STORIES[name].refs() for node in answers.people.observed[ref]
    }  # fmt: skip
    assert edge <= told_of


def reason_class(code: str) -> str:
    """A future or an ancient time is an unreadable one."""
    return "unreadable_value" if code in ("future_time", "ancient_time") else code


# --------------------------------------------------------------------------- landing


def test_build_succeeds_on_other_brands(built: Built) -> None:
    """Another seeds/brands.csv, and nothing else, is enough; the project's own tests hold too."""
    assert built.run.returncode == 0, built.run.stdout[-6000:]


def test_rejected_records(built: Built, answers: Answers) -> None:
    """Every broken row is kept with its feed, brand, key and reason, and no sound one is."""
    found = Counter(
        (feed, brand, (key or "").split("|")[0], reason_class(reason))
        for feed, brand, key, reason in built.rows(
            "select feed, brand_id, record_id, reason_code from marts.rejected_records"
        )
    )
    wanted = Counter(answers.judged.rejected)
    assert found == wanted, differences({*found.items()}, {*wanted.items()})


def test_rejected_rows_say_what_was_wrong(built: Built) -> None:
    """The column at fault is named, and the row is kept as it was delivered."""
    found = {
        (feed, brand, (key or "").split("|")[0]): (column, json.loads(payload).get(column))
        for feed, brand, key, column, payload in built.rows(
            "select feed, brand_id, record_id, column_name, payload from marts.rejected_records"
        )
        if brand in BRAND_ROWS
    }
    assert found == told().book.faults


def test_every_landed_row_is_accounted_for(built: Built, answers: Answers) -> None:
    """Landed rows = distinct valid versions + repeats + rejected, for every feed."""
    tables = {
        name.split("__", 1)[1]: name
        for (name,) in built.rows(
            "select table_name from information_schema.tables where table_schema = 'staging'"
            " and table_name like 'base_%'"
        )
    }
    for feed, landed in answers.judged.landed.items():
        ((rows, rejected, versions),) = built.rows(
            "select count(*), count(reject_reason_code),"
            " count(distinct case when reject_reason_code is null"
            f" then (brand_id, version_hash) end) from staging.{tables[feed]}"
        )
        wanted = sum(1 for entry in answers.judged.rejected if entry[0] == feed)
        assert (feed, rows, rejected, versions) == (
            feed, landed, wanted, answers.judged.versions[feed],
        )  # fmt: skip


def test_latest_versions(built: Built, answers: Answers) -> None:
    """Of every key the latest valid version, with its values read: times, numbers, truth values."""
    columns = defaultdict(set)
    tables = {}
    for table, column in built.rows(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'staging' and table_name like 'stg_%'"
    ):
        feed = table.split("__", 1)[1]
        tables[feed] = table
        columns[feed].add(column)
    for feed, rows in answers.latest.items():
        contract = answers.contract[feed]
        names = {
            name: f"{name}_original" if f"{name}_original" in columns[feed] else name
            for name, kind in contract.types.items()
            if kind in ("timestamp", "date", "integer", "decimal") and not name.endswith("_price")
        }
        keys = " || '|' || ".join(contract.key)
        select = ", ".join(["brand_id", keys, *names.values()])
        found = {
            (brand, key): dict(zip(names, values, strict=True))
            for brand, key, *values in built.rows(f"select {select} from staging.{tables[feed]}")
        }
        wanted = {key: {name: row[name] for name in names} for key, row in rows.items()}
        assert found.keys() == wanted.keys(), differences({*found}, {*wanted})
        wrong = {key: (found[key], wanted[key]) for key in found if found[key] != wanted[key]}
        assert not wrong, f"{feed}: {len(wrong)} rows differ, as {next(iter(wrong.items()))}"


def test_truth_values_that_are_not_there_are_null(built: Built, answers: Answers) -> None:
    """A column that is missing is null, and so is an optional value that cannot be read."""
    found = {
        (brand, key): value
        for brand, key, value in built.rows(
            "select brand_id, contact_id, is_deleted from staging.stg_contact__contacts"
        )
    }
    assert found == {key: row["is_deleted"] for key, row in answers.latest["contacts"].items()}


def test_matching_keys_of_contacts_and_orders(built: Built, answers: Answers) -> None:
    """E-mails and phones of every record, by plain Python and by the phonenumbers library."""
    wrong = []
    tables = {"contacts": "stg_contact__contacts", "orders": "stg_transaction__orders"}
    for feed, table in tables.items():
        for brand, key, email, phone in built.rows(
            f"select brand_id, {answers.contract[feed].key[0]}, email_key, phone"
            f" from staging.{table}"
        ):
            row = answers.latest[feed][brand, key]
            country = row.get("country_code") or BRAND_ROWS[brand]["country_code"]
            wanted = (oracle.email_key(row["email"]), oracle.phone_key(row["phone"], country))
            if oracle.is_placeholder(row["phone"] or ""):
                continue  # it makes no link, whatever number it reads as
            if (email, phone) != wanted:
                wrong.append((brand, key, row["email"], row["phone"], email, phone, *wanted))
    assert not wrong


def test_every_valid_record_is_there_once(built: Built, answers: Answers) -> None:
    """`customer_records` has each valid record of its feeds, with or without a customer."""
    found = built.rows("select brand_id, feed, record_id from marts.customer_records")
    refs = [ref for ref in found if ref[1] in oracle.IDENTITY_FEEDS]
    assert len(refs) == len({*refs})
    assert {*refs} == answers.customers.keys(), differences({*refs}, {*answers.customers})


# --------------------------------------------------------------------------- identity


@pytest.mark.parametrize("name", STORIES)
def test_story(built: Built, name: str) -> None:
    """The records of the story form the customers that the story says, and touch no others."""
    story = STORIES[name]
    groups, nobody = partition(built.records, story.refs())
    wanted = {frozenset(group) for group in story.together}
    assert nobody == story.nobody, f"{story.says}\nnobody's:\n{differences(nobody, story.nobody)}"
    assert groups == wanted, f"{story.says}\n{differences(groups, wanted)}"
    customers = {built.records[ref] for ref in story.refs()} - {None}
    strangers = [
        ref for ref, who in built.records.items() if who in customers and ref not in story.refs()
    ]
    assert not strangers, f"{story.says}\nother stories' records: {strangers[:5]}"


@pytest.mark.parametrize("name", [name for name, story in STORIES.items() if story.visits])
def test_story_visits(built: Built, name: str) -> None:
    """The sessions of the story belong to whom the story says."""
    found = {
        (brand, device, start): customer
        for brand, device, start, customer in built.rows(
            "select brand_id, device_id, started_at, customer_id from marts.sessions"
        )
    }
    wanted = {
        visit: built.customer(ref) if ref else None for visit, ref in STORIES[name].visits.items()
    }
    assert all(built.customer(ref) for ref in STORIES[name].visits.values() if ref)
    told_of = {visit: found.get(visit, "no such session") for visit in wanted}
    assert told_of == wanted


def test_all_customers(built: Built, answers: Answers) -> None:
    """Every record of the world, the crowd's too, has the oracle's customer."""
    refs = answers.customers.keys() - told().book.capped
    groups, nobody = partition(built.records, refs)
    wanted, wanted_nobody = partition(answers.customers, refs)
    assert groups == wanted, differences(groups, wanted)
    assert nobody == wanted_nobody, differences(nobody, wanted_nobody)


def test_customer_360_has_every_customer_once(built: Built, answers: Answers) -> None:
    """One row per customer, and no customer without a merge identifier."""
    found = [row[0] for row in built.rows("select customer_id from marts.customer_360")]
    assert len(found) == len({*found})
    assert {*found} == {who for who in built.records.values() if who is not None}
    refs = answers.customers.keys() - told().book.capped
    capped = {built.customer(ref) for ref in told().book.capped}
    wanted = {answers.customers[ref] for ref in refs} - {None}
    assert len(found) == len(wanted) + len(capped)


def test_nobody_has_too_many_identifiers(built: Built) -> None:
    """A line of 120 identifiers is not fused blindly, and no other customer is touched."""
    counts = built.rows(
        "select customer_id, count(*) from marts.customer_identifiers"
        " where is_usable and identifier_type <> 'voucher_code' group by all"
    )
    assert max(count for _, count in counts) <= 50
    capped = {built.customer(ref) for ref in told().book.capped}
    assert len(capped) >= 3
    assert None not in capped
    others = {who for ref, who in built.records.items() if ref not in told().book.capped}
    assert not capped & others


def test_phones_are_what_the_library_says(built: Built, answers: Answers) -> None:
    """The phones of all customers in E.164, judged by the phonenumbers library."""
    found = {
        value
        for (value,) in built.rows(
            "select identifier_value from marts.customer_identifiers"
            " where identifier_type = 'phone' and is_usable"
        )
    }
    everywhere = {
        node[2] for nodes in answers.people.observed.values() for node in nodes
        if node[0] == "phone"
    }  # fmt: skip
    shared = {
        node[2] for node in [*answers.people.unusable, *answers.people.split] if node[0] == "phone"
    }
    assert found <= everywhere, differences(found, everywhere)
    assert everywhere - shared <= found, differences(found, everywhere - shared)


def test_long_chain(tmp_path: Path) -> None:
    """200 orders in a line are one customer where the cap is lifted.

    The landing has one feed of one brand and few columns: everything else is missing.
    """
    landing, phones = Landing(), Phones()
    t = Teller(landing, "chain_200", "glen")
    links = [t.mail(f"m{n}") if n % 2 == 0 else phones.gb() for n in range(201)]
    for number, (left, right) in enumerate(pairwise(links)):
        email, phone = (left, right) if "@" in left else (right, left)
        at = AS_OF - dt.timedelta(days=10, minutes=(number * 83) % 200)
        t.order(at=at, email=email, phone=phone)
    landing.write(tmp_path / "landing", {})
    built = Built(
        tmp_path, tmp_path / "landing", "{max_identifiers_per_customer: 1000}",
        "--select", "+customer_records", "--exclude-resource-type", "test",
    )  # fmt: skip
    assert built.run.returncode == 0, built.run.stdout[-6000:]
    assert len(built.records) == 200
    assert len({*built.records.values()}) == 1
    assert None not in built.records.values()


# --------------------------------------------------------------------------- value


def test_rfm_by_hand(built: Built) -> None:
    """Five customers of one brand, worked out on paper in `world._kestrel`."""
    found = {
        row[0]: row[1:]
        for row in built.rows(
            "select customer_id, recency_days, frequency, monetary_amount, rfm_score"
            " from marts.rfm_scores where scope = 'kestrel'"
        )
    }
    wanted = {built.contact("kestrel", who): line for who, line in told().book.rfm.items()}
    assert found == wanted


def test_rfm_of_everybody(built: Built, answers: Answers) -> None:
    """Every customer and scope: moment, days, count, cents, scores and segment."""
    found = {
        row[:2]: row[2:]
        for row in built.rows(
            "select customer_id, scope, as_of_date, last_order_at, recency_days, frequency,"
            " monetary_amount, recency_score, frequency_score, monetary_score, rfm_score,"
            " rfm_segment from marts.rfm_scores"
        )
    }
    segment = oracle.segments(PROJECT / "seeds" / "rfm_segments.csv")
    lines = oracle.rfm(answers.latest, answers.rates, built.customer, AS_OF)
    wanted = {
        key: (
            AS_OF.date(), line.last_order_at, line.recency_days, line.frequency, line.monetary,
            *line.scores, "".join(map(str, line.scores)), segment(line.scores),
        )
        for key, line in lines.items()
    }  # fmt: skip
    assert found == wanted, differences({*found.items()}, {*wanted.items()})


def test_one_chronology(built: Built) -> None:
    """The timeline has every record of a customer once, and every session of one."""
    found = Counter(
        built.rows(
            "select brand_id, feed, record_id, customer_id from marts.customer_timeline"
            " where feed not in ('events', 'message_events', 'identity', 'share_codes')"
        )
    )
    wanted = Counter((*ref, who) for ref, who in built.records.items() if who is not None)
    assert found == wanted, differences({*found.items()}, {*wanted.items()})
    ((rows, owned),) = built.rows(
        "select (select count(*) from marts.customer_timeline where feed = 'events'),"
        " (select count(customer_id) from marts.sessions)"
    )
    assert rows == owned


def test_totals_by_brand_and_day(built: Built, answers: Answers) -> None:
    """Orders and refunds in the customers' chronology, by brand and UTC day, to the cent."""
    for feed, column, amounts in (
        ("orders", "ordered_at", oracle.counted_orders(answers.latest, answers.rates)),
        (
            "returns",
            "returned_at",
            {
                key: amount
                for key, (_, amount) in oracle.counted_refunds(
                    answers.latest, answers.rates
                ).items()
            },
        ),
    ):
        wanted: dict[tuple[str, dt.date], list[Any]] = defaultdict(lambda: [0, Decimal()])
        for (brand, key), amount in amounts.items():
            if built.customer((brand, feed, key)) is not None:
                total = wanted[brand, answers.latest[feed][brand, key][column].date()]
                total[0] += 1
                total[1] += amount
        found = {
            (brand, day): (count, abs(amount))
            for brand, day, count, amount in built.rows(
                "select brand_id, cast(occurred_at as date), count(*), sum(amount)"
                f" from marts.customer_timeline where feed = '{feed}' and amount is not null"
                " group by all"
            )
        }
        expected = {key: tuple(total) for key, total in wanted.items()}
        assert found == expected, differences({*found.items()}, {*expected.items()})


def test_brand_totals_hold_what_nobody_bought(built: Built, answers: Answers) -> None:
    """Orders without a customer count in the brand's totals all the same."""
    wanted: dict[tuple[str, dt.date], list[Any]] = defaultdict(lambda: [0, 0, Decimal(), Decimal()])
    for (brand, key), amount in oracle.counted_orders(answers.latest, answers.rates).items():
        total = wanted[brand, answers.latest["orders"][brand, key]["ordered_at"].date()]
        total[0] += 1
        total[1] += built.customer((brand, "orders", key)) is not None
        total[2] += amount
    refunds = oracle.counted_refunds(answers.latest, answers.rates)
    for (brand, key), (_, amount) in refunds.items():
        wanted[brand, answers.latest["returns"][brand, key]["returned_at"].date()][3] += amount
    found = {
        (brand, day): (*values,)
        for brand, day, *values in built.rows(
            "select brand_id, kpi_date, order_count, known_customer_order_count, gross_amount,"
            " refund_amount from marts.kpi_daily where order_count > 0 or refund_amount <> 0"
        )
    }
    expected = {key: tuple(total) for key, total in wanted.items()}
    assert found == expected, differences({*found.items()}, {*expected.items()})


def test_what_a_customer_is_worth(built: Built, answers: Answers) -> None:
    """The 360 of a customer, and of a customer at a brand, hold the same orders as RFM."""
    lines = oracle.rfm(answers.latest, answers.rates, built.customer, AS_OF)
    for mart, scope in (("customer_360", "'all'"), ("customer_brand_360", "brand_id")):
        found = {
            (who, where): tuple(values)
            for who, where, *values in built.rows(
                f"select customer_id, {scope}, order_count, net_amount, last_order_at"
                f" from marts.{mart} where order_count > 0"
            )
        }
        wanted = {
            key: (line.frequency, line.monetary, line.last_order_at)
            for key, line in lines.items()
            if (key[1] == "all") == (scope == "'all'")
        }
        assert found == wanted, differences({*found.items()}, {*wanted.items()})


# --------------------------------------------------------------------------- behaviour


def test_sessions_by_hand(built: Built) -> None:
    """Gaps, midnight, carts, time formats and late events, worked out in `world._sessions`."""
    book = told().book.sessions
    found = {
        (brand, device, start): (end, count, abandoned)
        for brand, device, start, end, count, abandoned in built.rows(
            "select brand_id, device_id, started_at, ended_at, event_count, is_cart_abandoned"
            " from marts.sessions"
        )
        if device in {key[1] for key in book}
    }
    assert found == book


def test_all_sessions(built: Built, answers: Answers) -> None:
    """Every session of the world: who, from when, to when, how many events, whether a cart."""
    found = Counter(
        built.rows(
            "select brand_id, device_id, started_at, ended_at, event_count, is_cart_abandoned"
            " from marts.sessions"
        )
    )
    wanted = Counter(
        (s.brand, s.device, s.started_at, s.ended_at, s.count, s.is_cart_abandoned)
        for s in answers.sessions
    )
    assert found == wanted, differences({*found.items()}, {*wanted.items()})


def test_session_owners(built: Built, answers: Answers) -> None:
    """Every session on a device belongs to whom the logins on it say."""
    found = {
        (brand, device, start): customer
        for brand, device, start, customer in built.rows(
            "select brand_id, device_id, started_at, customer_id from marts.sessions"
        )
    }
    owners = oracle.session_owners(answers.latest["events"], answers.sessions, built.contact)
    linked = {visit for story in told().stories for visit in story.visits
              if story.name == "click_through"}  # fmt: skip
    wanted = {
        (brand, device, start): customer
        for (brand, device, _, start), customer in owners.items()
        if device is not None and (brand, device, start) not in linked
    }
    relevant = {key: found.get(key) for key in wanted}
    assert relevant == wanted, differences({*relevant.items()}, {*wanted.items()})


def test_tiers_by_hand(built: Built) -> None:
    """Two brands whose scores stand as 1 : 2 : 3 : 4, worked out in `world._tiers`."""
    found: dict[str, str] = dict(
        built.rows("select customer_id, tier from marts.cross_brand_activity_tiers")
    )
    told_of = {ref: found.get(built.customer(ref) or "") for ref in told().book.tiers}
    assert told_of == told().book.tiers


def test_tiers_of_everybody(built: Built, answers: Answers) -> None:
    """Every customer's tier, where whole days and fractions of days agree on it."""
    with (PROJECT / "seeds" / "activity_points.csv").open(encoding="utf-8", newline="") as file:
        points = {line["activity_kind"]: Decimal(line["points"]) for line in csv.DictReader(file)}
    owners = oracle.session_owners(answers.latest["events"], answers.sessions, built.contact)
    by_moment = {
        (session.brand, session.device, session.contact, moment): owners.get(
            (session.brand, session.device, session.contact, session.started_at)
        )
        for session in answers.sessions
        for moment in session.times
    }

    def visitor(brand: str, row: dict[str, Any]) -> Hashable | None:
        device = row["device_id"]
        contact = None if device else row["contact_id"]
        return by_moment.get((brand, device, contact, row["occurred_at"]))

    happened = oracle.activity_kinds(answers.latest, built.customer, visitor)
    customers = {who for who in built.records.values() if who is not None}
    readings = []
    for whole_days in (True, False):
        of_customer: dict[Hashable, list[str]] = {who: [] for who in customers}
        tiers = oracle.brand_tiers(happened, points, AS_OF, whole_days)
        for (who, _), tier in tiers.items():
            of_customer[who].append(tier)
        readings.append({who: oracle.cross_brand_tier(t) for who, t in of_customer.items()})
    wanted = {who: tier for who, tier in readings[0].items() if readings[1][who] == tier}
    assert len(wanted) > 0.95 * len(customers)
    found = dict(built.rows("select customer_id, tier from marts.cross_brand_activity_tiers"))
    assert customers <= found.keys()
    relevant = {who: found[who] for who in wanted}
    # The reader of a newsletter scores by its click, which is not counted here.
    reader = built.customer(next(iter(STORIES["click_through"].together[0])))
    relevant.pop(reader, None)
    wanted.pop(reader, None)
    assert relevant == wanted, differences({*relevant.items()}, {*wanted.items()})
