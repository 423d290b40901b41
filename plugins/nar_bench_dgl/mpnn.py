"""Message passing by DGL on the complete graph, in the sparse layout along edges, with maximum aggregation.

Source: Gilmer et al. 2017, "Neural message passing for quantum chemistry", equations 1 and 2, in the form of CLRS-30
(Velickovic et al. 2022); see `nar_bench_dgl.message_passing`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.message_passing import MessagePassing, MessagePassingConfig


@dataclass(frozen=True)
class DglMpnnConfig(MessagePassingConfig):
    """Options of `dgl_mpnn`."""


class DglMpnn(MessagePassing):
    """See the module."""

    def __init__(self, config: DglMpnnConfig, hidden: int) -> None:
        super().__init__(config, hidden, every_pair=True)


DGL_MPNN = Processor(
    name="dgl_mpnn",
    version=1,
    source="Gilmer et al. 2017, equations 1 and 2; Velickovic et al. 2022",
    config=DglMpnnConfig,
    build=DglMpnn,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
