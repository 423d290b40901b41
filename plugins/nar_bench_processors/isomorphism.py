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
from nar_bench.model.segments import gather_max, gather_sum, max_into_nodes, sum_into_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import StepOutput
from nar_bench_processors.linear import linear, on_edges

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
    """See the module. The state is the hidden vector h, [B, N, H] or [V, H].

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
        z = torch.cat([node, state], dim=-1)
        messages = z[:, :, None] if self.edge is None else F.relu(z[:, :, None] + on_edges(self.edge, edge))
        if self._largest:
            received = torch.where(adjacency[..., None], messages, -torch.inf).amax(dim=1)
        else:
            received = (messages * adjacency[..., None]).sum(dim=1)
        return self._updated(z, received, self.graph(graph)[:, None], state)

    def sparse_forward(
        self,
        node: Float[Tensor, "V H"],
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        on: SparseGraph,
        state: Float[Tensor, "V H"],
    ) -> StepOutput:
        """Make one step."""
        z = torch.cat([node, state], dim=-1)
        if self.edge is None:
            received = gather_max(on, z) if self._largest else gather_sum(on, z)
        else:
            messages = F.relu(z.index_select(0, on.source) + on_edges(self.edge, edge))
            received = max_into_nodes(on, messages) if self._largest else sum_into_nodes(on, messages)
        return self._updated(z, received, self.graph(graph).index_select(0, on.graph_of_node), state)

    def _updated(self, z: Tensor, received: Tensor, graph: Tensor, state: Tensor) -> StepOutput:
        gathered = torch.addcmul(received, 1 + self.epsilon, z)
        normal = self.norm(self.outer(F.relu(self.inner(gathered) + graph)))
        hidden = self.gru(normal.flatten(0, -2), state.flatten(0, -2)).view(state.shape)
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)
