"""Graph isomorphism network along the edges of the graph, without edge vectors.

Source: Xu et al. 2019, "How powerful are graph neural networks?", equation 4.1, recurrent as in the baselines of
SALSA-CLRS (Minder et al. 2023). The equations are in `nar_bench_processors.isomorphism`.

It reads nothing that lies on edges, such as weights, ways and pointers. So it takes no algorithm on sparse graphs that
are weighted; in the dense layout every graph algorithm of CLRS-30 has weights, be they all 1, and it takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import AlgorithmSpec, Layout, Location, Type
from nar_bench_processors.isomorphism import Isomorphism, IsomorphismConfig

if TYPE_CHECKING:
    from nar_bench.model.config import NetConfig
    from nar_bench.model.regime import Regime


@dataclass(frozen=True)
class GinConfig(IsomorphismConfig):
    """Options of `gin`."""


class Gin(Isomorphism):
    """See the module."""

    def __init__(self, config: GinConfig, hidden: int) -> None:
        super().__init__(config, hidden, reads_edges=False)


def _no_numbers_on_edges(config: GinConfig, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
    if spec.layout is Layout.DENSE:
        return ""
    name = next((f.name for f in spec.inputs if f.location is Location.EDGE and f.type is Type.SCALAR), "")
    return f"it does not read the numbers on edges that '{name}' gives; gine does" if name else ""


GIN = Processor(
    name="gin",
    version=1,
    source="Xu et al. 2019, equation 4.1; Minder et al. 2023",
    config=GinConfig,
    build=Gin,
    unsupported=_no_numbers_on_edges,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
