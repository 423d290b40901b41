"""Some graphs of a union are the union of these graphs alone, and their rows are found again."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_part import Part


@given(st.sets(st.integers(0, 3), min_size=1), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_a_part_is_the_union_of_its_graphs_alone(graphs: set[int], seed: int) -> None:
    batch = nar_bench.generate("sparse_bfs", 7, 4, seed=seed)
    whole, chosen = SparseGraph.of(batch), sorted(graphs)
    part, alone = Part(whole, torch.tensor(chosen)), SparseGraph.of(batch.select(chosen))
    for name in ("source", "target", "offsets", "graph_of_node", "node_offsets", "reverse"):
        assert torch.equal(getattr(part.union, name), getattr(alone, name)), name
    for count, of_graph in ((whole.V, whole.graph_of_node), (whole.E, whole.graph_of_edge), (4, torch.arange(4))):
        rows = part.rows(count)
        assert of_graph[rows].unique().tolist() == chosen
        values = torch.arange(1.0, count + 1)
        spread = part.spread(values[rows], count)
        assert torch.equal(spread, torch.where(torch.isin(of_graph, torch.tensor(chosen)), values, 0.0))


def test_rows_of_nothing_that_the_union_has_are_refused() -> None:
    whole = SparseGraph.of(nar_bench.generate("sparse_bfs", 7, 4, seed=0))
    with pytest.raises(IndexError, match="29 rows are neither of nodes nor of edges nor of graphs"):
        Part(whole, torch.tensor([1])).rows(29)
