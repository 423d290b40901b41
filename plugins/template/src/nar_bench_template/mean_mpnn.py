"""Message passing that averages over the neighbours in the graph."""

from dataclasses import dataclass

import torch
from torch import nn

from nar_bench.plugin.contracts import Processor, StepOutput


@dataclass(frozen=True)
class MeanMpnnConfig:
    """Options; a suite sets them in [processor.mean_mpnn]."""

    layers: int = 2
    """Layers of the message network, at least 1."""


class MeanMpnn(nn.Module):
    """h'_j = LayerNorm(relu(W [x_j, h_j, mean_i m_ij])), i over the neighbours of j."""

    def __init__(self, config: MeanMpnnConfig, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(6 * hidden, hidden)
        self.rest = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(config.layers - 1))
        self.update = nn.Linear(3 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden)

    def initial_state(self, node):
        """Return h = 0 [B, N, H]."""
        return torch.zeros_like(node)

    def forward(self, node, edge, graph, adjacency, state):
        """Make one step; shapes are in nar_bench.plugin.contracts.ProcessorModule."""
        z = torch.cat([node, state], dim=-1)
        n = node.shape[1]
        pair = torch.cat(
            [
                z[:, :, None].expand(-1, -1, n, -1),
                z[:, None].expand(-1, n, -1, -1),
                edge,
                graph[:, None, None].expand(-1, n, n, -1),
            ],
            dim=-1,
        )
        message = self.first(pair).relu()
        for layer in self.rest:
            message = layer(message).relu()
        near = adjacency[..., None].to(message.dtype)
        mean = (message * near).sum(dim=1) / near.sum(dim=1)  # never 0: every node is its own neighbour
        hidden = self.norm(self.update(torch.cat([z, mean], dim=-1)).relu())
        return StepOutput(hidden=hidden, edge=None, state=hidden, idea=None)


MEAN_MPNN = Processor(
    name="mean_mpnn",
    version=1,
    source="Gilmer et al. 2017, equations 1 and 2, with the mean as aggregation",
    config=MeanMpnnConfig,
    build=MeanMpnn,
)
