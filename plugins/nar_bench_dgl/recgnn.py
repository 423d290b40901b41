"""Recurrent graph network by DGL: a message of both ends of an edge, the largest one goes into a GRU.

Source: Groetschla et al. 2022, "Learning graph algorithms with recurrent graph neural networks", in the form of the
baseline RecGNN of SALSA-CLRS (Minder et al. 2023). The equations and the names of the parameters are those of
`nar_bench_processors.recgnn`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.library import function as fn
from nar_bench_dgl.processor import OnDgl, linear, on_edges


@dataclass(frozen=True)
class DglRecgnnConfig:
    """Options of `dgl_recgnn`."""

    layer_norm: bool = True
    """Normalise the new hidden vectors."""


class DglRecgnn(OnDgl):
    """See the module."""

    def __init__(self, config: DglRecgnnConfig, hidden: int) -> None:
        super().__init__()
        self.sender = linear(2 * hidden, 2 * hidden)
        self.receiver = linear(2 * hidden, 2 * hidden)
        self.edge = linear(hidden, 2 * hidden)
        self.graph = linear(hidden, 2 * hidden)
        self.outer = linear(2 * hidden, 2 * hidden)
        self.gru = nn.GRUCell(2 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()

    def step(self, on: Any, z: Tensor, edge: EdgeVectors, reverse: EdgeVectors, graph: Tensor, state: Tensor) -> Tensor:
        """Return the new hidden vectors."""
        with on.local_scope():
            on.ndata["s"], on.ndata["r"] = self.sender(z), self.receiver(z) + self.graph(graph)
            on.apply_edges(fn.u_add_v("s", "r", "ends"))
            on.edata["m"] = self.outer(F.relu(on.edata["ends"] + on_edges(self.edge, edge)))
            on.update_all(fn.copy_e("m", "m"), fn.max("m", "largest"))
            hidden: Tensor = self.norm(self.gru(on.ndata["largest"], state))
        return hidden


DGL_RECGNN = Processor(
    name="dgl_recgnn",
    version=1,
    source="Groetschla et al. 2022; Minder et al. 2023",
    config=DglRecgnnConfig,
    build=DglRecgnn,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
