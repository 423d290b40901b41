"""Graph attention along the edges of the adjacency.

Source: Velickovic et al. 2018, "Graph attention networks", equations 1 to 5, in the form of
CLRS-30 (Velickovic et al. 2022). The equations are in `nar_bench_processors.graph_attention`.

It does not reproduce the paper's dropout on attention, nor its averaging of heads in the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.graph_attention import (
    REFERENCE_NAMES_OF_GAT,
    Additive,
    GraphAttention,
    GraphAttentionConfig,
)
from nar_bench_processors.heads import heads_must_divide


@dataclass(frozen=True)
class GatConfig(GraphAttentionConfig):
    """Options of `gat`."""


class Gat(GraphAttention):
    """See the module."""

    def __init__(self, config: GatConfig, hidden: int) -> None:
        super().__init__(config, hidden, Additive, full=False)


GAT = Processor(
    name="gat",
    version=1,
    source="Velickovic et al. 2018, equations 1 to 5; Velickovic et al. 2022",
    config=GatConfig,
    build=Gat,
    unsupported=heads_must_divide,
    reference_names=REFERENCE_NAMES_OF_GAT,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
