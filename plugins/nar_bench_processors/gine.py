"""Graph isomorphism network along the edges of the graph, with edge vectors.

Source: Hu et al. 2020, "Strategies for pre-training graph neural networks", in the form of PyG's and DGL's GINEConv;
recurrent as in the baselines of SALSA-CLRS (Minder et al. 2023). The equations are in
`nar_bench_processors.isomorphism`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.isomorphism import Isomorphism, IsomorphismConfig


@dataclass(frozen=True)
class GineConfig(IsomorphismConfig):
    """Options of `gine`."""


class Gine(Isomorphism):
    """See the module."""

    def __init__(self, config: GineConfig, hidden: int) -> None:
        super().__init__(config, hidden, reads_edges=True)


GINE = Processor(
    name="gine",
    version=1,
    source="Hu et al. 2020; Minder et al. 2023",
    config=GineConfig,
    build=Gine,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
