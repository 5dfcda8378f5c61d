"""Every figure of `crossbrand evaluate` against a case worked by hand and against a slow oracle."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from crossbrand.errors import CrossbrandError
from crossbrand.evaluate import components, evaluate, print_evaluation
from crossbrand.paths import open_warehouse

from .conftest import Row, TruthMaker, WarehouseMaker

# Ann has three records, Bob two, Cyd one. Customer x has two of Ann's and one of Bob's.
TRUTH: list[Row] = [
    ("orders", "aster", "a1", "ann"),
    ("orders", "aster", "a2", "ann"),
    ("contacts", "birch", "a3", "ann"),
    ("orders", "aster", "b1", "bob"),
    ("orders", "aster", "b2", "bob"),
    ("contacts", "aster", "c1", "cyd"),
]
RECORDS: list[Row] = [
    ("aster", "orders", "a1", "x", "email"),
    ("aster", "orders", "a2", "x", "phone"),
    ("birch", "contacts", "a3", "y", "contact_id"),
    ("aster", "orders", "b1", "x", "phone"),
    ("aster", "orders", "b2", None, None),
    ("aster", "contacts", "c1", "z", "contact_id"),
]
PEOPLE: list[Row] = [("ann", "couple"), ("bob", "couple"), ("cyd", "single")]


def test_the_worked_case(make_warehouse: WarehouseMaker, make_truth: TruthMaker) -> None:
    # Pairs: Ann has 3 and Bob 1, so 4 are true; x claims 3; only (a1, a2) is both.
    # B-cubed precision: a1, a2 2/3, b1 1/3, the other three 1; recall: 2/3, 2/3, 1/3, 1/2, 1/2, 1.
    result = evaluate(make_warehouse(RECORDS), make_truth(TRUTH, PEOPLE))

    assert (result.records, result.unlinked, result.customers, result.people) == (6, 1, 3, 3)
    assert (result.pairs.true, result.pairs.claimed, result.pairs.found) == (4, 3, 1)
    assert result.pairwise.precision == pytest.approx(1 / 3)
    assert result.pairwise.recall == pytest.approx(1 / 4)
    assert result.pairwise.f1 == pytest.approx(2 / 7)
    assert result.bcubed.precision == pytest.approx(7 / 9)
    assert result.bcubed.recall == pytest.approx(11 / 18)
    assert result.bcubed.f1 == pytest.approx(2 * 77 / 162 / (25 / 18))
    assert result.people_whole == 1, "only Cyd: Ann is split and Bob shares his customer"


def test_pairs_are_told_apart_by_brand_and_controller(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    """Ann has two records in aster, one in birch of the same controller and one in cedar."""
    brands = ["aster", "aster", "birch", "cedar"]
    truth: list[Row] = [("orders", brand, f"r{n}", "ann") for n, brand in enumerate(brands)]
    records: list[Row] = [
        (brand, "orders", f"r{n}", customer, "email")
        for (n, brand), customer in zip(enumerate(brands), "xyyx", strict=True)
    ]
    warehouse = make_warehouse(records)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create schema reference; create table reference.brands as from "
            "(values ('aster', 'one'), ('birch', 'one'), ('cedar', 'two')) "
            "as brands (brand_id, controller_id)"
        )
    result = evaluate(warehouse, make_truth(truth))

    counts = {span: (pairs.true, pairs.found) for span, pairs in result.by_span.items()}
    assert counts == {
        "in one brand": (1, 0),
        "across brands of a controller": (2, 1),
        "across controllers": (3, 1),
    }
    assert (result.pairs.true, result.pairs.found) == (6, 2)


def test_groups_are_averages_of_their_records(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    result = evaluate(make_warehouse(RECORDS), make_truth(TRUTH, PEOPLE))
    by_rule = {score.group: score for score in result.by_rule}

    assert set(by_rule) == {"email", "phone", "contact_id", "no customer"}
    assert by_rule["phone"].records == 2
    assert by_rule["phone"].precision == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert by_rule["phone"].recall == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert by_rule["no customer"].precision == 1
    by_household = {score.group: score for score in result.by_household}
    assert by_household["single"].recall == 1
    assert by_household["couple"].recall == pytest.approx(
        (2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2) / 5
    )
    for scores in (result.by_rule, result.by_feed, result.by_household):
        mean = sum(score.precision * score.records for score in scores) / result.records
        assert mean == pytest.approx(result.bcubed.precision)


def test_the_worst_cases_are_named(make_warehouse: WarehouseMaker, make_truth: TruthMaker) -> None:
    result = evaluate(make_warehouse(RECORDS), make_truth(TRUTH))

    [customer] = result.over_merged
    assert (customer.customer_id, customer.people, customer.records) == ("x", 2, 3)
    assert customer.records_by_person == {"ann": 2, "bob": 1}
    [person] = result.split
    assert (person.person_id, person.customers, person.records) == ("ann", 2, 3)
    assert person.pieces[0].startswith("x: 2 records (orders)")
    assert result.by_household == []


def test_records_that_only_one_side_knows_are_counted_and_not_scored(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    records = [*RECORDS, ("aster", "orders", "new", "x", "email")]
    truth = [
        *TRUTH,
        ("orders", "aster", "rejected", "ann"),
        ("events", "aster", "e1", "ann"),
        ("orders", "aster", "nobody", None),
    ]
    result = evaluate(make_warehouse(records), make_truth(truth))

    assert (result.records, result.without_truth, result.not_in_warehouse) == (6, 1, 1)
    assert result.pairs.claimed == 3


def test_reach_follows_own_identifiers_orders_and_events(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    """Five records of one person and one of another, each tied in another way.

    r1 and r2 have the e-mail 1 in common. r3 has the phone 2, which an event saw with e-mail 1.
    r4 is a review that names the order r1. r5 has only the placeholder 3, which r1 has too.
    """
    truth: list[Row] = [
        *[("orders", "aster", f"r{n}", "ann") for n in (1, 2, 3, 5)],
        ("reviews", "aster", "r4", "ann"),
        ("orders", "aster", "r6", "bob"),
    ]
    records: list[Row] = [
        *[("aster", "orders", f"r{n}", customer, "email") for n, customer in
          ((1, "x"), (2, "x"), (3, "y"), (5, "y"), (6, "y"))],
        ("aster", "reviews", "r4", "x", "order_id"),
    ]  # fmt: skip
    identity: dict[str, Sequence[Row]] = {
        "records": [
            ("aster", "orders", "r1", None, 11),
            ("aster", "orders", "r2", None, 12),
            ("aster", "orders", "r3", None, 13),
            ("aster", "reviews", "r4", "r1", 14),
            ("aster", "orders", "r5", None, 15),
            ("aster", "orders", "r6", None, 16),
        ],
        "observations": [
            *[(11, 1), (11, 3), (12, 1), (13, 2), (15, 3), (16, 4)],
            *[(99, 1), (99, 2)],
        ],
        "identifiers": [
            *[(1, True, None), (2, True, None), (3, False, "placeholder"), (4, True, None)],
        ],
        "nodes": [(13, 2, 2, "phone", "+420600000002"), (16, 2, 2, "phone", "+420600000002")],
    }
    result = evaluate(make_warehouse(records, identity), make_truth(truth))

    # Within reach: r1 to r4, six pairs of Ann's ten. Found of these: the three of r1, r2 and r4.
    assert (result.pairs.true, result.pairs.reachable, result.pairs.reachable_found) == (10, 6, 3)
    assert result.pairs.recall_limit == pytest.approx(0.6)
    assert result.pairs.reachable_recall == pytest.approx(0.5)
    assert result.over_merged[0].shared_identifiers == ["phone +420600000002 (2 people)"]
    # r5 carries nothing of Ann's. r1, r2 and r4 are found, r3 with r6 is claimed and wrong.
    assert (result.untold, result.pairs.told_claimed, result.pairs.told_found) == (1, 4, 3)

    with_consent = {
        **identity,
        "nodes": [(15, 3, 3, "email", "e"), (13, 2, 2, "phone", "p")],
        "identifiers": [(1, True, None), (2, True, None), (3, True, None)],
        "observations": [(11, 1), (12, 1), (13, 2), (15, 3)],
        "cross_controller_edges": [(2, 3, "email+consent")],
    }
    result = evaluate(make_warehouse(records, with_consent), make_truth(truth))
    assert result.pairs.reachable == 3 + 1, "r1, r2, r4 and, through consent, r3 with r5"


def test_what_several_people_use_leads_to_named_records_only(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    """The card 1 is Ann's and Bob's. Ann's contact c and her order r1 have her e-mail 2 as well.

    r2 has the card alone: whose it is cannot be known, so Ann's r2 is out of reach and untold. So
    is r3: its e-mail 3 is Ann's alone, but no record says so, and the card may be anybody's.
    """
    truth: list[Row] = [
        ("contacts", "aster", "c", "ann"),
        *[("orders", "aster", f"r{n}", "ann") for n in (1, 2, 3)],
        ("orders", "aster", "b", "bob"),
    ]
    records: list[Row] = [
        ("aster", "contacts", "c", "x", "contact_id"),
        *[("aster", "orders", name, "x", "loyalty_card_id") for name in ("r1", "r2", "r3", "b")],
    ]
    identity: dict[str, Sequence[Row]] = {
        "records": [
            ("aster", "contacts", "c", None, 10),
            ("aster", "orders", "r1", None, 11),
            ("aster", "orders", "r2", None, 12),
            ("aster", "orders", "r3", None, 13),
            ("aster", "orders", "b", None, 12),
        ],
        "observations": [(10, 2), (10, 1), (11, 1), (11, 2), (12, 1), (13, 1), (13, 3)],
        "identifiers": [(1, True, None), (2, True, None), (3, True, None)],
        "contact_names": [("aster", "c")],
    }
    result = evaluate(make_warehouse(records, identity), make_truth(truth))

    assert result.pairs.claimed == 10
    assert (result.untold, result.pairs.reachable, result.pairs.reachable_found) == (3, 1, 1)
    assert (result.pairs.told_claimed, result.pairs.told_found) == (1, 1)
    assert result.pairs.told_precision == 1


def test_junk_that_links_is_counted(make_warehouse: WarehouseMaker, make_truth: TruthMaker) -> None:
    truth = make_truth(TRUTH)
    pq.write_table(
        pa.table(
            {
                "identifier_type": ["phone", "phone", "email", "email", "email"],
                "identifier_value": ["+420600000002", "+420600000002", "n/a", "a@b.cz", "b@b.cz"],
                "kind": ["shop", "shop", "placeholder", "own", "family_shared"],
            }
        ),
        truth / "identifiers.parquet",
    )
    junk_free: list[Row] = [(11, 1, 1, "email", "a@b.cz"), (12, 2, 2, "email", "b@b.cz")]
    shop: Row = (13, 3, 3, "phone", "+420600000002")

    assert evaluate(make_warehouse(RECORDS), truth).junk is None, "no identity models"
    for nodes, linking in ((junk_free, 0), ([*junk_free, shop, shop], 1)):
        result = evaluate(make_warehouse(RECORDS, {"nodes": nodes}), truth)
        assert (result.junk, result.junk_linking) == (2, linking)


@pytest.mark.parametrize("linked", [[], [(0, 1)]])
def test_nothing_to_link_or_nothing_linked_is_no_error(
    make_warehouse: WarehouseMaker, make_truth: TruthMaker, linked: list[tuple[int, int]]
) -> None:
    people = ["ann", "ann" if linked else "bob"]
    truth: list[Row] = [("orders", "aster", str(n), person) for n, person in enumerate(people)]
    records: list[Row] = [("aster", "orders", str(n), None, None) for n in range(2)]
    result = evaluate(make_warehouse(records), make_truth(truth))

    assert result.pairwise.precision == 1
    assert result.pairwise.recall == (0 if linked else 1)
    assert result.unlinked == 2


def test_output_is_tables_or_json(make_warehouse: WarehouseMaker, make_truth: TruthMaker) -> None:
    result = evaluate(make_warehouse(RECORDS), make_truth(TRUTH, PEOPLE))
    document = json.loads(result.to_json())
    assert document["pairwise"] == {
        "precision": pytest.approx(1 / 3), "recall": 0.25, "f1": pytest.approx(2 / 7)
    }  # fmt: skip
    assert document["over_merged"][0]["customer_id"] == "x"

    console = Console(record=True, width=100, file=io.StringIO())
    print_evaluation(result, console)
    text = console.export_text()
    assert "0.3333" in text
    assert "1 of 3 people are found whole" in text
    assert "x  2 people" in text


def test_mistakes_are_named(
    tmp_path: Path, make_warehouse: WarehouseMaker, make_truth: TruthMaker
) -> None:
    truth = make_truth(TRUTH)
    with pytest.raises(CrossbrandError, match="no warehouse at"):
        evaluate(tmp_path / "none.duckdb", truth)
    with pytest.raises(CrossbrandError, match=r"no .*records\.parquet"):
        evaluate(make_warehouse(RECORDS), tmp_path)
    with pytest.raises(CrossbrandError, match="other landing data"):
        evaluate(make_warehouse([("aster", "orders", "zz", "x", "email")]), truth)
    with pytest.raises(CrossbrandError, match="more than one person"):
        evaluate(make_warehouse(RECORDS), make_truth([*TRUTH, ("orders", "aster", "a1", "bob")]))
    text = tmp_path / "text.duckdb"
    text.write_text("this is no database" * 100)
    with pytest.raises(CrossbrandError, match="cannot be opened"):
        evaluate(text, truth)
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(CrossbrandError, match=r"has no marts\.customer_records"):
        evaluate(empty, truth)


def test_the_warehouse_is_only_read(make_warehouse: WarehouseMaker) -> None:
    warehouse = make_warehouse(RECORDS)
    before = warehouse.read_bytes()
    with open_warehouse(warehouse) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("create table marts.written as select 1 as one")
    assert warehouse.read_bytes() == before


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(0, 5)), min_size=1, max_size=30)
)
def test_equals_the_slow_oracle_on_random_groups(
    make_warehouse: WarehouseMaker,
    make_truth: TruthMaker,
    pairs: list[tuple[int, int | None]],
) -> None:
    """The definitions written out: every pair of records is looked at."""
    truth: list[Row] = [("orders", "b", str(n), f"p{p}") for n, (p, _) in enumerate(pairs)]
    records: list[Row] = [
        ("b", "orders", str(n), None if c is None else f"c{c}", "rule")
        for n, (_, c) in enumerate(pairs)
    ]
    result = evaluate(make_warehouse(records), make_truth(truth))

    def same_person(i: int, j: int) -> bool:
        return pairs[i][0] == pairs[j][0]

    def same_customer(i: int, j: int) -> bool:
        return i == j or (pairs[i][1] is not None and pairs[i][1] == pairs[j][1])

    everyone = range(len(pairs))
    couples = list(itertools.combinations(everyone, 2))
    true = sum(same_person(i, j) for i, j in couples)
    claimed = sum(same_customer(i, j) for i, j in couples)
    found = sum(same_person(i, j) and same_customer(i, j) for i, j in couples)
    assert (result.pairs.true, result.pairs.claimed, result.pairs.found) == (true, claimed, found)

    precision = recall = 0.0
    for i in everyone:
        both = sum(same_person(i, j) and same_customer(i, j) for j in everyone)
        precision += both / sum(same_customer(i, j) for j in everyone)
        recall += both / sum(same_person(i, j) for j in everyone)
    assert result.bcubed.precision == pytest.approx(precision / len(pairs))
    assert result.bcubed.recall == pytest.approx(recall / len(pairs))

    whole = {
        pairs[i][0]
        for i in everyone
        if all(same_person(i, j) == same_customer(i, j) for j in everyone)
        and all(same_customer(i, j) for j in everyone if same_person(i, j))
    }
    assert result.people_whole == len(whole)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60)
    )
))  # fmt: skip
def test_components_equal_a_walk_through_the_graph(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    nodes, edges = graph
    neighbours: dict[int, set[int]] = {node: set() for node in range(nodes)}
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    expected = list(range(nodes))
    for start in range(nodes):
        seen, waiting = {start}, [start]
        while waiting:
            for other in neighbours[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        expected[start] = min(seen)
    left = np.array([a for a, _ in edges], dtype=np.int64)
    right = np.array([b for _, b in edges], dtype=np.int64)
    assert components(nodes, left, right).tolist() == expected
