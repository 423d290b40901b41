"""The graphs of a batch as one: a disjoint union, its edges sorted by where they lead to.

All edges into a node lie side by side, so that what a node receives is a segment of a tensor [E, ...]; so is what it
may point at, because a pointer of node i at node j is a choice among the edges into i, that from j. Every edge has its
reverse, since vectors pass both ways as in the dense layout, and every node the edge to itself, since it may point at
itself. Which ways an algorithm's own graph has is a feature on the edges.

Shapes: B graphs, V nodes of all of them, E edges, self-loops included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Int, Shaped
from scipy.sparse import csr_array
from torch import Tensor

from nar_bench.errors import InputError
from nar_bench.trajectory import Array, SparseBatch


@dataclass(frozen=True)
class SparseGraph:
    """A disjoint union of graphs, symmetric, with self-loops.

    Attributes:
        source, target: nodes of the union, from and to; sorted by (target, source), none twice.
        offsets: the edges into node v are offsets[v]:offsets[v + 1].
        graph_of_node: ascending.
        node_offsets: the nodes of graph b are node_offsets[b]:node_offsets[b + 1].
    """

    source: Int[Tensor, " E"]
    target: Int[Tensor, " E"]
    offsets: Int[Tensor, " V+1"]
    graph_of_node: Int[Tensor, " V"]
    node_offsets: Int[Tensor, " B+1"]

    @property
    def B(self) -> int:  # noqa: N802
        """Number of graphs."""
        return len(self.node_offsets) - 1

    @property
    def V(self) -> int:  # noqa: N802
        """Number of nodes of all graphs."""
        return len(self.graph_of_node)

    @property
    def E(self) -> int:  # noqa: N802
        """Number of edges of all graphs, each way counted, and self-loops."""
        return len(self.source)

    @cached_property
    def reverse(self) -> Int[Tensor, " E"]:
        """The index of each edge's reverse; of a self-loop its own."""
        # The edges sorted by (source, target) are the reverses of the edges as they are.
        return torch.argsort(self.source * self.V + self.target)

    @cached_property
    def graph_of_edge(self) -> Int[Tensor, " E"]:
        """Ascending."""
        return self.graph_of_node[self.target]

    def per_element(self, by_graph: Shaped[Tensor, "*S B"], elements: int) -> Shaped[Tensor, "*S M"]:
        """Repeat what there is for each graph for each of its nodes, its edges or itself.

        Args:
            elements: M, which is V, E or B. Where two of these are equal, so is what each element gets.
        """
        if elements == self.E:
            return by_graph.index_select(-1, self.graph_of_edge)
        if elements == self.V:
            return by_graph.index_select(-1, self.graph_of_node)
        return by_graph

    def to(self, device: str | torch.device) -> SparseGraph:
        """Return the graph on a device."""
        return SparseGraph(
            self.source.to(device),
            self.target.to(device),
            self.offsets.to(device),
            self.graph_of_node.to(device),
            self.node_offsets.to(device),
        )

    @classmethod
    def along(cls, adjacency: Bool[Tensor, "B N N"]) -> SparseGraph:
        """Return the graphs of the pairs [b, i, j], from i to j, that an adjacency on the CPU lets through.

        It is taken as it is: only of a symmetric one with self-loops is this what the class says.
        """
        batch, nodes, _ = adjacency.shape
        target, sender = np.divmod(np.flatnonzero(adjacency.transpose(1, 2).numpy()), nodes)
        graphs = np.arange(batch + 1) * nodes
        offsets = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=batch * nodes))])
        columns = sender + target // nodes * nodes, target, offsets, np.repeat(np.arange(batch), nodes), graphs
        return cls(*(torch.from_numpy(column) for column in columns))

    @classmethod
    def of(cls, batch: SparseBatch) -> SparseGraph:
        """Return the graphs of a batch, on the CPU, with the self-loops that the batch has not.

        Raises:
            InputError: edges that are not sorted within each run, or twice, out of range, or there one way only.
        """
        nodes, count = batch.nodes, len(batch)
        edges = np.asarray(batch.inputs["edges"], np.int64)
        run = np.repeat(np.arange(count), np.diff(batch.edge_offsets))
        outside: Array = np.any((edges < 0) | (edges >= nodes), axis=1)
        if np.any(outside):
            raise InputError(f"edges: {_named(edges, run, outside)} leaves the {nodes} nodes of its graph.")
        u, v = (edges + run[:, None] * nodes).T
        total = count * nodes
        key = u * total + v
        unsorted = np.concatenate([[False], np.diff(key) <= 0])
        if unsorted.any():
            raise InputError(f"edges: {_named(edges, run, unsorted)} comes twice or after a greater one; sort them.")
        own = np.arange(total)
        place = np.searchsorted(key, own * (total + 1))
        absent = np.append(key, -1)[place] != own * (total + 1)
        # Sorted by (from, to), the edges of a symmetric graph are, read backwards, all edges sorted by (to, from).
        target, source = (np.insert(end, place[absent], own[absent]) for end in (u, v))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=total))])
        forth = csr_array((np.ones(len(source), np.int8), source, offsets), shape=(total, total))
        back = forth.T.tocsr()
        if not (np.array_equal(back.indptr, offsets) and np.array_equal(back.indices, source)):
            alone: Array = np.isin(v * total + u, key, invert=True)
            raise InputError(f"edges: {_named(edges, run, alone)} is there, but not its reverse; give both.")
        columns = source, target, offsets, np.repeat(np.arange(count), nodes), np.arange(count + 1) * nodes
        return cls(*(torch.from_numpy(np.ascontiguousarray(column, np.int64)) for column in columns))


def _named(edges: Array, run: Array, wrong: Array) -> str:
    at = int(np.flatnonzero(wrong)[0])
    return f"the edge from {edges[at, 0]} to {edges[at, 1]} of run {run[at]}"
