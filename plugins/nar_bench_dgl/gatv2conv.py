"""DGL's GATv2Conv as a processor; it reads neither edge vectors nor the graph's.

Source: Brody et al. 2022, "How attentive are graph attention networks?", equation 7; see `nar_bench_dgl.attention`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.attention import AttentionConfig, AttentionLayer, layer_unsupported
from nar_bench_dgl.library import GATv2Conv


@dataclass(frozen=True)
class DglGatv2convConfig(AttentionConfig):
    """Options of `dgl_gatv2conv`."""


class DglGatv2conv(AttentionLayer):
    """See the module."""

    def __init__(self, config: DglGatv2convConfig, hidden: int) -> None:
        super().__init__(config, hidden, GATv2Conv)


DGL_GATV2CONV = Processor(
    name="dgl_gatv2conv",
    version=1,
    source="Brody et al. 2022, equation 7; DGL 1.1.3",
    config=DglGatv2convConfig,
    build=DglGatv2conv,
    reads_graph=False,
    unsupported=layer_unsupported,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
