"""The materialization weakest_cuts against its rule written out slowly, on graphs by the hundred.

The rule stands in the header of macros/materializations/weakest_cuts.sql. One dbt run builds every
graph, packed side by side. Set CROSSBRAND_LONG=1 for ten times as many.
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .tiny_project import TinyProject, make_tiny_project

LONG = os.environ.get("CROSSBRAND_LONG") == "1"
MAX_SIZE = 4
HEADER = f"{{{{ config(materialized='weakest_cuts', max_size={MAX_SIZE}) }}}}"

Pair = tuple[int, int]


@dataclass
class Graph:
    """Nodes are 0 to len(priorities) - 1; edges may repeat, turn round and be loops."""

    priorities: list[int]
    people: list[int]
    counted: list[bool]
    edges: list[Pair] = field(default_factory=list)
    apart: list[Pair] = field(default_factory=list)

    @property
    def nodes(self) -> range:
        return range(len(self.priorities))


def pieces_of(nodes: Iterable[int], edges: Iterable[Pair]) -> list[set[int]]:
    """Connected components by flooding from each node."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for node_a, node_b in edges:
        neighbours[node_a].add(node_b)
        neighbours[node_b].add(node_a)
    pieces: list[set[int]] = []
    for start in nodes:
        if any(start in piece for piece in pieces):
            continue
        piece, open_nodes = {start}, [start]
        while open_nodes:
            for other in neighbours[open_nodes.pop()] - piece:
                piece.add(other)
                open_nodes.append(other)
        pieces.append(piece)
    return pieces


def fits(graph: Graph, piece: set[int]) -> bool:
    """Whether a piece may stay as it is."""
    is_small = sum(graph.counted[node] for node in piece) <= MAX_SIZE
    return is_small and not any(a != b and {a, b} <= piece for a, b in graph.apart)


def cuts_of(graph: Graph) -> dict[Pair, str]:
    """The edges that the rule leaves out, with the reason, one component at a time."""
    cuts: dict[Pair, str] = {}
    for component in pieces_of(graph.nodes, graph.edges):
        if fits(graph, component):
            continue
        is_large = sum(graph.counted[node] for node in component) > MAX_SIZE
        edges = {edge for edge in graph.edges if edge[0] in component}
        ranked = sorted(
            component, key=lambda node: (graph.priorities[node], graph.people[node], node)
        )
        for kept_count in range(len(ranked), -1, -1):
            kept = set(ranked[:kept_count])
            kept_edges = [edge for edge in edges if set(edge) <= kept]
            pieces = pieces_of(kept, kept_edges)
            if all(fits(graph, piece) for piece in pieces):
                break

        # Each loose node that sees one piece only is its candidate, in the order of rank.
        home = {node: place for place, piece in enumerate(pieces) for node in piece}
        candidates: dict[int, list[int]] = defaultdict(list)
        for node in ranked[kept_count:]:
            others = {b if a == node else a for a, b in edges if node in (a, b)}
            seen = {home[other] for other in others & kept}
            if len(seen) == 1:
                candidates[seen.pop()].append(node)
        for place, waiting in candidates.items():
            counted = sum(graph.counted[node] for node in pieces[place])
            for rank, node in enumerate(waiting):
                company = pieces[place] | set(waiting[:rank])
                if any(
                    a != b and node in (a, b) and {a, b} - {node} <= company for a, b in graph.apart
                ):
                    continue
                if graph.counted[node]:
                    if counted == MAX_SIZE:
                        continue
                    counted += 1
                home[node] = place
        for edge in edges:
            loose = [node for node in edge if node not in home]
            if edge[0] != edge[1] and (loose or home[edge[0]] != home[edge[1]]):
                cuts[edge] = "too_many_identifiers" if is_large else "never_link"
    return cuts


@st.composite
def random_graph(draw: st.DrawFn) -> Graph:
    """Up to twelve nodes, so that components often break the bound of four."""
    size = draw(st.integers(2, 12))
    node = st.integers(0, size - 1)
    small = st.integers(1, 3)
    return Graph(
        priorities=draw(st.lists(small, min_size=size, max_size=size)),
        people=draw(st.lists(small, min_size=size, max_size=size)),
        counted=draw(st.lists(st.sampled_from([True, True, False]), min_size=size, max_size=size)),
        edges=draw(st.lists(st.tuples(node, node), min_size=1, max_size=18)),
        apart=draw(st.lists(st.tuples(node, node), max_size=3)),
    )


# Worked by hand: what each is for, the graph, and the edges that must go.
STORIES: dict[str, tuple[Graph, set[Pair]]] = {
    "the weakest of five loses its link": (
        Graph([1, 2, 2, 2, 3], [1] * 5, [True] * 5, [(0, 1), (0, 2), (0, 3), (0, 4)]),
        {(0, 4)},
    ),
    "four fit": (Graph([1] * 4, [1] * 4, [True] * 4, [(0, 1), (1, 2), (2, 3)]), set()),
    "vouchers are not counted": (
        Graph([1] * 6, [1] * 6, [True] * 3 + [False] * 3, [(0, node) for node in range(1, 6)]),
        set(),
    ),
    # The steward's pair hangs together through node 0: node 2 must not slip back to it.
    "a pair kept apart is not joined again through a third": (
        Graph([1, 2, 3], [1] * 3, [True] * 3, [(0, 1), (0, 2)], [(1, 2)]),
        {(0, 2)},
    ),
    "of two candidates kept apart the stronger is taken": (
        Graph(
            [1, 1, 2, 3, 4, 5],
            [1] * 6,
            [True] * 6,
            [(0, 2), (1, 2), (0, 3), (0, 4), (0, 5)],
            [(0, 1), (3, 4)],
        ),
        {(0, 2), (1, 2), (0, 4)},
    ),
    "a piece with room takes a counted node back": (
        Graph([1, 1, 1, 1, 2, 3], [1] * 6, [True] * 6, [(0, 1), (2, 3), (1, 4), (2, 4), (3, 5)]),
        {(1, 4), (2, 4)},
    ),
}


