"""A batch of graphs is one graph, sorted by where its edges lead to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import nar_bench
from nar_bench.errors import InputError
from nar_bench.model.sparse_graph import SparseGraph


def test_it_has_the_edges_of_every_run_their_reverses_and_the_self_loops() -> None:
    batch = nar_bench.generate("sparse_bfs", 9, 4, seed=1)
    graph = SparseGraph.of(batch)
    assert (4, 36, len(batch.inputs["edges"]) + 36) == (graph.B, graph.V, graph.E)
    expected = {(v, v) for v in range(36)}
    for run in range(4):
        for u, v in batch[run].inputs["edges"].tolist():
            expected.add((9 * run + u, 9 * run + v))
    edges = list(zip(graph.target.tolist(), graph.source.tolist(), strict=True))
    assert edges == sorted(expected)
    assert all(graph.target[graph.offsets[v] : graph.offsets[v + 1]].eq(v).all() for v in range(36))
    assert graph.offsets[-1] == graph.E
    assert graph.graph_of_node.tolist() == [v // 9 for v in range(36)]
    assert graph.node_offsets.tolist() == [0, 9, 18, 27, 36]
    assert torch.equal(graph.graph_of_edge, graph.graph_of_node[graph.source])
    assert torch.equal(graph.source[graph.reverse], graph.target)
    assert torch.equal(graph.target[graph.reverse], graph.source)


def test_it_has_the_pairs_of_an_adjacency_sorted_by_receiver() -> None:
    adjacency = torch.zeros(2, 3, 3, dtype=torch.bool)
    adjacency[0, 2, 0] = adjacency[0, 0, 1] = adjacency[0, 1, 1] = adjacency[1, 1, 2] = True
    graph = SparseGraph.along(adjacency)
    assert (graph.B, graph.V, graph.E) == (2, 6, 4)
    assert list(zip(graph.source.tolist(), graph.target.tolist(), strict=True)) == [(2, 0), (0, 1), (1, 1), (4, 5)]
    assert graph.offsets.tolist() == [0, 1, 3, 3, 3, 3, 4]
    assert graph.graph_of_node.tolist() == [0, 0, 0, 1, 1, 1]
    assert graph.node_offsets.tolist() == [0, 3, 6]
    assert SparseGraph.along(adjacency[:0]).E == 0


def test_no_edges_and_no_runs_are_graphs_too() -> None:
    batch = nar_bench.generate("sparse_bfs", 2, 2)
    empty = replace(batch, inputs={**batch.inputs, "edges": batch.inputs["edges"][:0]}, edge_offsets=np.zeros(3, int))
    graph = SparseGraph.of(empty)
    assert (graph.B, graph.V, graph.E) == (2, 4, 4)
    assert SparseGraph.of(nar_bench.generate("sparse_bfs", 5, 0)).E == 0


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ([[0, 1]], r"the edge from 0 to 1 of run 0 is there, but not its reverse"),
        ([[1, 0], [0, 1]], r"the edge from 0 to 1 of run 0 comes twice or after a greater one"),
        ([[0, 1], [0, 1], [1, 0]], r"the edge from 0 to 1 of run 0 comes twice"),
        ([[0, 3], [3, 0]], r"the edge from 0 to 3 of run 0 leaves the 3 nodes"),
    ],
)
def test_a_graph_that_is_none_is_refused(edges: list[list[int]], says: str) -> None:
    batch = nar_bench.generate("sparse_bfs", 3, 1)
    wrong = replace(batch, inputs={**batch.inputs, "edges": np.array(edges)}, edge_offsets=np.array([0, len(edges)]))
    with pytest.raises(InputError, match=says):
        SparseGraph.of(wrong)
