"""Answers to people of the generated sample, against its truth and against every mart as it stands.

The truth knows which records are whose; asked are people of whom the stitching has all records and
no others, so that an answer has no excuse. Short: the one of most feeds; CROSSBRAND_LONG=1: forty.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.privacy.access import INTERNAL, UNKNOWN, AccessRequest, access
from tests.properties.built_sample import PROJECT, build_sample

from .answers import KEYS, assert_page_tells_the_same

ASKED = 40 if os.environ.get("CROSSBRAND_LONG") else 1
Record = tuple[str, str, str]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The built sample; answers go elsewhere."""
    folder = tmp_path_factory.mktemp("answers")
    built = build_sample(folder)
    return Paths(PROJECT, built.parent / "sample" / "landing", built, folder / "published")


@pytest.fixture(scope="module")
def truth(paths: Paths) -> dict[Record, tuple[str, bool]]:
    """By feed, brand and record the person, and whether the record tells."""
    path = paths.landing.parent / "truth" / "records.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select feed, brand_id, record_id, person_id, is_identifiable from read_parquet(?)",
            [str(path)],
        ).fetchall()
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


def asked(paths: Paths, truth: dict[Record, tuple[str, bool]]) -> list[tuple[str, str]]:
    """Customers with their person: those with the most feeds first, then every so many."""
    bound: dict[str, set[Record]] = defaultdict(set)
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        for feed, brand, record, customer in connection.execute(
            "select feed, brand_id, record_id, customer_id from marts.customer_records "
            "where customer_id is not null and feed <> 'campaign_controls'"
        ).fetchall():
            bound[customer].add((feed, brand, record))
        suspects = {
            row[0]
            for row in connection.execute(
                "select customer_id from marts.customer_360 where is_suspect"
            ).fetchall()
        }
    told: dict[str, set[Record]] = defaultdict(set)
    for record, (person, is_identifiable) in truth.items():
        if is_identifiable:
            told[person].add(record)
    found = []
    for customer, records in bound.items():
        people = {truth[record][0] for record in records if record in truth}
        if len(people) == 1 and customer not in suspects:
            (person,) = people
            if told[person] <= records:
                found.append((-len({feed for feed, _, _ in records}), customer, person))
    found.sort()
    assert len(found) > 100
    step = max(1, len(found) // ASKED)
    return [(customer, person) for _, customer, person in found[::step][:ASKED]]


def rows_of_marts(warehouse: Path, marts: list[str]) -> dict[str, list[dict[str, Any]]]:
    """All rows of the marts, by customer, in Python."""
    found: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for mart in marts:
            read = connection.execute(f"select * from marts.{mart}")
            names = [column[0] for column in read.description or ()]
            found[mart] = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
    return found


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime | date) else value


def test_an_answer_is_what_the_truth_and_the_marts_say(
    paths: Paths, truth: dict[Record, tuple[str, bool]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CROSSBRAND_PRIVACY", str(tmp_path / "privacy"))
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        marts = [row[0] for row in connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' "
            "and column_name = 'customer_id' order by 1"
        ).fetchall()]  # fmt: skip
        controllers = dict(
            connection.execute("select brand_id, controller_id from reference.brands").fetchall()
        )
    rows = rows_of_marts(paths.warehouse, marts)
    shown_marts = set()
    for customer, person in asked(paths, truth):
        records: set[Record] = set()
        mine = {record for record, (name, is_told) in truth.items() if name == person and is_told}
        for controller in sorted({controllers[brand] for _, brand, _ in mine}):
            request = AccessRequest(customer=customer, controller=controller, out=tmp_path / person)
            for page in access(request, paths, Console(file=io.StringIO())):
                document = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
                assert_page_tells_the_same(page.read_text(encoding="utf-8"), document)
                brand = document["brand_id"]
                for feed, told in document["feeds"].items():
                    name = "orders" if feed == "order_lines" else feed
                    for row in told["records"]:
                        records.add((name, brand, str(row.get(KEYS.get(feed, ""))).strip()))
                shown_marts |= set(document["derived"])
                if brand != UNKNOWN:
                    assert_marts_are_told(rows, document, customer, brand)
        owners = {truth[record][0] for record in records if record in truth}
        assert owners == {person}, "nobody else's"
        assert mine <= records, "and all of theirs"
    assert len(shown_marts) > 25


def is_about(row: dict[str, Any], brand: str) -> bool:
    """Whether a row is of the brand, or of all brands together."""
    places = {row[name] for name in ("brand_id", "scope") if name in row}
    return not places or bool(places & {brand, "all", None})


def is_seen(value: str, text: str) -> bool:
    """Whether an e-mail key or a phone stands in some spelling in what was delivered."""
    if "@" in value:
        name, domain = value.split("@")
        plain_text = re.sub(r"[.]|\+[^@\"]*(?=@)", "", text)
        return f"{name}@{domain}".replace(".", "") in plain_text
    return value[-9:] in re.sub(r"[\s()/.-]", "", text)


def test_a_suspect_gets_no_answer(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the customer's id either: the records may be two people's."""
    monkeypatch.setenv("CROSSBRAND_PRIVACY", str(tmp_path / "privacy"))
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        row = connection.execute(
            "select min(customer_id) from marts.customer_360 where is_suspect"
        ).fetchone()
    assert row
    assert row[0]
    request = AccessRequest(customer=row[0], controller="alder_group", out=tmp_path / "answers")
    with pytest.raises(CrossbrandError, match="contradict one another"):
        access(request, paths, Console(file=io.StringIO()))
    assert not (tmp_path / "answers").exists()


def assert_marts_are_told(
    marts: dict[str, list[dict[str, Any]]], document: dict[str, Any], customer: str, brand: str
) -> None:
    """Every row of every mart on the customer at the brand, or at all brands together."""
    for mart, rows in marts.items():
        expected = [
            {name: plain(value) for name, value in row.items() if value is not None}
            for row in rows
            if row["customer_id"] == customer and is_about(row, brand)
        ]
        if mart == "customer_identifiers":
            # An e-mail has no brand: it is told where a record of theirs has it.
            seen = json.dumps(document["feeds"], ensure_ascii=False).lower()
            expected = [
                row for row in expected
                if "brand_id" in row or is_seen(str(row["identifier_value"]), seen)
            ]  # fmt: skip
        told = document["derived"].get(mart, {"rows": []})["rows"]
        if mart.startswith(INTERNAL):
            assert told == []
            continue
        assert len(told) == len(expected), mart
        left = list(expected)
        for row in told:
            left.remove(next(one for one in left if row.items() <= one.items()))
        hidden = {name for row in expected for name in row} - {name for row in told for name in row}
        if {"brand_id", "scope"} & set().union(*expected):
            hidden = {name for name in hidden if not name.endswith("_customer_id")}
            assert not hidden, mart
        else:
            # An address belongs into the answer of its own brand.
            assert hidden <= {"first_name", "last_name", "email", "phone", "loyalty_card_id",
                              "birth_date", "street"}, mart  # fmt: skip
