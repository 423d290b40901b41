"""Autoregressive memory: a wrapper that lets a processor write an idea at each step and read its earlier ideas.

At step t, with graph vector g_t and the pooled state of the wrapped processor,

    q_t  = W_q [max_n z_n, mean_n z_n, g_t]              z_n = [x_n, h_n]
    r_t  = sum_{u < t} softmax_u( q_t . W_k M_u / sqrt(d) ) W_v M_u
    h'   = processor(x, e, g_t + W_r r_t, adjacency)
    M_t  = W_m relu(W_p [max_n h'_n, mean_n h'_n, r_t])

so that an idea never depends on later ones, and neither reading nor writing looks at more than one pooled vector per
graph: T steps cost O(T^2 K) for the reads. Before the first idea there is nothing to read, r_1 = 0.

Source: this project. Attention as in Vaswani et al. 2017, equation 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.edges import EdgeVectors, ReadsEdgeVectors
from nar_bench.plugin.contracts import StepOutput


@dataclass(frozen=True)
class MemoryConfig:
    """Options of a memory."""

    idea_size: int = 64
    """K, the length of an idea; at least 1."""
    heads: int = 1
    """Attention heads that read; must divide the hidden width."""


class MemoryState(NamedTuple):
    """What is carried from step to step."""

    inner: Any
    """The wrapped processor's state."""
    hidden: Float[Tensor, "B N H"]
    """Its hidden vectors."""
    ideas: Float[Tensor, "B t K"]
    """Everything written so far."""


class Memory(nn.Module):
    """Wrap a processor.

    Args:
        inner: a ProcessorModule of width `hidden`.
        config: sizes.
        hidden: H.

    Raises:
        ValueError: heads does not divide hidden, or a size is below 1.
    """

    def __init__(self, inner: nn.Module, config: MemoryConfig, hidden: int) -> None:
        super().__init__()
        if config.idea_size < 1 or config.heads < 1 or hidden % config.heads:
            raise ValueError(
                f"memory: got idea_size={config.idea_size}, heads={config.heads} at hidden width {hidden}; "
                "both must be at least 1, and heads must divide the width."
            )
        self._config = config
        self.inner = inner
        self.reads_edge_vectors = isinstance(inner, ReadsEdgeVectors) and inner.reads_edge_vectors
        self.query = nn.Linear(5 * hidden, hidden)
        self.key = nn.Linear(config.idea_size, hidden)
        self.value = nn.Linear(config.idea_size, hidden)
        self.read = nn.Linear(hidden, hidden)
        self.pool = nn.Linear(3 * hidden, hidden)
        self.write = nn.Linear(hidden, config.idea_size)

    def initial_state(self, node: Float[Tensor, "B N H"]) -> MemoryState:
        """Return the wrapped processor's state and no ideas."""
        return MemoryState(
            inner=self.inner.initial_state(node),  # type: ignore[operator]
            hidden=torch.zeros_like(node),
            ideas=node.new_zeros(len(node), 0, self._config.idea_size),
        )

    def forward(
        self,
        node: Float[Tensor, "B N H"],
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: MemoryState,
    ) -> StepOutput:
        """Read, process, write."""
        before = torch.cat([node, state.hidden], dim=-1)
        recalled = self._recall(torch.cat([before.amax(dim=1), before.mean(dim=1), graph], dim=-1), state.ideas)
        step = self.inner(node, edge, graph + self.read(recalled), adjacency, state.inner)
        pooled = torch.cat([step.hidden.amax(dim=1), step.hidden.mean(dim=1), recalled], dim=-1)
        idea = self.write(self.pool(pooled).relu())
        ideas = torch.cat([state.ideas, idea[:, None]], dim=1)
        return step._replace(state=MemoryState(step.state, step.hidden, ideas), idea=idea)  # type: ignore[no-any-return]

    def _recall(self, seen: Float[Tensor, "B D"], ideas: Float[Tensor, "B t K"]) -> Float[Tensor, "B H"]:
        if not ideas.shape[1]:
            return self.read.weight.new_zeros(len(seen), self.read.in_features)

        def heads(x: Float[Tensor, "B t H"]) -> Float[Tensor, "B heads t D"]:
            return x.reshape(*x.shape[:2], self._config.heads, -1).transpose(1, 2)

        query = heads(self.query(seen)[:, None])
        read = nn.functional.scaled_dot_product_attention(query, heads(self.key(ideas)), heads(self.value(ideas)))
        return read.transpose(1, 2).flatten(1)
