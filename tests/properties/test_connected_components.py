"""The materialization connected_components against union-find, on graphs by the hundred.

One dbt run builds every graph: the random ones are packed side by side into one table each, with
nodes of their own, so that a failure still names its graph. Set CROSSBRAND_LONG=1 for ten times
as many.
"""

from __future__ import annotations

import math
import os
import random
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .tiny_project import TinyProject, make_tiny_project

LONG = os.environ.get("CROSSBRAND_LONG") == "1"
HEADER = "{{ config(materialized='connected_components') }}"
MILLION = 1_000_000
STAR = 100_000

# Real pairs of phones that DuckDB's own hash() gives one number: a materialization that numbered
# nodes with it would fail on them, or join two strangers.
ALIKE = (
    ("phone|controller_a|+420869011274649", "phone|controller_a|+420369011271649"),
    ("phone|controller_a|+420117897320177", "phone|controller_a|+420617897325177"),
    ("email|b28486b729@example.com", "email|788486b7e3@example.com"),
)
# Texts that a careless comparison takes for one another, or for nothing.
ODD_TEXTS = (
    "",
    " ",
    "a",
    "A",
    "a ",
    "á",
    "a\u0301",
    "null",
    "NULL",
    "'",
    '"',
    "\\",
    "0",
    "00",
    "ß",
    "日本",
)

Edges = list[tuple[int, int]]


def union_find(edges: Iterable[tuple[Hashable, Hashable]]) -> frozenset[frozenset[Hashable]]:
    """The components as sets of nodes, the slow and obvious way."""
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for node_a, node_b in edges:
        parent[root(node_a)] = root(node_b)
    groups: dict[Hashable, set[Hashable]] = defaultdict(set)
    for node in list(parent):
        groups[root(node)].add(node)
    return frozenset(frozenset(group) for group in groups.values())


def partition(rows: Sequence[tuple[object, ...]]) -> frozenset[frozenset[Hashable]]:
    """The same from the rows node_id, component_id; each node once, numbers named by the least."""
    groups: dict[Hashable, set[Hashable]] = defaultdict(set)
    for node, component in rows:
        groups[component].add(node)
    assert sum(map(len, groups.values())) == len(rows), "a node has more than one row"
    for component, nodes in groups.items():
        if all(isinstance(node, int) for node in nodes):
            assert component == min(nodes), f"{component!r} is not the least node"  # type: ignore[type-var]
    return frozenset(frozenset(nodes) for nodes in groups.values())


@st.composite
def random_graph(draw: st.DrawFn) -> Edges:
    """A graph of up to twenty nodes: dense, sparse, chains, loops and repeats as they come."""
    size = draw(st.integers(1, 20))
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    return draw(st.lists(ends, min_size=1, max_size=30))


def draw_graphs(count: int) -> list[Edges]:
    """The first `count` graphs that hypothesis would try, the same in every run."""
    graphs: list[Edges] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_graph())
    def collect(edges: Edges) -> None:
        graphs.append(edges)

    collect()
    return graphs


def pack(graphs: Sequence[Edges]) -> Edges:
    """All graphs side by side; graph number n has the nodes from 100 n on."""
    return [
        (a + 100 * place, b + 100 * place) for place, edges in enumerate(graphs) for a, b in edges
    ]


def star_of(size: int) -> Edges:
    return [(0, leaf) for leaf in range(1, size + 1)]


