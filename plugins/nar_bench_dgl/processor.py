"""What all processors on DGL share: both layouts come down to one step on a DGLGraph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import StepOutput
from nar_bench_dgl.graphs import LastGraph, union


def linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear map with the reference's initial weights: a normal of deviation 1 / sqrt(inputs), cut at two."""
    layer = nn.Linear(inputs, outputs)
    scale = inputs**-0.5
    nn.init.trunc_normal_(layer.weight, std=scale, a=-2 * scale, b=2 * scale)
    nn.init.zeros_(layer.bias)
    return layer


class OnDgl(nn.Module, ABC):
    """A processor whose state is its hidden vector h, [B, N, H] or [V, H]."""

    reads_edge_vectors = True

    def __init__(self, *, every_pair: bool = False) -> None:
        """Args: every_pair: whether the dense layout is of all pairs, not only those of the adjacency."""
        super().__init__()
        self._every_pair = every_pair
        self._graph = LastGraph()

    @abstractmethod
    def step(
        self,
        on: Any,
        z: Float[Tensor, "V D"],
        edge: EdgeVectors,
        reverse: EdgeVectors,
        graph: Float[Tensor, "V H"],
        state: Float[Tensor, "V H"],
    ) -> Float[Tensor, "V H"]:
        """Return the new hidden vectors.

        Args:
            on: the DGLGraph.
            z: [x, h].
            edge: of `values` [E, F], in the order of the graph's edges.
            reverse: the same of each edge's reverse.
            graph: the graph vector, for each node.
            state: h.
        """

    def initial_state(self, node: Float[Tensor, "B N H"]) -> Float[Tensor, "B N H"]:
        """Return h = 0."""
        return torch.zeros_like(node)

    def sparse_state(self, node: Float[Tensor, "V H"], on: SparseGraph) -> Float[Tensor, "V H"]:
        """Return h = 0."""
        return torch.zeros_like(node)

    def forward(
        self,
        node: Float[Tensor, "B N H"],
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: Float[Tensor, "B N H"],
    ) -> StepOutput:
        """Make one step."""
        edge = EdgeVectors.of(edge)
        on, nodes = union(torch.ones_like(adjacency) if self._every_pair else adjacency), adjacency.shape[1]
        values = edge.values[on.graph_of_edge, on.source % nodes, on.target % nodes]
        flat = EdgeVectors(values, edge.weight, edge.bias)
        made = self.sparse_forward(node.flatten(0, 1), flat, graph, on, state.flatten(0, 1))
        hidden = made.hidden.view(state.shape)
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)

    def sparse_forward(
        self,
        node: Float[Tensor, "V H"],
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        on: SparseGraph,
        state: Float[Tensor, "V H"],
    ) -> StepOutput:
        """Make one step."""
        reverse = EdgeVectors(edge.values.index_select(0, on.reverse), edge.weight, edge.bias)
        z, of_node = torch.cat([node, state], dim=-1), graph.index_select(0, on.graph_of_node)
        hidden = self.step(self._graph(on), z, edge, reverse, of_node, state)
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)


def on_edges(layer: nn.Linear, edge: EdgeVectors) -> Float[Tensor, "E D"]:
    """Return a linear map of every edge vector."""
    return edge.through(layer.weight, layer.bias).dense()
