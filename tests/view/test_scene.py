"""What is drawn how, and where."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from chosen import ALGORITHMS
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from nar_bench.errors import PluginError
from nar_bench.plugin.contracts import Drawing, Kind
from nar_bench.plugin.registry import registry
from nar_bench.view.instance import draw
from nar_bench.view.layout import places
from nar_bench.view.picture import picture_of
from nar_bench.view.scene import Scene, is_chain, scene_of

KINDS = {
    "plane": ("graham_scan", "jarvis_march", "segments_intersect"),
    "spans": ("activity_selector", "task_scheduling"),
    "table": ("lcs_length", "matrix_chain_order", "optimal_bst"),
    "string": ("kmp_matcher", "naive_string_matcher"),
    "array": (
        "binary_search",
        "bubble_sort",
        "find_maximum_subarray",
        "find_maximum_subarray_kadane",
        "heapsort",
        "insertion_sort",
        "minimum",
        "quickselect",
        "quicksort",
    ),
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}


def scene(name: str, size: int = 8) -> Scene:
    entry = registry().find(Kind.ALGORITHM, name)
    return scene_of(draw(entry.load(), size, 0, {}).batch, entry.drawing or Drawing())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_is_drawn_as_what_it_works_on(name: str) -> None:
    assert scene(name).kind == KIND_OF.get(name.removesuffix("_v2"), "graph")


@pytest.mark.parametrize("name", ["bubble_sort", "heapsort", "insertion_sort", "quickselect", "quicksort"])
def test_what_is_sorted_stands_in_the_order_that_it_has(name: str) -> None:
    assert scene(name).order == "pred_h"


def test_edges_are_drawn_once_or_with_a_direction() -> None:
    undirected, directed = scene("bfs", 16), scene("dfs", 16)
    assert not undirected.directed
    assert all(u < v for u, v in undirected.edges)
    assert directed.directed
    assert any(u > v for u, v in directed.edges)
    assert all(u != v for u, v in directed.edges)
    assert scene("dijkstra").weight == "A"
    assert scene("bfs").weight == ""
    batch = draw(registry().load(Kind.ALGORITHM, "sparse_bfs"), 12, 0, {}).batch
    assert sorted(scene("sparse_bfs", 12).edges) == [[u, v] for u, v in batch.inputs["edges"].tolist() if u < v]


@given(st.permutations(range(9)))
def test_a_chain_of_all_nodes_is_an_order(order: list[int]) -> None:
    before = np.empty(len(order), np.int64)
    before[order[0]] = order[0]
    before[order[1:]] = order[:-1]
    assert is_chain(before)
    fork = before.copy()
    fork[order[-1]] = order[0]
    assert not is_chain(fork)
    ring = before.copy()
    ring[order[0]] = order[-1]
    assert not is_chain(ring)


@pytest.mark.parametrize(
    "graph", [nx.path_graph(24), nx.grid_2d_graph(5, 5), nx.random_labeled_tree(30, seed=1), nx.cycle_graph(16)]
)
def test_what_is_far_in_the_graph_is_far_on_the_page(graph: nx.Graph) -> None:
    graph = nx.convert_node_labels_to_integers(graph)
    at = places(len(graph), np.array(graph.edges))
    far = np.asarray(nx.floyd_warshall_numpy(graph))
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1)
    pairs = np.triu_indices(len(graph), 1)
    assert spearmanr(far[pairs], apart[pairs]).statistic > 0.9
    assert np.ptp(at[:, 0]) >= np.ptp(at[:, 1]) - 1e-9
    assert np.array_equal(at, places(len(graph), np.array(graph.edges)))


def test_nodes_of_any_graph_stand_apart() -> None:
    for graph in (nx.empty_graph(7), nx.complete_graph(12), nx.star_graph(9), nx.empty_graph(2)):
        at = places(len(graph), np.array(graph.edges, np.int64).reshape(-1, 2))
        apart = np.linalg.norm(at[:, None] - at[None], axis=-1) + 9 * np.eye(len(graph))
        assert np.isfinite(at).all()
        assert apart.min() > 0.05
    assert places(1, np.empty((0, 2), np.int64)).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        (Drawing(plane=("key", "height")), "'height' is no scalar on nodes of the spec"),
        (Drawing(spans=("", "pred_h")), "'pred_h' is no scalar on nodes"),
        (Drawing(words={"i": ("a", "b")}), "'i' is no categorical or mask"),
    ],
)
def test_a_drawing_that_does_not_fit_is_refused(drawing: Drawing, says: str) -> None:
    instance = draw(registry().load(Kind.ALGORITHM, "insertion_sort"), 4, 0, {})
    with pytest.raises(PluginError, match=f"'insertion_sort': its drawing does not fit: .*{says}"):
        picture_of(instance, "", drawing, [])


def test_places_that_would_move_and_words_that_are_too_few_are_refused() -> None:
    walk = registry().load(Kind.ALGORITHM, "dfs").spec
    (moving,) = Drawing(spans=("", "d")).faults(walk)
    assert "'d' is a hint; places do not change" in moving
    (few,) = Drawing(words={"color": ("white", "black")}).faults(walk)
    assert "has 3 values, got 2 words" in few


def test_a_drawing_contradicts_itself_or_belongs_to_no_algorithm() -> None:
    with pytest.raises(PluginError, match="either a plane or spans"):
        Drawing(plane=("x", "y"), spans=("", "x"))
    with pytest.raises(PluginError, match="name its two scalars"):
        Drawing(segments=True)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_drawing_of_ours_fits(name: str) -> None:
    entry = registry().find(Kind.ALGORITHM, name)
    assert entry.drawing is None or entry.drawing.faults(entry.load().spec) == []
