"""Graph attention by DGL along the edges of the graph.

Source: Velickovic et al. 2018, "Graph attention networks", equations 1 to 5, in the form of CLRS-30
(Velickovic et al. 2022); see `nar_bench_dgl.attention`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.attention import Additive, Attention, AttentionConfig, heads_must_divide


@dataclass(frozen=True)
class DglGatConfig(AttentionConfig):
    """Options of `dgl_gat`."""


class DglGat(Attention):
    """See the module."""

    def __init__(self, config: DglGatConfig, hidden: int) -> None:
        super().__init__(config, hidden, Additive)


DGL_GAT = Processor(
    name="dgl_gat",
    version=1,
    source="Velickovic et al. 2018, equations 1 to 5; Velickovic et al. 2022",
    config=DglGatConfig,
    build=DglGat,
    unsupported=heads_must_divide,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
