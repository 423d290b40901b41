"""Message passing along the edges of the adjacency, with a gate.

Source: Velickovic et al. 2020, "Pointer graph networks", in the form of CLRS-30 (Velickovic et al. 2022);
gate as in Ibarz et al. 2022, "A generalist neural algorithmic learner". The equations are in
`nar_bench_processors.message_passing`.

It does not reproduce the learned pointers and their supervision of the paper: pointers are hints here, and the
adjacency is what the encoders make of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.message_passing import Along, MessagePassing, MessagePassingConfig, reference_names


@dataclass(frozen=True)
class GpgnConfig(MessagePassingConfig):
    """Options of `gpgn`."""


class Gpgn(MessagePassing):
    """See the module."""

    def __init__(self, config: GpgnConfig, hidden: int) -> None:
        super().__init__(config, hidden, Along.EDGES, gated=True)


REFERENCE_NAMES = reference_names(gated=True)
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""

GPGN = Processor(
    name="gpgn",
    version=1,
    source="Velickovic et al. 2020; Velickovic et al. 2022; Ibarz et al. 2022",
    config=GpgnConfig,
    build=Gpgn,
    reference_names=REFERENCE_NAMES,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
