"""Message passing with a gate on what it remembers, which it learns to close.

Source: Bohde et al. 2024, "On the Markov property of neural algorithmic reasoning", G-ForgetNet: a step sees its
earlier hidden vector through a gate, whose opening the loss penalises,

    s_j  = sigmoid(W_2 relu(W_1 [x_j, h_j]))                 H numbers for each node
    h'   = triplet_mpnn(x, e, g, adjacency, s_j h_j)
    loss = supervised loss + penalty_weight * mean s         the mean over steps, nodes and H numbers

so that early in training gradients flow through time, and in the end steps depend on the hints alone, as in ForgetNet.

It was written from the paper's idea, for the authors' code was never released: the gate's two maps, its opening at
first (a half), the mean in the penalty where a norm would grow with N and H, and the weight are this project's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Processor, StepOutput
from nar_bench_processors.linear import linear
from nar_bench_processors.message_passing import Along, MessagePassing, TripletConfig


@dataclass(frozen=True)
class GForgetnetConfig(TripletConfig):
    """Options of `g_forgetnet`."""

    penalty_weight: float = 0.1
    """Of the mean of the gate in the loss; at least 0."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        got = self.penalty_weight
        fault = [] if 0 <= got < float("inf") else [("penalty_weight", f"got {got}; it must be at least 0 and finite")]
        return [*super().faults(), *fault]


class GForgetnet(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H], before the gate."""

    reads_edge_vectors = True

    def __init__(self, config: GForgetnetConfig, hidden: int) -> None:
        super().__init__()
        self._penalty_weight = config.penalty_weight
        self.first = linear(2 * hidden, hidden)
        self.second = linear(hidden, hidden)
        self.inner = MessagePassing(config, hidden, Along.EVERY_PAIR)

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
        gate: Tensor = self.second(F.relu(self.first(torch.cat([node, state], dim=-1)))).sigmoid()
        step: StepOutput = self.inner(node, edge, graph, adjacency, gate * state)
        return step._replace(penalty=self._penalty_weight * gate.mean(dim=(1, 2)))


G_FORGETNET = Processor(
    name="g_forgetnet",
    version=1,
    source="Bohde et al. 2024, G-ForgetNet",
    config=GForgetnetConfig,
    build=GForgetnet,
    writes_edges=True,
)
