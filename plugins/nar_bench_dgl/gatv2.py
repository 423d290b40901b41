"""Dynamic graph attention by DGL along the edges of the graph.

Source: Brody et al. 2022, "How attentive are graph attention networks?", equation 7, in the form of CLRS-30
(Velickovic et al. 2022); see `nar_bench_dgl.attention`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.attention import Attention, AttentionConfig, Dynamic, heads_must_divide


@dataclass(frozen=True)
class DglGatv2Config(AttentionConfig):
    """Options of `dgl_gatv2`."""


class DglGatv2(Attention):
    """See the module."""

    def __init__(self, config: DglGatv2Config, hidden: int) -> None:
        super().__init__(config, hidden, Dynamic)


DGL_GATV2 = Processor(
    name="dgl_gatv2",
    version=1,
    source="Brody et al. 2022, equation 7; Velickovic et al. 2022",
    config=DglGatv2Config,
    build=DglGatv2,
    unsupported=heads_must_divide,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
