"""The message passing of dgl_mpnn and dgl_pgn.

Source: Velickovic et al. 2020, "Pointer graph networks", in the form of CLRS-30 (Velickovic et al. 2022); the equations
are those of `nar_bench_processors.message_passing`, and so are the names of the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench_dgl.library import function as fn
from nar_bench_dgl.processor import OnDgl, linear, on_edges


@dataclass(frozen=True)
class MessagePassingConfig:
    """Options of both."""

    layer_norm: bool = True
    """Normalise the new hidden vectors."""


class MessagePassing(OnDgl):
    """See the module."""

    def __init__(self, config: MessagePassingConfig, hidden: int, *, every_pair: bool) -> None:
        super().__init__(every_pair=every_pair)
        self.sender = linear(2 * hidden, hidden)
        self.receiver = linear(2 * hidden, hidden)
        self.edge = linear(hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.inner = linear(hidden, hidden)
        self.outer = linear(hidden, hidden)
        self.own = linear(2 * hidden, hidden)
        self.received = linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

    def step(self, on: Any, z: Tensor, edge: EdgeVectors, reverse: EdgeVectors, graph: Tensor, state: Tensor) -> Tensor:
        """Return the new hidden vectors."""
        with on.local_scope():
            on.ndata["s"], on.ndata["r"] = self.sender(z), self.receiver(z) + self.graph(graph)
            on.apply_edges(fn.u_add_v("s", "r", "ends"))
            first = F.relu(on.edata["ends"] + on_edges(self.edge, edge))
            on.edata["m"] = self.outer(F.relu(self.inner(first)))
            on.update_all(fn.copy_e("m", "m"), fn.max("m", "largest"))
            hidden: Tensor = self.norm(F.relu(self.own(z) + self.received(on.ndata["largest"])))
        return hidden
