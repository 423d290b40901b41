"""Some graphs of a union as a union of their own, so that those whose run is over need no more steps.

Shapes: B graphs, V nodes and E edges of the whole, R graphs of the part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nar_bench.model.sparse_graph import SparseGraph


@dataclass(frozen=True, eq=False)
class Part:
    """Some graphs of a union.

    Attributes:
        whole: the union.
        graphs: which of its graphs, ascending.
    """

    whole: SparseGraph
    graphs: Int[Tensor, " R"]

    @cached_property
    def nodes(self) -> Int[Tensor, " V'"]:
        """Where their nodes are among those of the whole."""
        return self._has.index_select(0, self.whole.graph_of_node).nonzero()[:, 0]

    @cached_property
    def edges(self) -> Int[Tensor, " E'"]:
        """Where their edges are among those of the whole."""
        return self._has.index_select(0, self.whole.graph_of_edge).nonzero()[:, 0]

    @cached_property
    def union(self) -> SparseGraph:
        """The graphs as a union, in the same order."""
        whole, nodes, edges = self.whole, self.nodes, self.edges
        node = _places(nodes, whole.V)
        return SparseGraph(
            node.index_select(0, whole.source.index_select(0, edges)),
            node.index_select(0, whole.target.index_select(0, edges)),
            _cut(whole.offsets, nodes),
            _places(self.graphs, whole.B).index_select(0, whole.graph_of_node.index_select(0, nodes)),
            _cut(whole.node_offsets, self.graphs),
        )

    def rows(self, count: int) -> Int[Tensor, " R"]:
        """Return where the part's rows are in a tensor with a row for each node, each edge or each graph of the whole.

        Args:
            count: the rows of that tensor: V, E or B. Where two of these are equal, so are the places.

        Raises:
            IndexError: it is none of these.
        """
        if count == self.whole.V:
            return self.nodes
        if count == self.whole.E:
            return self.edges
        if count == self.whole.B:
            return self.graphs
        raise IndexError(f"{count} rows are neither of nodes nor of edges nor of graphs")

    def spread(self, values: Float[Tensor, "R ..."], count: int) -> Float[Tensor, "M ..."]:
        """Return the part's rows at their places in a tensor of `count` rows, see `rows`; zeros elsewhere."""
        return values.new_zeros(count, *values.shape[1:]).index_copy(0, self.rows(count), values)

    @cached_property
    def _has(self) -> Bool[Tensor, " B"]:
        none = torch.zeros(self.whole.B, dtype=torch.bool, device=self.graphs.device)
        return none.index_fill(0, self.graphs, True)


def _places(chosen: Int[Tensor, " R"], count: int) -> Int[Tensor, " M"]:
    """Return the place of each of so many elements among those that are chosen; 0 where it is not."""
    return chosen.new_zeros(count).index_copy(0, chosen, torch.arange(len(chosen), device=chosen.device))


def _cut(offsets: Int[Tensor, " M+1"], segments: Int[Tensor, " R"]) -> Int[Tensor, " R+1"]:
    """Return the offsets of some segments, laid end to end."""
    cut = offsets.new_zeros(len(segments) + 1)
    torch.cumsum(offsets.diff().index_select(0, segments), dim=0, out=cut[1:])
    return cut
