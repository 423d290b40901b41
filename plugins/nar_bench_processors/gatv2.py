"""Dynamic graph attention along the edges of the adjacency.

Source: Brody et al. 2022, "How attentive are graph attention networks?", equation 7, in the form of
CLRS-30 (Velickovic et al. 2022). The equations are in `nar_bench_processors.graph_attention`.

It does not reproduce the paper's dropout on attention, nor its averaging of heads in the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.graph_attention import (
    REFERENCE_NAMES_OF_GATV2,
    Dynamic,
    GraphAttention,
    GraphAttentionConfig,
)
from nar_bench_processors.heads import heads_must_divide


@dataclass(frozen=True)
class Gatv2Config(GraphAttentionConfig):
    """Options of `gatv2`."""


class Gatv2(GraphAttention):
    """See the module."""

    def __init__(self, config: Gatv2Config, hidden: int) -> None:
        super().__init__(config, hidden, Dynamic, full=False)


GATV2 = Processor(
    name="gatv2",
    version=1,
    source="Brody et al. 2022, equation 7; Velickovic et al. 2022",
    config=Gatv2Config,
    build=Gatv2,
    unsupported=heads_must_divide,
    reference_names=REFERENCE_NAMES_OF_GATV2,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
