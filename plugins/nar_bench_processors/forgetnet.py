"""Message passing that carries nothing from step to step.

Source: Bohde et al. 2024, "On the Markov property of neural algorithmic reasoning", ForgetNet: an algorithm's next step
depends on its present state alone, which the hints say, so h is left out:

    h'_j = LayerNorm(relu(W_o1 [x_j, 0] + W_o2 max_i m_ij))

with messages and triplet edge vectors of `triplet_mpnn` at h = 0. What it knows of earlier steps are the hints that are
encoded; where the regime encodes none, every step is the same. The maps of h remain as weights, but for nothing.

It does not reproduce the authors' training; their code was never released.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Processor, StepOutput
from nar_bench_processors.message_passing import Along, MessagePassing, TripletConfig


@dataclass(frozen=True)
class ForgetnetConfig(TripletConfig):
    """Options of `forgetnet`."""


class Forgetnet(nn.Module):
    """See the module. There is no state."""

    reads_edge_vectors = True

    def __init__(self, config: ForgetnetConfig, hidden: int) -> None:
        super().__init__()
        self.inner = MessagePassing(config, hidden, Along.EVERY_PAIR)

    def initial_state(self, node: Float[Tensor, "B N H"]) -> None:
        """Return nothing."""

    def forward(
        self,
        node: Float[Tensor, "B N H"],
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: None,
    ) -> StepOutput:
        """Make one step."""
        step: StepOutput = self.inner(node, edge, graph, adjacency, torch.zeros_like(node))
        return step._replace(state=None)


FORGETNET = Processor(
    name="forgetnet",
    version=1,
    source="Bohde et al. 2024, ForgetNet",
    config=ForgetnetConfig,
    build=Forgetnet,
    writes_edges=True,
)