def pack(graphs: Sequence[Graph], chance: random.Random | None = None) -> pa.Table:
    """All graphs as one input; graph number n has the nodes from 100 n on."""
    rows: list[dict[str, object]] = []
    for place, graph in enumerate(graphs):
        for node in graph.nodes:
            rows.append(
                {
                    "kind": "node",
                    "node_a": 100 * place + node,
                    "priority": graph.priorities[node],
                    "people_count": graph.people[node],
                    "node_key": f"{place:06}|{node:02}",
                    "is_counted": graph.counted[node],
                }
            )
        for kind, pairs in (("edge", graph.edges), ("apart", graph.apart)):
            rows += [
                {"kind": kind, "node_a": 100 * place + a, "node_b": 100 * place + b}
                for a, b in pairs
            ]
    if chance is not None:
        chance.shuffle(rows)
    schema = pa.schema(
        {
            "kind": pa.string(),
            "node_a": pa.int64(),
            "node_b": pa.int64(),
            "priority": pa.int32(),
            "people_count": pa.int64(),
            "node_key": pa.string(),
            "is_counted": pa.bool_(),
        }
    )
    return pa.Table.from_pylist(rows, schema=schema)


@dataclass
class World:
    """The project after its one run, and the graphs that went into it."""

    project: TinyProject
    graphs: list[Graph]

    def cuts(self, name: str = "cuts") -> list[dict[Pair, str]]:
        """What the materialization cut, graph by graph."""
        cuts: list[dict[Pair, str]] = [{} for _ in self.graphs]
        for node_a, node_b, reason in self.project.rows(name, "node_a, node_b, cut_reason"):
            assert isinstance(node_a, int)
            assert isinstance(node_b, int)
            place = node_a // 100
            pair = (node_a - 100 * place, node_b - 100 * place)
            assert pair not in cuts[place], f"{pair} of graph {place} is cut twice"
            cuts[place][pair] = str(reason)
        return cuts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stories and the first graphs that hypothesis would try, cut in one dbt run."""
    graphs = [graph for graph, _ in STORIES.values()]

    @settings(
        max_examples=10_000 if LONG else 1000,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_graph())
    def collect(graph: Graph) -> None:
        graphs.append(graph)

    collect()
    project = make_tiny_project(
        Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("cuts") / "project"
    )
    packed = pack(graphs)
    project.add_model("cuts", packed, HEADER)
    project.add_model("cuts_shuffled", pack(graphs, random.Random(3)), HEADER)
    project.add_model("no_rows", packed.slice(0, 0), HEADER)
    stranger = pack([Graph([1], [1], [True], [(0, 7)])])
    project.add_model("edge_to_a_stranger", stranger, HEADER)
    project.add_model("node_twice", pa.concat_tables([stranger.slice(0, 1)] * 2), HEADER)
    project.add_model("no_room", packed, HEADER.replace(f"max_size={MAX_SIZE}", "max_size=0"))
    project.run()
    return World(project, graphs)


def test_stories(world: World) -> None:
    found = dict(zip(STORIES, world.cuts(), strict=False))
    assert {story: set(cuts) for story, cuts in found.items()} == {
        story: expected for story, (_, expected) in STORIES.items()
    }


def test_random_graphs_are_cut_by_the_rule(world: World) -> None:
    expected = [cuts_of(graph) for graph in world.graphs]
    reasons = Counter(reason for cuts in expected for reason in cuts.values())
    assert min(reasons["too_many_identifiers"], reasons["never_link"]) > 100, reasons
    for graph, cuts, rule in zip(world.graphs, world.cuts(), expected, strict=True):
        assert cuts == rule, graph


def test_what_is_left_fits(world: World) -> None:
    for graph, cuts in zip(world.graphs, world.cuts(), strict=True):
        left = [edge for edge in graph.edges if edge not in cuts]
        for piece in pieces_of(graph.nodes, left):
            assert fits(graph, piece), (graph, piece)


def test_components_within_bounds_are_not_touched(world: World) -> None:
    untouched = 0
    for graph, cuts in zip(world.graphs, world.cuts(), strict=True):
        for component in pieces_of(graph.nodes, graph.edges):
            if fits(graph, component):
                untouched += len(component) > 1
                assert not any(edge[0] in component for edge in cuts), (graph, component)
    assert untouched > 100, "too few to prove anything"


def test_order_of_rows_changes_nothing(world: World) -> None:
    assert world.project.rows("cuts_shuffled") == world.project.rows("cuts")


def test_an_empty_graph_has_no_cuts(world: World) -> None:
    assert world.project.rows("no_rows") == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("edge_to_a_stranger", "1 ends of edges have no row of kind node"),
        ("node_twice", "1 nodes have more than one row of kind node"),
        ("no_room", "max_size is 0"),
    ],
)
def test_a_broken_graph_fails_and_says_why(world: World, name: str, message: str) -> None:
    assert message in (world.project.error(name) or "")
