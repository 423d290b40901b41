"""The attention of graph attention networks, which gat, gat_full, gatv2 and gatv2_full share.

Source: Velickovic et al. 2018, "Graph attention networks", equations 1 to 5, and Brody et al. 2022, "How attentive are
graph attention networks?", equation 7, in the form of CLRS-30 (Velickovic et al. 2022). With z = [x, h],
for receiver i, sender j and each head k,

    l_ij^k  = leaky(a_1^k z_i + a_2^k z_j + a_e^k e_ij + a_g^k g)                     GAT
    l_ij^k  = a^k leaky(W_1^k z_j + W_2^k z_i + W_e^k e_ij + W_g^k g)                 GATv2
    alpha^k = softmax_j(l_ij^k)                                                       over the pairs let through
    h'_i    = LayerNorm(relu(|| _k sum_j alpha_ij^k W^k z_j + W_s z_i))

The edge vector is that of row i and column j of the matrix, where i receives: the reverse of what
the PGN family reads. It is what the reference does, so it stays.

They do not reproduce the papers' dropout on attention, nor the averaging of heads in the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.segments import gather_sum, softmax_over_incoming, sum_of_ends
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import StepOutput
from nar_bench_processors.linear import linear, on_edges
from nar_bench_processors.shown import Carried, of_shown, with_hidden

_SLOPE = 0.01
"""Of the leaky rectifier below zero, as in the reference; the papers have 0.2."""


@dataclass(frozen=True)
class GraphAttentionConfig:
    """Options of all four."""

    heads: int = 1
    """Attention heads; must divide the hidden width."""
    layer_norm: bool = True
    """Normalise the new hidden vectors."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return [] if self.heads >= 1 else [("heads", f"got {self.heads}; it must be at least 1")]


class Additive(nn.Module):
    """The logits of GAT: a sum of one number for each part."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.receiver = linear(2 * hidden, heads)
        self.sender = linear(2 * hidden, heads)
        self.edge = linear(hidden, heads)
        self.graph = linear(hidden, heads)

    def forward(
        self, z: Float[Tensor, "B N D"], edge: Float[Tensor, "B N N H"] | EdgeVectors, graph: Float[Tensor, "B H"]
    ) -> Float[Tensor, "B N N heads"]:
        """Return the logits [b, receiver, sender, head]."""
        nodes = (self.receiver(z) + self.graph(graph)[:, None])[:, :, None] + self.sender(z)[:, None]
        return self.of_sums(nodes + on_edges(self.edge, edge))

    def of_sums(self, sums: Float[Tensor, "*P heads"]) -> Float[Tensor, "*P heads"]:
        """Return the logits of what is summed up of both ends, the edge and the graph."""
        return F.leaky_relu(sums, _SLOPE)


class Dynamic(nn.Module):
    """The logits of GATv2: one number of the rectified sum of vectors."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.sender = linear(2 * hidden, hidden)
        self.receiver = linear(2 * hidden, hidden)
        self.edge = linear(hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.score = nn.ModuleList(linear(hidden // heads, 1) for _ in range(heads))

    def forward(
        self, z: Float[Tensor, "B N D"], edge: Float[Tensor, "B N N H"] | EdgeVectors, graph: Float[Tensor, "B H"]
    ) -> Float[Tensor, "B N N heads"]:
        """Return the logits [b, receiver, sender, head]."""
        nodes = (self.receiver(z) + self.graph(graph)[:, None])[:, :, None] + self.sender(z)[:, None]
        return self.of_sums(nodes + on_edges(self.edge, edge))

    def of_sums(self, sums: Float[Tensor, "*P H"]) -> Float[Tensor, "*P heads"]:
        """Return the logits of what is summed up of both ends, the edge and the graph."""
        parts = F.leaky_relu(sums, _SLOPE).chunk(len(self.score), dim=-1)
        return torch.cat([score(part) for score, part in zip(self.score, parts, strict=True)], dim=-1)


class GraphAttention(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H], or `Carried`.

    Args:
        hidden: H.
        logits: Additive or Dynamic.
        full: whether every pair is let through, not only those of the adjacency.

    Raises:
        ValueError: heads does not divide hidden.
    """

    reads_edge_vectors = True

    def __init__(
        self, config: GraphAttentionConfig, hidden: int, logits: type[Additive | Dynamic], *, full: bool
    ) -> None:
        super().__init__()
        if config.heads < 1 or hidden % config.heads:
            raise ValueError(
                f"graph attention: got heads={config.heads} at hidden width {hidden}; heads must divide the width."
            )
        self._heads, self._full = config.heads, full
        self.value = linear(2 * hidden, hidden)
        self.skip = linear(2 * hidden, hidden)
        self.logits = logits(hidden, config.heads)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

    def initial_state(self, node: Float[Tensor, "B N H"]) -> Float[Tensor, "B N H"]:
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
        logits = self.logits(z, edge, graph).permute(0, 3, 1, 2)
        if not self._full:
            # Every row has its self-loop, so that no softmax is over nothing.
            logits = logits.masked_fill(~adjacency[:, None], -torch.inf)
        values = self.value(z).unflatten(-1, (self._heads, -1)).transpose(1, 2)
        received = (logits.softmax(dim=-1) @ values).transpose(1, 2).flatten(2)
        hidden = self.norm(F.relu(received + self.skip(z)))
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)

    def sparse_state(self, node: Float[Tensor, "V H"], on: SparseGraph) -> Carried:
        """Return h = 0."""
        return Carried()

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
        edges, to_sender, to_receiver, to_value, to_skip = shown.made
        logits = self.logits
        ends = with_hidden(to_sender, logits.sender, h), with_hidden(to_receiver, logits.receiver, h)
        weights = softmax_over_incoming(on, logits.of_sums(sum_of_ends(on, *ends) + edges))
        received = gather_sum(on, with_hidden(to_value, self.value, h), weights)
        hidden = self.norm(F.relu(received + with_hidden(to_skip, self.skip, h)))
        return StepOutput(hidden=hidden, edge=None, state=Carried(hidden, shown), idea=None)

    def _read(
        self, node: Float[Tensor, "V H"], edge: EdgeVectors, graph: Float[Tensor, "B H"], on: SparseGraph
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return what does not depend on h: of edges, see the module, their reverse's, and of nodes by each map."""
        logits = self.logits
        edges = edge.through(logits.edge.weight, logits.edge.bias).dense()
        if edge.values.shape[1]:
            edges = edges.index_select(0, on.reverse)
        to_receiver = of_shown(logits.receiver, node) + logits.graph(graph).index_select(0, on.graph_of_node)
        return edges, of_shown(logits.sender, node), to_receiver, of_shown(self.value, node), of_shown(self.skip, node)


_VALUE_AND_SKIP = {"linear": "value", "linear_1": "skip", "layer_norm": "norm"}

REFERENCE_NAMES_OF_GAT = {
    **_VALUE_AND_SKIP,
    "linear_2": "logits.receiver",
    "linear_3": "logits.sender",
    "linear_4": "logits.edge",
    "linear_5": "logits.graph",
}
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""

_MOST_HEADS = 16
"""So many heads of GATv2 have names; the reference numbers their linear maps after the others."""

REFERENCE_NAMES_OF_GATV2 = {
    **_VALUE_AND_SKIP,
    "linear_2": "logits.sender",
    "linear_3": "logits.receiver",
    "linear_4": "logits.edge",
    "linear_5": "logits.graph",
    **{f"linear_{6 + head}": f"logits.score.{head}" for head in range(_MOST_HEADS)},
}
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""
