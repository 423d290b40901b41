"""Recurrent graph network: a message of both ends of an edge, the largest one goes into a GRU.

Source: Groetschla et al. 2022, "Learning graph algorithms with recurrent graph neural networks", its edge convolution
GRUMLPConv, in the form of the baseline RecGNN of SALSA-CLRS (Minder et al. 2023). With z = [x, h], over edges i -> j,

    m_ij = W_o relu(W_1 z_i + W_2 z_j + W_e e_ij + W_g g)      as wide as z
    h'_j = LayerNorm(GRU(max_i m_ij, h_j))

Other than there, z has no second copy of h, the graph vector g is read, and there is no batch normalisation, in which
the graphs of a batch would mix.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import Processor, StepOutput
from nar_bench.spec import Layout
from nar_bench_processors.gru import gru_step
from nar_bench_processors.linear import linear, on_edges
from nar_bench_processors.shown import Carried, of_shown, with_hidden
from nar_bench_processors.sparse_messages import max_sparse_messages


@dataclass(frozen=True)
class RecgnnConfig:
    """Options of `recgnn`."""

    layer_norm: bool = True
    """Normalise the new hidden vectors."""


class Recgnn(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H], or `Carried`."""

    reads_edge_vectors = True

    def __init__(self, config: RecgnnConfig, hidden: int) -> None:
        super().__init__()
        self.sender = linear(2 * hidden, 2 * hidden)
        self.receiver = linear(2 * hidden, 2 * hidden)
        self.edge = linear(hidden, 2 * hidden)
        self.graph = linear(hidden, 2 * hidden)
        self.outer = linear(2 * hidden, 2 * hidden)
        self.gru = nn.GRUCell(2 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

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
        receiver = self.receiver(z) + self.graph(graph)[:, None]
        messages = self.outer(F.relu(self.sender(z)[:, :, None] + receiver[:, None] + on_edges(self.edge, edge)))
        largest = torch.where(adjacency[..., None], messages, -torch.inf).amax(dim=1)
        hidden = self.norm(gru_step(self.gru, largest.flatten(0, 1), state.flatten(0, 1))).view(state.shape)
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
        pairs, to_sender, to_receiver = shown.made
        sender, receiver = with_hidden(to_sender, self.sender, h), with_hidden(to_receiver, self.receiver, h)
        largest = max_sparse_messages(pairs.values, pairs.weight, sender, receiver, None, self.outer, on)
        hidden = self.norm(gru_step(self.gru, largest, h))
        return StepOutput(hidden=hidden, edge=None, state=Carried(hidden, shown), idea=None)

    def _read(
        self, node: Float[Tensor, "V H"], edge: EdgeVectors, graph: Float[Tensor, "B H"], on: SparseGraph
    ) -> tuple[EdgeVectors, Tensor, Tensor]:
        """Return what does not depend on h: edges as messages read them, and of sender and receiver."""
        pairs = edge.through(self.edge.weight, self.edge.bias)
        to_receiver = of_shown(self.receiver, node) + (self.graph(graph) + pairs.bias).index_select(0, on.graph_of_node)
        return pairs, of_shown(self.sender, node), to_receiver


RECGNN = Processor(
    name="recgnn",
    version=1,
    source="Groetschla et al. 2022; Minder et al. 2023",
    config=RecgnnConfig,
    build=Recgnn,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
