"""The graph isomorphism networks that gin and gine share.

Source: Xu et al. 2019, "How powerful are graph neural networks?", equation 4.1; with edge vectors as in Hu et al. 2020,
"Strategies for pre-training graph neural networks", in the form of PyG's and DGL's GINEConv; recurrent, with a maximum
and normalised, as in the baselines of SALSA-CLRS (Minder et al. 2023). With z = [x, h], over the edges i -> j,

    m_ij = z_i                                     gin
    m_ij = relu(z_i + W_e e_ij)                    gine
    a_j  = max_i m_ij  or  sum_i m_ij
    u_j  = W_2 relu(W_1 ((1 + epsilon) z_j + a_j) + W_g g)
    h'_j = GRU(LayerNorm(u_j), h_j)

A node is its own neighbour, as the adjacency has self-loops there too. Other than in SALSA-CLRS, z has no second copy
of h, the graph vector g is read, and there is no batch normalisation, in which the graphs of a batch would mix.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.segments import gather_max, gather_sum, sum_into_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import StepOutput
from nar_bench_processors.gru import gru_step
from nar_bench_processors.linear import linear, on_edges
from nar_bench_processors.shown import Carried, of_shown, with_hidden
from nar_bench_processors.sparse_rectified import max_rectified

AGGREGATIONS = ("max", "sum")


@dataclass(frozen=True)
class IsomorphismConfig:
    """Options of both."""

    aggregation: str = "max"
    """What is made of the messages that a node receives: "max", as in SALSA-CLRS, or "sum", as in the papers."""
    layer_norm: bool = True
    """Normalise what the GRU reads."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        if self.aggregation in AGGREGATIONS:
            return []
        return [("aggregation", f"got {self.aggregation!r}; it must be one of " + ", ".join(AGGREGATIONS))]


class Isomorphism(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H], or `Carried`.

    Args:
        hidden: H.
        reads_edges: whether messages carry edge vectors.
    """

    def __init__(self, config: IsomorphismConfig, hidden: int, *, reads_edges: bool) -> None:
        super().__init__()
        self.reads_edge_vectors = True
        self._largest = config.aggregation == "max"
        self.edge = linear(hidden, 2 * hidden) if reads_edges else None
        self.epsilon = nn.Parameter(torch.zeros(()))
        self.inner = linear(2 * hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.outer = linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()
        self.gru = nn.GRUCell(hidden, hidden)

    def initial_state(self, node: Float[Tensor, "B N H"]) -> Float[Tensor, "B N H"]:
        """Return h = 0."""
        return torch.zeros_like(node)

    def sparse_state(self, node: Float[Tensor, "V H"], on: SparseGraph) -> Carried:
        """Return h = 0."""
        return Carried()

    def forward(
        self,
        node: Float[Tensor, "B N H"],
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: Float[Tensor, "B N H"],
    ) -> StepOutput:
        """Make one step."""
        z = torch.cat([node, state], dim=-1)
        messages = z[:, :, None] if self.edge is None else F.relu(z[:, :, None] + on_edges(self.edge, edge))
        if self._largest:
            received = torch.where(adjacency[..., None], messages, -torch.inf).amax(dim=1)
        else:
            received = (messages * adjacency[..., None]).sum(dim=1)
        gathered = torch.addcmul(received, 1 + self.epsilon, z)
        inner = self.inner(gathered) + self.graph(graph)[:, None]
        hidden = self._updated(inner.flatten(0, 1), state.flatten(0, 1)).view(state.shape)
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)

    def sparse_forward(
        self,
        node: Float[Tensor, "V H"],
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        on: SparseGraph,
        state: Carried,
    ) -> StepOutput:
        """Make one step."""
        h = state.hidden
        shown = state.see(node, edge, graph, lambda: self._read(node, edge, graph, on))
        pairs, to_inner = shown.made
        # Of an h of 0 messages without edge vectors are 0 too.
        starts = h is None and pairs is None
        gathered = None if starts else self._gathered(torch.zeros_like(node) if h is None else h, pairs, on)
        hidden = self._updated(with_hidden(to_inner, self.inner, gathered), h)
        return StepOutput(hidden=hidden, edge=None, state=Carried(hidden, shown), idea=None)

    def _read(
        self, node: Float[Tensor, "V H"], edge: EdgeVectors, graph: Float[Tensor, "B H"], on: SparseGraph
    ) -> tuple[EdgeVectors | None, Tensor]:
        """Return what does not depend on h: edges as its messages read them, and what nodes rectify."""
        of_x = of_h = None
        if self.edge is not None:
            (weight_x, weight_h), (bias_x, bias_h) = self.edge.weight.chunk(2), self.edge.bias.chunk(2)
            of_x, of_h = edge.through(weight_x, bias_x), edge.through(weight_h, bias_h)
        to_inner = of_shown(self.inner, self._gathered(node, of_x, on))
        return of_h, to_inner + self.graph(graph).index_select(0, on.graph_of_node)

    def _gathered(self, part: Float[Tensor, "V H"], edge: EdgeVectors | None, on: SparseGraph) -> Float[Tensor, "V H"]:
        """Return (1 + epsilon) z_j + a_j of the columns of z that are x, or of those that are h."""
        if edge is None:
            received = gather_max(on, part) if self._largest else gather_sum(on, part)
        elif self._largest:
            received = max_rectified(on, part, edge)
        else:
            received = sum_into_nodes(on, F.relu(part.index_select(0, on.source) + edge.dense()))
        return torch.addcmul(received, 1 + self.epsilon, part)

    def _updated(self, inner: Float[Tensor, "V H"], state: Float[Tensor, "V H"] | None) -> Float[Tensor, "V H"]:
        """Return h', of what the first layer makes of all but h; None is an h of 0."""
        return gru_step(self.gru, self.norm(self.outer(F.relu(inner))), state)
