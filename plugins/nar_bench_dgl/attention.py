"""Graph attention on DGL: what dgl_gat and dgl_gatv2 share, and dgl_gatconv and dgl_gatv2conv.

Source: Velickovic et al. 2018, "Graph attention networks", equations 1 to 5, and Brody et al. 2022, "How attentive are
graph attention networks?", equation 7. dgl_gat and dgl_gatv2 have the equations of
`nar_bench_processors.graph_attention`
and its names of parameters; the other two are DGL's layers as they stand, with z = [x, h]:

    h' = LayerNorm(relu(|| _k sum_j alpha_ij^k W^k z_j + W_s z_i))        with DGL's own alpha
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.spec import AlgorithmSpec
from nar_bench_dgl.edges import reads_no_edges
from nar_bench_dgl.library import edge_softmax
from nar_bench_dgl.library import function as fn
from nar_bench_dgl.processor import OnDgl, linear, on_edges

if TYPE_CHECKING:
    from nar_bench.model.config import NetConfig
    from nar_bench.model.regime import Regime

_SLOPE = 0.01
"""Of the leaky rectifier below zero in dgl_gat and dgl_gatv2, as in the reference."""


@dataclass(frozen=True)
class AttentionConfig:
    """Options of all four."""

    heads: int = 1
    """Attention heads; must divide the hidden width."""
    layer_norm: bool = True
    """Normalise the new hidden vectors."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return [] if self.heads >= 1 else [("heads", f"got {self.heads}; it must be at least 1")]


def heads_must_divide(config: AttentionConfig, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
    """Return "" or why a processor with these heads cannot be built."""
    if config.heads >= 1 and model.hidden % config.heads == 0:
        return ""
    return f"heads={config.heads} must divide the hidden width, {model.hidden}"


def layer_unsupported(config: AttentionConfig, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
    """Return "" or why DGL's layer cannot be had with these heads for this spec."""
    return heads_must_divide(config, spec, regime, model) or reads_no_edges(spec)


class Additive(nn.Module):
    """The logits of GAT: a sum of one number for each part."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.receiver = linear(2 * hidden, heads)
        self.sender = linear(2 * hidden, heads)
        self.edge = linear(hidden, heads)
        self.graph = linear(hidden, heads)

    def scores(self, rectified: Tensor) -> Tensor:
        """Return the logits [E, heads]."""
        return rectified


class Dynamic(nn.Module):
    """The logits of GATv2: one number of the rectified sum of vectors."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.sender = linear(2 * hidden, hidden)
        self.receiver = linear(2 * hidden, hidden)
        self.edge = linear(hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.score = nn.ModuleList(linear(hidden // heads, 1) for _ in range(heads))

    def scores(self, rectified: Tensor) -> Tensor:
        """Return the logits [E, heads]."""
        parts = rectified.chunk(len(self.score), dim=-1)
        return torch.cat([score(part) for score, part in zip(self.score, parts, strict=True)], dim=-1)


class Attention(OnDgl):
    """See the module."""

    def __init__(self, config: AttentionConfig, hidden: int, logits: type[Additive | Dynamic]) -> None:
        super().__init__()
        self._heads = config.heads
        self.value = linear(2 * hidden, hidden)
        self.skip = linear(2 * hidden, hidden)
        self.logits = logits(hidden, config.heads)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

    def step(self, on: Any, z: Tensor, edge: EdgeVectors, reverse: EdgeVectors, graph: Tensor, state: Tensor) -> Tensor:
        """Return the new hidden vectors."""
        logits = self.logits
        with on.local_scope():
            on.ndata["s"], on.ndata["r"] = logits.sender(z), logits.receiver(z) + logits.graph(graph)
            on.apply_edges(fn.u_add_v("s", "r", "ends"))
            # The vector of the pair that the receiver is first in, as in the reference.
            rectified = F.leaky_relu(on.edata["ends"] + on_edges(logits.edge, reverse), _SLOPE)
            on.edata["a"] = edge_softmax(on, logits.scores(rectified))[..., None]
            on.ndata["v"] = self.value(z).unflatten(-1, (self._heads, -1))
            on.update_all(fn.u_mul_e("v", "a", "m"), fn.sum("m", "received"))
            hidden: Tensor = self.norm(F.relu(on.ndata["received"].flatten(1) + self.skip(z)))
        return hidden


class AttentionLayer(OnDgl):
    """One of DGL's layers, with its residual map as W_s.

    Args:
        layer: GATConv or GATv2Conv.
    """

    def __init__(self, config: AttentionConfig, hidden: int, layer: Any) -> None:
        super().__init__()
        # Every node has its self-loop, so that DGL's own look for nodes without one is left out.
        self.conv = layer(2 * hidden, hidden // config.heads, config.heads, residual=True, allow_zero_in_degree=True)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

    def step(self, on: Any, z: Tensor, edge: EdgeVectors, reverse: EdgeVectors, graph: Tensor, state: Tensor) -> Tensor:
        """Return the new hidden vectors."""
        hidden: Tensor = self.norm(F.relu(self.conv(on, z).flatten(1)))
        return hidden
