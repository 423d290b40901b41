"""The families of graphs: each is what its name says, and every graph algorithm can be given each."""

from __future__ import annotations

import inspect
import itertools
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from scipy import stats
from scipy.spatial import Delaunay

import nar_bench
from nar_bench.compiler import compile_driver, source_hash
from nar_bench.data.delaunay import triangulation_edges
from nar_bench.data.generate import shift_axes
from nar_bench.data.graphs import FAMILIES, components_of, connected_edges_of, edges_of
from nar_bench.data.random import Stream, sample_key
from nar_bench.errors import UnknownName
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry


def compiled(function):
    """Return a function of the same parameters that calls `function` compiled."""
    given, name = ", ".join(inspect.signature(function).parameters), f"call_{source_hash([function])}"
    return compile_driver(f"def {name}({given}):\n    return part({given})", name, {"part": function})


DRAW, DRAW_CONNECTED, TRIANGULATE = map(compiled, (edges_of, connected_edges_of, triangulation_edges))
CONNECTED = {"watts_strogatz", "delaunay", "grid", "path", "tree", "caterpillar", "barbell", "power_law"}
TREES = {"path", "tree", "caterpillar"}
NAMES = [entry.name for entry in registry().entries(Kind.ALGORITHM) if entry.source.is_own]
WITH_FAMILY = [name for name in NAMES if "family" in shift_axes(nar_bench.algorithm(name))]


