"""Message passing on the complete graph whose aggregation is an LSTM over the senders, in the order of the nodes.

Source: Xu and Velickovic 2024, "Recurrent aggregators in neural algorithmic reasoning": with the messages m_ij of
`nar_bench_processors.message_passing`, sender i and receiver j, the maximum is replaced by

    s_0j = 0,  s_ij = LSTM(m_ij, s_{i-1,j})  for i = 1 ... N,  m_j = the output of s_Nj

The new hidden vector, its gate and the triplet edge vectors are those of `triplet_gmpnn` (Ibarz et al. 2022), and the
LSTM starts with a forget bias of 1; both are this project's reading, not checked against the authors' code.

It is NOT equivariant: relabelling the nodes changes the order in which they are read. It does not use the adjacency.
It does not reproduce the paper's training and choice of models. The messages of one step take [N, B N, H].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.autocast import in_full
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Processor, StepOutput
from nar_bench_processors.linear import linear, on_edges
from nar_bench_processors.message_passing import Gate, TripletConfig
from nar_bench_processors.triplets import Triplets


@dataclass(frozen=True)
class RnarConfig(TripletConfig):
    """Options of `rnar`."""


class Rnar(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H]."""

    reads_edge_vectors = True

    def __init__(self, config: RnarConfig, hidden: int) -> None:
        super().__init__()
        self.sender = linear(2 * hidden, hidden)
        self.receiver = linear(2 * hidden, hidden)
        self.edge = linear(hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.inner = linear(hidden, hidden)
        self.outer = linear(hidden, hidden)
        self.aggregate = nn.LSTM(hidden, hidden)
        # torch has two biases, which it adds, of the gates input, forget, cell and output.
        biases = dict(self.aggregate.named_parameters())
        nn.init.zeros_(biases["bias_ih_l0"])
        nn.init.zeros_(biases["bias_hh_l0"])
        nn.init.ones_(biases["bias_ih_l0"][hidden : 2 * hidden])
        self.own = linear(2 * hidden, hidden)
        self.received = linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()
        self.gate = Gate(hidden)
        self.triplets = Triplets(hidden, config.triplet_features)

    def initial_state(self, node: Float[Tensor, "B N H"]) -> Float[Tensor, "B N H"]:
        """Return h = 0."""
        return torch.zeros_like(node)

    def forward(
        self,
        node: Float[Tensor, "B N H"],
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Tensor,
        state: Float[Tensor, "B N H"],
    ) -> StepOutput:
        """Make one step."""
        z = torch.cat([node, state], dim=-1)
        nodes = self.sender(z)[:, :, None] + (self.receiver(z) + self.graph(graph)[:, None])[:, None]
        messages = self.outer(F.relu(self.inner(F.relu(nodes + on_edges(self.edge, edge)))))
        last = self.aggregate(messages.transpose(0, 1).flatten(1, 2))[1][0]
        aggregated = last.view(z.shape[0], z.shape[1], -1)
        hidden = self.norm(F.relu(self.own(z) + self.received(aggregated)))
        hidden = torch.lerp(*map(in_full, (state, hidden, self.gate(self.gate.own(z), aggregated))))
        if isinstance(edge, EdgeVectors):
            return StepOutput(hidden=hidden, edge=self.triplets(z, edge, graph), state=hidden, idea=None)
        identity = torch.eye(edge.shape[-1], dtype=edge.dtype, device=edge.device)
        written = self.triplets(z, EdgeVectors(edge, identity, edge.new_zeros(edge.shape[-1])), graph)
        return StepOutput(hidden=hidden, edge=written.dense(), state=hidden, idea=None)


RNAR = Processor(
    name="rnar",
    version=1,
    source="Xu and Velickovic 2024; Ibarz et al. 2022",
    config=RnarConfig,
    build=Rnar,
    writes_edges=True,
    reads_order=True,
)
