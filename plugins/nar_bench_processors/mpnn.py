"""Message passing on the complete graph with maximum aggregation.

Source: Gilmer et al. 2017, "Neural message passing for quantum chemistry", equations 1 and 2, in the form of CLRS-30
(Velickovic et al. 2022). The equations are in `nar_bench_processors.message_passing`.

It does not use the adjacency: messages pass along every pair, self included.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.message_passing import Along, MessagePassing, MessagePassingConfig, reference_names


@dataclass(frozen=True)
class MpnnConfig(MessagePassingConfig):
    """Options of `mpnn`."""


class Mpnn(MessagePassing):
    """See the module."""

    def __init__(self, config: MpnnConfig, hidden: int) -> None:
        super().__init__(config, hidden, Along.EVERY_PAIR)


REFERENCE_NAMES = reference_names()
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""

MPNN = Processor(
    name="mpnn",
    version=1,
    source="Gilmer et al. 2017, equations 1 and 2; Velickovic et al. 2022",
    config=MpnnConfig,
    build=Mpnn,
    reference_names=REFERENCE_NAMES,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
