"""Graph isomorphism network with DGL's GINConv, without edge vectors.

Source: Xu et al. 2019, "How powerful are graph neural networks?", equation 4.1; see `nar_bench_dgl.isomorphism`.

It reads nothing that lies on edges, so it takes no algorithm on sparse graphs that are weighted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import AlgorithmSpec, Layout
from nar_bench_dgl.edges import reads_no_edges
from nar_bench_dgl.isomorphism import Isomorphism, IsomorphismConfig

if TYPE_CHECKING:
    from nar_bench.model.config import NetConfig
    from nar_bench.model.regime import Regime


@dataclass(frozen=True)
class DglGinConfig(IsomorphismConfig):
    """Options of `dgl_gin`."""


class DglGin(Isomorphism):
    """See the module."""

    def __init__(self, config: DglGinConfig, hidden: int) -> None:
        super().__init__(config, hidden, reads_edges=False)


def _unsupported(config: DglGinConfig, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
    return reads_no_edges(spec)


DGL_GIN = Processor(
    name="dgl_gin",
    version=1,
    source="Xu et al. 2019, equation 4.1; Minder et al. 2023",
    config=DglGinConfig,
    build=DglGin,
    unsupported=_unsupported,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
