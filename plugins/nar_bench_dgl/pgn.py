"""Message passing by DGL along the edges of the graph, with maximum aggregation.

Source: Velickovic et al. 2020, "Pointer graph networks", in the form of CLRS-30 (Velickovic et al. 2022); see
`nar_bench_dgl.message_passing`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_dgl.message_passing import MessagePassing, MessagePassingConfig


@dataclass(frozen=True)
class DglPgnConfig(MessagePassingConfig):
    """Options of `dgl_pgn`."""


class DglPgn(MessagePassing):
    """See the module."""

    def __init__(self, config: DglPgnConfig, hidden: int) -> None:
        super().__init__(config, hidden, every_pair=False)


DGL_PGN = Processor(
    name="dgl_pgn",
    version=1,
    source="Velickovic et al. 2020; Velickovic et al. 2022",
    config=DglPgnConfig,
    build=DglPgn,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