def upside_down_tree(depth: int) -> Edges:
    """A binary tree whose parents have the greater numbers: few nodes fall in a round."""
    top = 2 ** (depth + 1)
    return [(top - node, top - node // 2) for node in range(2, top)]


@dataclass
class World:
    """The project after its one run, and what went into it."""

    project: TinyProject
    graphs: list[Edges] = field(default_factory=list)
    edges: dict[str, list[tuple[Hashable, Hashable]]] = field(default_factory=dict)

    def add(
        self, name: str, edges: Sequence[tuple[Hashable, Hashable]], data_type: pa.DataType
    ) -> None:
        self.edges[name] = list(edges)
        ends = list(zip(*edges, strict=True)) or [(), ()]
        columns = {"node_a": pa.array(ends[0], data_type), "node_b": pa.array(ends[1], data_type)}
        self.project.add_model(name, pa.table(columns), HEADER)

    def add_chain(self, name: str, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        columns = {"node_a": pa.array(numbers[:-1]), "node_b": pa.array(numbers[1:])}
        self.project.add_model(name, pa.table(columns), HEADER)

    def components(self, name: str) -> frozenset[frozenset[Hashable]]:
        return partition(self.project.rows(name))


SHAPES: dict[str, Edges] = {
    "chain_of_3": [(1, 2), (2, 3)],
    "chain_of_200": [(place, place + 1) for place in range(199)],
    "chain_of_200_backwards": [(place + 1, place) for place in reversed(range(199))],
    "diamond": [(1, 2), (1, 3), (2, 4), (3, 4)],
    "fan_in": [(leaf, 9) for leaf in range(9)],
    "fan_out": [(0, leaf) for leaf in range(1, 9)],
    "disjoint": [(0, 1), (2, 3), (4, 5), (6, 6)],
    "circular": [(place, (place + 1) % 7) for place in range(7)],
    "lone_nodes": [(5, 5), (6, 6), (6, 6)],
    "negative_and_extreme": [(-(2**63), 2**63 - 1), (2**63 - 1, 0), (-1, -2)],
    "upside_down_tree": upside_down_tree(15),
    "star": star_of(STAR),
    "star_with_the_greatest_hub": [(STAR, leaf) for leaf in range(STAR)],
}


def text_of(node: int) -> str:
    """A text for a packed node: an odd one now and then, else an identifier as they look."""
    graph, place = divmod(node, 100)
    if place < len(ODD_TEXTS) and graph == 0:
        return ODD_TEXTS[place]
    return f"email|person.{graph}.{place}@example.com"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Every graph of this module, built in one dbt run."""
    project = make_tiny_project(
        Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("components") / "project"
    )
    chance = random.Random(11)
    world = World(project, draw_graphs(3000 if LONG else 300))
    number, text = pa.int64(), pa.string()

    packed = pack(world.graphs)
    world.add("packed", packed, number)
    shuffled = packed.copy()
    chance.shuffle(shuffled)
    world.add("packed_shuffled", shuffled, number)
    world.add("packed_doubled", packed + shuffled, number)
    world.add("packed_swapped", [(b, a) for a, b in packed], number)
    new_numbers = sorted({node for edge in packed for node in edge})
    chance.shuffle(new_numbers)
    renamed = dict(zip(sorted(new_numbers), new_numbers, strict=True))
    world.add("packed_renamed", [(renamed[a], renamed[b]) for a, b in packed], number)
    lessened = [list(edges) for edges in world.graphs]
    for edges in lessened:
        edges.pop(chance.randrange(len(edges)))
    world.add("packed_lessened", pack(lessened), number)
    world.add("packed_small", [(a % 30_000, b % 30_000) for a, b in packed], pa.int16())
    world.add("packed_text", [(text_of(a), text_of(b)) for a, b in packed], text)
    world.add("packed_mixed", packed, number)
    mixed = "select node_a, cast(node_b as varchar) as node_b from ({})"
    path = project.folder / "models" / "packed_mixed.sql"
    query = path.read_text("utf-8").replace(HEADER, "")
    path.write_text(f"{HEADER}\n{mixed.format(query)}", encoding="utf-8")

    for name, shape in SHAPES.items():
        world.add(name, shape, number)
    world.add("alike", [(node, node) for pair in ALIKE for node in pair], text)
    world.add("no_numbers", [], number)
    world.add("no_texts", [], text)
    world.add("null_end", [(1, 2), (3, None), (None, 4)], number)
    world.add("colliding", [("ab", "cd"), ("e", "e")], text)

    order = np.arange(MILLION, dtype=np.int64)
    world.add_chain("million_ordered", order)
    world.add_chain("million_reversed", order[::-1].copy())
    world.add_chain("million_shuffled", np.random.default_rng(5).permutation(order))

    weaken_hash(project, "colliding")
    project.run()
    return world


def weaken_hash(project: TinyProject, model: str) -> None:
    """Number the nodes of one model by the length of their name, so that some must collide."""
    path = project.macros / "cross_db" / "hash_bigint.sql"
    source = path.read_text(encoding="utf-8")
    strong, count = re.subn(r"macro duckdb__hash_bigint", "macro strong_hash_bigint", source)
    assert count == 1, "the macro has another name now"
    weak = (
        "{% macro duckdb__hash_bigint(expression) -%}{% if model.name == '" + model + "' %}"
        "cast(length({{ expression }}) as bigint)"
        "{% else %}{{ strong_hash_bigint(expression) }}{% endif %}{%- endmacro %}\n"
    )
    path.write_text(strong + "\n" + weak, encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "packed",
        "packed_shuffled",
        "packed_doubled",
        "packed_swapped",
        "packed_renamed",
        "packed_lessened",
        "packed_small",
        "packed_text",
    ],
)
def test_random_graphs_have_the_components_of_union_find(world: World, name: str) -> None:
    expected = union_find(world.edges[name])
    found = world.components(name)
    # Small numbers are used again and again, which joins graphs that had nothing in common.
    enough = 150 if name == "packed_small" else len(world.graphs) // 2
    assert len(expected) > enough, "too few components to prove anything"
    assert found == expected, f"differ: {list(found ^ expected)[:3]}"


def test_a_number_and_its_text_are_one_node(world: World) -> None:
    expected = union_find((str(a), str(b)) for a, b in world.edges["packed_mixed"])
    assert world.components("packed_mixed") == expected


@pytest.mark.parametrize("name", ["packed_shuffled", "packed_doubled", "packed_swapped"])
def test_order_repeats_and_direction_change_no_row(world: World, name: str) -> None:
    assert world.project.rows(name) == world.project.rows("packed")


def test_renamed_nodes_have_the_same_partition(world: World) -> None:
    before, after = world.edges["packed"], world.edges["packed_renamed"]
    back = {
        new: old
        for edge, edge_after in zip(before, after, strict=True)
        for old, new in zip(edge, edge_after, strict=True)
    }
    renamed_back = {
        frozenset(back[node] for node in nodes) for nodes in world.components("packed_renamed")
    }
    assert renamed_back == world.components("packed")


def test_an_edge_removed_splits_its_graph_and_no_other(world: World) -> None:
    """Graphs that lose no component by it keep every row; some do split."""
    before = {row[0]: row[1] for row in world.project.rows("packed")}
    after = {row[0]: row[1] for row in world.project.rows("packed_lessened")}
    lessened = world.edges["packed_lessened"]
    splits = 0
    for place, edges in enumerate(world.graphs):
        own = range(100 * place, 100 * place + 100)
        kept = [edge for edge in lessened if edge[0] in own]
        whole = [(a + 100 * place, b + 100 * place) for a, b in edges]
        if union_find(kept) == union_find(whole):
            assert [before.get(node) for node in own] == [after.get(node) for node in own]
        else:
            splits += 1
    assert splits > 10, "no edge mattered: the test proves nothing"


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(world: World, name: str) -> None:
    assert world.components(name) == union_find(world.edges[name])


@pytest.mark.parametrize("name", ["million_ordered", "million_reversed", "million_shuffled"])
def test_a_chain_of_a_million_is_one_component(world: World, name: str) -> None:
    totals = "count(*), count(distinct node_id), count(distinct component_id), min(component_id)"
    assert world.project.rows(name, totals) == [(MILLION, MILLION, 1, 0)]


@pytest.mark.parametrize(
    "name",
    ["packed", "packed_text", *SHAPES, "million_ordered", "million_reversed", "million_shuffled"],
)
def test_rounds_grow_with_the_logarithm(world: World, name: str) -> None:
    """The proof allows 2 log2(nodes) + 2 log5/3(edges) + 2; what is seen is log2(nodes) + 2."""
    [(nodes,)] = world.project.rows(name, "count(*)")
    assert isinstance(nodes, int)
    assert world.project.rounds(name) <= math.log2(nodes) + 2


def test_look_alikes_are_different_nodes(world: World) -> None:
    assert world.components("alike") == union_find(world.edges["alike"])


@pytest.mark.parametrize(("name", "data_type"), [("no_numbers", "BIGINT"), ("no_texts", "VARCHAR")])
def test_no_edge_gives_no_row_of_the_usual_types(world: World, name: str, data_type: str) -> None:
    assert world.project.rows(name) == []
    assert world.project.types(name) == {"node_id": data_type, "component_id": "BIGINT"}


def test_a_null_end_fails_and_says_what_to_do(world: World) -> None:
    error = world.project.error("null_end") or ""
    assert "null_end: 2 edges have a null end" in error
    assert "filter them in the model" in error


def test_a_collision_fails_and_says_what_to_do(world: World) -> None:
    error = world.project.error("colliding") or ""
    assert "colliding: 1 node numbers stand for two different nodes" in error
    assert "integer nodes" in error
