"""The second stage of the stitching, from a proposals file made by hand to customers.

Splink is not needed: what it would write is written here. One copy of the project is built with the
switch off and on over the same contact records, each pair of which tells one story.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand.probabilistic import CANDIDATES_FILE, CANDIDATES_SCHEMA, components

from .project_copy import ProjectCopy

# Two brands of one controller and one of another, by seeds/brands.csv.
BRAND, SISTER, STRANGER = "aster", "birch", "cedar"

# Contact: brand, id, e-mail.
CONTACTS = [
    (BRAND, "over-1", "over1@example.com"),
    (SISTER, "over-2", "over2@example.com"),
    (BRAND, "below-1", "below1@example.com"),
    (BRAND, "below-2", "below2@example.com"),
    (BRAND, "foreign-1", "foreign1@example.com"),
    (STRANGER, "foreign-2", "foreign2@example.com"),
    (BRAND, "apart-1", "apart1@example.com"),
    (BRAND, "apart-2", "apart2@example.com"),
    # Two who may each be a third, and of whom a steward said that they are not one.
    (BRAND, "chain-1", "chain1@example.com"),
    (BRAND, "chain-2", "chain2@example.com"),
    (BRAND, "chain-3", "chain3@example.com"),
    (BRAND, "names-1", "names1@example.com"),
    (BRAND, "names-2", "names2@example.com"),
    (BRAND, "certain-1", "certain@example.com"),
    (SISTER, "certain-2", "certain@example.com"),
    # Each side fits, both together have more identifiers than a customer may have.
    (BRAND, "large-1", "large@example.com"),
    *((BRAND, f"large-{number}", "large@example.com") for number in range(2, 5)),
    (BRAND, "small-1", "small1@example.com"),
]
MAX_IDENTIFIERS = 6

# Proposal: two contacts, weight, contradiction.
PROPOSALS = [
    ("over-1", "over-2", 10.0, None),
    ("below-1", "below-2", 9.9999, None),
    ("foreign-1", "foreign-2", 30.0, None),
    ("apart-1", "apart-2", 30.0, None),
    ("chain-1", "chain-2", 30.0, None),
    ("chain-2", "chain-3", 30.0, None),
    ("names-1", "names-2", 30.0, "contradicting_names"),
    ("certain-1", "certain-2", 30.0, None),
    ("large-1", "small-1", 30.0, None),
    ("over-1", "gone-1", 30.0, None),
]

# Never_link by e-mail, while the proposals name the contacts: what counts is the customer.
DECISIONS = [("apart1", "apart2"), ("chain1", "chain3")]


def key_of(contact_id: str) -> str:
    """The node of a contact record."""
    brand = next((brand for brand, name, _ in CONTACTS if name == contact_id), BRAND)
    return f"contact_id|{brand}|{contact_id}"


def write_contacts(landing: Path) -> None:
    for brand in sorted({brand for brand, _, _ in CONTACTS}):
        folder = landing / "contacts" / f"brand={brand}" / "load_date=2025-06-01"
        folder.mkdir(parents=True)
        rows = [
            {"contact_id": name, "email": email, "updated_at": "2025-05-01T10:00:00Z"}
            for of_brand, name, email in CONTACTS
            if of_brand == brand
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / "contacts.parquet")


def write_proposals(landing: Path) -> None:
    rows: list[dict[str, Any]] = []
    for left, right, weight, contradiction in PROPOSALS:
        key_a, key_b = sorted((key_of(left), key_of(right)))
        rows.append(
            {
                "node_key_a": key_a,
                "node_key_b": key_b,
                "match_weight": Decimal(str(weight)),
                "match_probability": Decimal("0.99900000"),
                **{
                    f"{name}_weight": Decimal("2.0000")
                    for name in ("given_name", "surname", "birth_date", "street", "postal_code")
                },
                "contradiction": contradiction,
                "parameters_hash": "by hand",
            }
        )
    path = landing / CANDIDATES_FILE
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=CANDIDATES_SCHEMA), path)


def write_decisions(seed: Path) -> None:
    with seed.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for left, right in DECISIONS:
            writer.writerow(
                {
                    "decision": "never_link",
                    "identifier_type_a": "email",
                    "scope_id_a": "alder_group",
                    "identifier_value_a": f"{left}@example.com",
                    "identifier_type_b": "email",
                    "scope_id_b": "alder_group",
                    "identifier_value_b": f"{right}@example.com",
                    "decided_by": "steward",
                    "decided_at": dt.datetime(2025, 6, 1).isoformat(sep=" "),
                    "why": "two people",
                }
            )


SECOND_STAGE = (
    "int_identity__proposals+,+identity_candidates",
    "int_identity__certain_components+,+identity_candidates",
)
ASSERTIONS = (
    "assert_every_component_is_connected",
    "assert_never_linked_stay_apart",
    "assert_no_edge_crosses_customers",
    "assert_no_link_across_controllers_without_consent",
    "test_type:generic,path:models/intermediate/identity/probabilistic",
)


# The switch is off in the project as it comes, so switched off is without any variables.
SWITCHED_ON = (
    "--vars",
    "{probabilistic_linking: true, probabilistic_match_weight: 10, "
    f"max_identifiers_per_customer: {MAX_IDENTIFIERS}}}",
    "--target-path",
    "switched_on",
)


class World(ProjectCopy):
    """A copy of the project over the contacts and the proposals, built when it is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        write_contacts(self.landing)
        write_decisions(self.project / "seeds" / "identity_decisions.csv")

    def build(
        self, *options: str, select: Sequence[str] = SECOND_STAGE, tests: Sequence[str] = ()
    ) -> dict[str, str]:
        """Customers by contact after a build; by default of what the switch can change.

        `empty`: of the tests only those that are named.
        """
        outcome = self.succeed(
            "build", *options, "--indirect-selection", "empty", "--select", *select, *tests,
            "--exclude-resource-type", "unit_test",
        )  # fmt: skip
        assert outcome.counts["test"] >= len(tests), "a test that was named did not run"
        rows = self.query(
            "select identifier_value, customer_id from intermediate.int_identity__customer_nodes "
            "where identifier_type = 'contact_id'"
        )
        return {str(name): str(customer) for name, customer in rows}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def reasons(self) -> dict[str, str | None]:
        """Why each candidate is not linked, by its least contact; null where it is."""
        rows = self.query(
            "select least(identifier_value_a, identifier_value_b), is_linked, unlinked_reason "
            "from marts.identity_candidates"
        )
        assert all(is_linked == (reason is None) for _, is_linked, reason in rows)
        return {name: reason for name, _, reason in rows}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Customers and candidates of three builds: no proposals, switched off, switched on."""
    world = World(tmp_path_factory.mktemp("probabilistic") / "project")
    found: dict[str, Any] = {}
    everything = ["+identity_candidates"]
    found["none"] = (world.build(*SWITCHED_ON, select=everything), world.reasons())
    write_proposals(world.landing)
    found["off"] = (world.build(), world.reasons())
    found["on"] = (world.build(*SWITCHED_ON, tests=ASSERTIONS), world.reasons())
    found["links"] = world.query(
        "select link_rule, evidence from intermediate.int_identity__edges "
        "where link_rule = 'probabilistic'"
    )
    return found


def test_without_a_proposals_file_nothing_changes(builds: dict[str, Any]) -> None:
    customers, reasons = builds["none"]
    assert reasons == {}
    assert len(set(customers.values())) == 16
    assert customers == builds["off"][0]


def test_switched_off_it_only_proposes(builds: dict[str, Any]) -> None:
    reasons = builds["off"][1]
    assert set(reasons.values()) == {"switched_off"}
    assert "over-1" in reasons


def test_at_the_threshold_a_pair_is_one_customer(builds: dict[str, Any]) -> None:
    customers, reasons = builds["on"]
    assert reasons["over-1"] is None
    assert customers["over-1"] == customers["over-2"]
    assert builds["links"] == [("probabilistic", "match_weight 10.0000")]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("below-1", "below-2"), "below_threshold"),
        (("apart-1", "apart-2"), "never_link"),
        (("names-1", "names-2"), "contradicting_names"),
        (("large-1", "small-1"), "too_many_identifiers"),
        (("chain-1", "chain-2"), "never_link"),
        (("chain-2", "chain-3"), "never_link"),
    ],
)
def test_what_may_not_link_is_only_proposed(
    builds: dict[str, Any], pair: tuple[str, str], reason: str
) -> None:
    customers, reasons = builds["on"]
    assert reasons[pair[0]] == reason
    assert customers[pair[0]] != customers[pair[1]]


def test_never_across_controllers(builds: dict[str, Any]) -> None:
    customers, reasons = builds["on"]
    assert "foreign-1" not in reasons
    assert customers["foreign-1"] != customers["foreign-2"]


def test_what_exact_identifiers_join_is_no_candidate(builds: dict[str, Any]) -> None:
    customers, reasons = builds["on"]
    assert "certain-1" not in reasons
    assert customers["certain-1"] == customers["certain-2"]


def test_everybody_else_keeps_their_id(builds: dict[str, Any]) -> None:
    off, on = builds["off"][0], builds["on"][0]
    assert {name for name in off if off[name] != on[name]} <= {"over-1", "over-2"}
    assert on["over-1"] in {off["over-1"], off["over-2"]}


def test_components_against_flooding() -> None:
    """The numpy components that the verb uses, on random graphs and a path in bad order."""
    chance = np.random.default_rng(5)
    for _ in range(200):
        node_a, node_b = chance.integers(0, 40, (2, chance.integers(1, 40)))
        root = {int(node): int(node) for node in np.concatenate([node_a, node_b])}
        for _ in range(len(root)):
            for left, right in zip(node_a.tolist(), node_b.tolist(), strict=True):
                root[left] = root[right] = min(root[left], root[right])
        nodes, found = components(node_a, node_b)
        assert dict(zip(nodes.tolist(), found.tolist(), strict=True)) == root
    path = chance.permutation(3000)
    assert set(components(path[:-1], path[1:])[1].tolist()) == {0}
