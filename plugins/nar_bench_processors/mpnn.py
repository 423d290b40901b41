"""Message passing on the complete graph with maximum aggregation.

Source: Gilmer et al. 2017, "Neural message passing for quantum chemistry", equations 1 and 2, in the form of
CLRS-30 (Velickovic et al. 2022, equation 1 and appendix A): with z = [x, h],

    m_ij = MLP(relu(W_1 z_i + W_2 z_j + W_e e_ij + W_g g))      sender i, receiver j
    h'_j = LayerNorm(relu(W_o1 z_j + W_o2 max_i m_ij))

It does not use the adjacency: messages pass along every pair, self included.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Processor, StepOutput
from nar_bench_processors.messages import max_messages


@dataclass(frozen=True)
class MpnnConfig:
    """Options of `mpnn`."""

    layer_norm: bool = True
    """Normalise the new hidden vectors."""


def _linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear map with Haiku's initial weights: a normal of deviation 1 / sqrt(inputs), cut at two, no bias."""
    layer = nn.Linear(inputs, outputs)
    scale = inputs**-0.5
    nn.init.trunc_normal_(layer.weight, std=scale, a=-2 * scale, b=2 * scale)
    nn.init.zeros_(layer.bias)
    return layer


class Mpnn(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H]."""

    reads_edge_vectors = True

    def __init__(self, config: MpnnConfig, hidden: int) -> None:
        super().__init__()
        self.sender = _linear(2 * hidden, hidden)
        self.receiver = _linear(2 * hidden, hidden)
        self.edge = _linear(hidden, hidden)
        self.graph = _linear(hidden, hidden)
        self.inner = _linear(hidden, hidden)
        self.outer = _linear(hidden, hidden)
        self.own = _linear(2 * hidden, hidden)
        self.received = _linear(hidden, hidden)
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
        if isinstance(edge, EdgeVectors):
            pairs = edge.through(self.edge.weight, self.edge.bias)
        else:
            pairs = EdgeVectors(edge, self.edge.weight, self.edge.bias)
        to_receiver = self.receiver(z) + self.graph(graph)[:, None] + pairs.bias
        largest = max_messages(pairs.values, pairs.weight, self.sender(z), to_receiver, self.inner, self.outer)
        hidden = self.norm(F.relu(self.own(z) + self.received(largest)))
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)


REFERENCE_NAMES = {
    "linear": "receiver",
    "linear_1": "sender",
    "linear_2": "edge",
    "linear_3": "graph",
    "linear_4": "own",
    "linear_5": "received",
    "mlp/~/linear_0": "inner",
    "mlp/~/linear_1": "outer",
    "layer_norm": "norm",
}
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""

MPNN = Processor(
    name="mpnn",
    version=1,
    source="Gilmer et al. 2017, equations 1 and 2; Velickovic et al. 2022, equation 1",
    config=MpnnConfig,
    build=Mpnn,
    reference_names=REFERENCE_NAMES,
)
