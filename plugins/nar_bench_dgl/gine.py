"""Graph isomorphism network with DGL's GINEConv.

Source: Hu et al. 2020, "Strategies for pre-training graph neural networks"; see `nar_bench_dgl.isomorphism`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.isomorphism import Isomorphism, IsomorphismConfig


@dataclass(frozen=True)
class DglGineConfig(IsomorphismConfig):
    """Options of `dgl_gine`."""


class DglGine(Isomorphism):
    """See the module."""

    def __init__(self, config: DglGineConfig, hidden: int) -> None:
        super().__init__(config, hidden, reads_edges=True)


DGL_GINE = Processor(
    name="dgl_gine",
    version=1,
    source="Hu et al. 2020; Minder et al. 2023",
    config=DglGineConfig,
    build=DglGine,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