def rng(index: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array([sample_key(np.uint64(7), np.uint64(index)), 0], np.uint64)


def draw(family: str, n: int, p: float = 0.3, index: int = 0) -> nx.Graph:
    edges = DRAW(rng(index), FAMILIES.index(family), n, p)
    graph = nx.empty_graph(n)
    graph.add_edges_from(edges.tolist())
    assert edges.shape == (graph.number_of_edges(), 2), "an edge is given twice"
    assert nx.number_of_selfloops(graph) == 0
    assert len(graph) == n
    return graph


def sizes_of(family: str) -> tuple[int, ...]:
    # A ring of 6 to 10 nodes may be so full that no edge is left to be rewired to.
    return (1, 2, 3, 4, 5, 20, 47) if family == "watts_strogatz" else (1, 2, 3, 4, 5, 6, 9, 17, 40)


@pytest.mark.parametrize("family", FAMILIES)
def test_graphs_are_simple_and_connected_where_they_should_be(family: str) -> None:
    for n, index in itertools.product(sizes_of(family), range(10)):
        graph = draw(family, n, index=index)
        assert components_of(n, np.array(graph.edges, int).reshape(-1, 2)) == nx.number_connected_components(graph)
        if family in CONNECTED:
            assert nx.is_connected(graph)
        if family in TREES:
            assert graph.number_of_edges() == n - 1


def test_a_walk_of_rewirings_ends_where_a_node_knows_all_others() -> None:
    class Limited(np.ndarray):
        """Random numbers that run out."""

        def __setitem__(self, at, value):
            assert value < 5000, "the search for a node to rewire to does not end"
            super().__setitem__(at, value)

    with np.errstate(over="ignore"):
        for n, index in itertools.product((6, 7, 8, 10), range(40)):
            edges_of(rng(index).view(Limited), FAMILIES.index("watts_strogatz"), n, 0.5)


@pytest.mark.parametrize("n", [3, 4, 5, 10, 57, 300])
def test_triangulations_are_scipys(n: int) -> None:
    for index in range(20 if n < 100 else 3):
        x, y = Stream(3, index).uniform(2, n)
        triangles = Delaunay(np.stack([x, y], axis=1)).simplices
        expected = {tuple(sorted(pair)) for t in triangles.tolist() for pair in itertools.combinations(t, 2)}
        found = TRIANGULATE(x, y)
        assert {tuple(sorted(edge)) for edge in found.tolist()} == expected
        assert len(found) == len(expected)


def test_delaunay_graphs_are_planar_with_a_hull() -> None:
    for index in range(10):
        graph = draw("delaunay", 30, index=index)
        assert nx.check_planarity(graph)[0]
        # 3 n - 3 - h edges, h of them on the hull.
        assert 3 * 30 - 3 - 15 <= graph.number_of_edges() <= 3 * 30 - 6


def test_trees_are_uniform() -> None:
    counts = Counter(frozenset(map(frozenset, draw("tree", 4, index=index).edges)) for index in range(3200))
    assert len(counts) == 16
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3
    # Random attachment, the usual mistake, makes paths and stars with other odds.
    attached = Counter()
    for index in range(3200):
        one, other, *labels = (Stream(5, index).uniform(6) * [2, 3, 1, 1, 1, 1]).tolist()
        name = np.argsort(labels).tolist()
        attached[frozenset(frozenset((name[u], name[v])) for u, v in ((0, 1), (int(one), 2), (int(other), 3)))] += 1
    assert stats.chisquare(list(attached.values())).pvalue < 1e-3


def test_grids_paths_and_barbells_are_networkxs() -> None:
    for n, rows, columns in ((9, 3, 3), (12, 3, 4), (16, 4, 4), (6, 2, 3)):
        assert nx.is_isomorphic(draw("grid", n), nx.grid_2d_graph(rows, columns))
    for n in (1, 2, 3, 8, 15):
        assert nx.is_isomorphic(draw("path", n), nx.path_graph(n))
    for n in (9, 12, 10, 17):
        bell = n // 3
        assert nx.is_isomorphic(draw("barbell", n), nx.barbell_graph(bell, n - 2 * bell))
    big = draw("barbell", 300)
    assert max(dict(big.degree).values()) == 64


def test_a_short_last_row_of_a_grid_hangs_on_the_row_above() -> None:
    whole = nx.grid_2d_graph(4, 4)
    whole.remove_nodes_from([(3, 2), (3, 3)])
    assert nx.is_isomorphic(draw("grid", 14), whole)


def test_caterpillars_have_a_spine() -> None:
    for index, n in itertools.product(range(5), (5, 12, 31)):
        graph = draw("caterpillar", n, index=index)
        graph.remove_nodes_from([v for v in list(graph) if graph.degree[v] == 1])
        assert len(graph) <= (n + 1) // 2
        assert not len(graph) or nx.is_isomorphic(graph, nx.path_graph(len(graph)))


def test_rewired_rings_keep_their_number_of_edges() -> None:
    halves = set()
    for index in range(40):
        graph = draw("watts_strogatz", 30, index=index)
        half, rest = divmod(graph.number_of_edges(), 30)
        assert rest == 0
        halves.add(half)
        assert not nx.is_isomorphic(graph, nx.circulant_graph(30, range(1, half + 1)))
    assert halves == {2, 3, 4}
    assert nx.is_isomorphic(draw("watts_strogatz", 5), nx.complete_graph(5))


@pytest.mark.parametrize("p", [0.05, 0.3, 0.9])
def test_random_pairs_are_independent_with_the_given_probability(p: float) -> None:
    n, graphs = 20, [draw("erdos_renyi", 20, p, index) for index in range(300)]
    pairs = n * (n - 1) // 2
    totals = np.array([graph.number_of_edges() for graph in graphs])
    assert stats.binomtest(int(totals.sum()), 300 * pairs, p).pvalue > 1e-3
    assert stats.binomtest(int(totals.sum()), 300 * pairs, p * 0.9).pvalue < 1e-3
    assert np.var(totals) == pytest.approx(pairs * p * (1 - p), rel=0.35)
    each = np.array([nx.to_numpy_array(graph)[np.triu_indices(n, 1)] for graph in graphs]).sum(axis=0)
    expected = stats.binom(300, p)
    assert (((each - expected.mean()) / expected.std()) ** 2).sum() == pytest.approx(pairs, abs=5 * (2 * pairs) ** 0.5)


def test_no_and_all_pairs() -> None:
    assert draw("erdos_renyi", 12, 1.0).number_of_edges() == 66
    assert draw("erdos_renyi", 12, 1e-300).number_of_edges() == 0
    # 0 stands for the sparse density c ln n / n, c uniform in [1, 3).
    totals = [draw("erdos_renyi", 100, 0.0, index).number_of_edges() for index in range(200)]
    assert np.mean(totals) == pytest.approx(99 * np.log(100), rel=0.06)
    assert min(totals) < 0.75 * np.mean(totals)


def test_communities_are_denser_within() -> None:
    matrices = [nx.to_numpy_array(draw("community", 40, 0.2, index)) for index in range(30)]
    density = np.mean([A.sum() for A in matrices]) / (40 * 39)
    within = 4 * 10 * 9 / (40 * 39)
    assert density == pytest.approx(0.6 * within + 0.2 / 3 * (1 - within), rel=0.05)
    plain = nx.to_numpy_array(draw("erdos_renyi", 40, density, 1))
    # Four groups show as three eigenvalues beside the first, far above those of independent pairs.
    assert np.mean([np.linalg.eigvalsh(A)[-4] for A in matrices]) > np.linalg.eigvalsh(plain)[-4] + 0.2


def test_power_law_degrees_have_a_heavy_tail() -> None:
    n = 400
    scale_free = [draw("power_law", n, index=index) for index in range(5)]
    assert all(graph.number_of_edges() == 2 * n - 3 for graph in scale_free)
    assert all(min(dict(graph.degree).values()) >= 1 for graph in scale_free)

    def share_above(graphs: list[nx.Graph]) -> float:
        degrees = np.concatenate([list(dict(graph.degree).values()) for graph in graphs])
        return float((degrees > 5 * degrees.mean()).mean())

    assert share_above(scale_free) > 0.005
    assert share_above([draw("tree", n, index=index) for index in range(5)]) < 0.001


@pytest.mark.parametrize("family", FAMILIES)
def test_connected_graphs_are_connected_at_any_density(family: str) -> None:
    for n, p, index in itertools.product((1, 2, 5, 24), (0.0, 1e-6, 0.05, 0.5), range(3)):
        edges = DRAW_CONNECTED(rng(index), FAMILIES.index(family), n, p)
        graph = nx.empty_graph(n)
        graph.add_edges_from(edges.tolist())
        assert len(edges) == graph.number_of_edges()
        assert nx.is_connected(graph)
        assert nx.number_of_selfloops(graph) == 0


def test_nodes_are_in_random_order() -> None:
    ends = Counter()
    for index in range(600):
        degree = draw("path", 6, index=index).degree
        ends.update(v for v in range(6) if degree[v] == 1)
    assert stats.chisquare([ends[v] for v in range(6)]).pvalue > 1e-3


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("name", WITH_FAMILY)
def test_every_graph_algorithm_takes_every_family(name: str) -> None:
    words = nar_bench.algorithm(name).words["family"]
    assert set(FAMILIES) <= {*words, "clrs30"}
    for family in words:
        assert len(nar_bench.generate(name, 16, 2, seed=1, family=family)) == 2
    with pytest.raises(UnknownName, match=r"axis 'family': value 'gird' is not known. Did you mean 'grid'\?"):
        nar_bench.generate(name, 16, 1, family="gird")
    with pytest.raises(UnknownName) as refused:
        nar_bench.generate(name, 16, 1, family="?")
    assert set(refused.value.known) == set(words)


def test_all_graph_algorithms_have_families() -> None:
    assert {"articulation_points", "bfs", "bipartite_matching", "dfs", "mst_prim", "topological_sort"} <= {*WITH_FAMILY}
    assert len(WITH_FAMILY) >= 13


@pytest.mark.parametrize("family", FAMILIES)
def test_an_algorithm_sees_the_family_it_asked_for(family: str) -> None:
    A = nar_bench.generate("bfs", 20, 3, seed=2, family=family).inputs["A"]
    for matrix in A:
        graph = nx.from_numpy_array(matrix)
        assert nx.number_of_selfloops(graph) == 0
        assert family not in TREES or nx.is_tree(graph)
        assert family not in CONNECTED or nx.is_connected(graph)
