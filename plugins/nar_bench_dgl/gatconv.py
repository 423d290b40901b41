"""DGL's GATConv as a processor; it reads neither edge vectors nor the graph's.

Source: Velickovic et al. 2018, "Graph attention networks", equations 1 to 5; see `nar_bench_dgl.attention`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.attention import AttentionConfig, AttentionLayer, layer_unsupported
from nar_bench_dgl.library import GATConv


@dataclass(frozen=True)
class DglGatconvConfig(AttentionConfig):
    """Options of `dgl_gatconv`."""


class DglGatconv(AttentionLayer):
    """See the module."""

    def __init__(self, config: DglGatconvConfig, hidden: int) -> None:
        super().__init__(config, hidden, GATConv)


DGL_GATCONV = Processor(
    name="dgl_gatconv",
    version=1,
    source="Velickovic et al. 2018, equations 1 to 5; DGL 1.1.3",
    config=DglGatconvConfig,
    build=DglGatconv,
    reads_graph=False,
    unsupported=layer_unsupported,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
