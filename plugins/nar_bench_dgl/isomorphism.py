"""The graph isomorphism networks dgl_gin and dgl_gine, on DGL's GINConv and GINEConv.

Source: Xu et al. 2019, "How powerful are graph neural networks?", equation 4.1; Hu et al. 2020, "Strategies for
pre-training graph neural networks"; recurrent, with a maximum and normalised, as in the baselines of SALSA-CLRS (Minder
et al. 2023). The equations and the names of the parameters are those of `nar_bench_processors.isomorphism`, but that
epsilon is the layer's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench_dgl.library import GINConv, GINEConv
from nar_bench_dgl.library import function as fn
from nar_bench_dgl.processor import OnDgl, linear, on_edges

AGGREGATIONS = ("max", "sum")


@dataclass(frozen=True)
class IsomorphismConfig:
    """Options of both."""

    aggregation: str = "max"
    """What is made of the messages that a node receives: "max", as in SALSA-CLRS, or "sum", as in the papers."""
    layer_norm: bool = True
    """Normalise what the GRU reads."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        if self.aggregation in AGGREGATIONS:
            return []
        return [("aggregation", f"got {self.aggregation!r}; it must be one of " + ", ".join(AGGREGATIONS))]


class Isomorphism(OnDgl):
    """See the module.

    Args:
        reads_edges: whether messages carry edge vectors.
    """

    def __init__(self, config: IsomorphismConfig, hidden: int, *, reads_edges: bool) -> None:
        super().__init__()
        self._aggregation = config.aggregation
        self.edge = linear(hidden, 2 * hidden) if reads_edges else None
        self.conv = (
            GINEConv(learn_eps=True) if reads_edges else GINConv(aggregator_type=config.aggregation, learn_eps=True)
        )
        self.inner = linear(2 * hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.outer = linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()
        self.gru = nn.GRUCell(hidden, hidden)

    def step(self, on: Any, z: Tensor, edge: EdgeVectors, reverse: EdgeVectors, graph: Tensor, state: Tensor) -> Tensor:
        """Return the new hidden vectors."""
        gathered = self._gathered(on, z, edge)
        normal = self.norm(self.outer(F.relu(self.inner(gathered) + self.graph(graph))))
        hidden: Tensor = self.gru(normal, state)
        return hidden

    def _gathered(self, on: Any, z: Tensor, edge: EdgeVectors) -> Tensor:
        if self.edge is None:
            plain: Tensor = self.conv(on, z)
            return plain
        vectors = on_edges(self.edge, edge)
        if self._aggregation == "sum":
            summed: Tensor = self.conv(on, z, vectors)
            return summed
        with on.local_scope():  # GINEConv sums and has no other way
            on.ndata["hn"], on.edata["he"] = z, vectors
            on.update_all(self.conv.message, fn.max("m", "largest"))
            gathered: Tensor = (1 + self.conv.eps) * z + on.ndata["largest"]
        return gathered
