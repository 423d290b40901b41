"""Random graphs in both layouts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nar_bench.conformance.processors import Graphs, graphs
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph


class BothLayouts(NamedTuple):
    """The inputs of one step on the same graphs."""

    dense: Graphs
    on: SparseGraph
    node: Tensor
    edge: EdgeVectors
    """Of as many features as hidden units."""


def union(adjacency: Tensor) -> SparseGraph:
    """Return the graphs of an adjacency [B, N, N] (row: sender) as one."""
    batch, nodes = adjacency.shape[:2]
    graph, target, source = adjacency.transpose(1, 2).nonzero().T
    target = target + graph * nodes
    offsets = torch.zeros(batch * nodes + 1, dtype=torch.int64)
    offsets[1:] = torch.bincount(target, minlength=batch * nodes).cumsum(0)
    return SparseGraph(
        source=source + graph * nodes,
        target=target,
        offsets=offsets,
        graph_of_node=torch.arange(batch).repeat_interleave(nodes),
        node_offsets=torch.arange(batch + 1) * nodes,
    )


def on_edges(values: Tensor, on: SparseGraph) -> Tensor:
    """Return the rows of values [B, N, N, F] (sender, receiver) that are edges."""
    nodes = values.shape[1]
    return values[on.graph_of_edge, on.source % nodes, on.target % nodes]


def both_layouts(batch: int, nodes: int, hidden: int, seed: int = 0) -> BothLayouts:
    """Draw random inputs in float64."""
    at = graphs(batch, nodes, hidden, seed, torch.float64)
    on = union(at.adjacency)
    identity, nothing = torch.eye(hidden, dtype=torch.float64), torch.zeros(hidden, dtype=torch.float64)
    return BothLayouts(at, on, at.node.flatten(0, 1), EdgeVectors(on_edges(at.edge, on), identity, nothing))
