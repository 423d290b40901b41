"""Message passing from each node to itself alone.

Source: Zaheer et al. 2017, "Deep sets", in the form of CLRS-30 (Velickovic et al. 2022). The equations
are in `nar_bench_processors.message_passing`.

It does not reproduce the paper's invariant sum over the set: nodes exchange nothing, except where encoders and
decoders look at pairs or at the whole graph. It is the baseline that a processor with messages has to beat.
"""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.plugin.contracts import Processor
from nar_bench.spec import Layout
from nar_bench_processors.message_passing import Along, MessagePassing, MessagePassingConfig, reference_names


@dataclass(frozen=True)
class DeepSetsConfig(MessagePassingConfig):
    """Options of `deep_sets`."""


class DeepSets(MessagePassing):
    """See the module."""

    def __init__(self, config: DeepSetsConfig, hidden: int) -> None:
        super().__init__(config, hidden, Along.SELF_LOOPS)


REFERENCE_NAMES = reference_names()
"""The reference's modules -> ours, for `nar_bench.model.reference_parameters`."""

DEEP_SETS = Processor(
    name="deep_sets",
    version=1,
    source="Zaheer et al. 2017; Velickovic et al. 2022",
    config=DeepSetsConfig,
    build=DeepSets,
    reference_names=REFERENCE_NAMES,
    layouts=(Layout.DENSE, Layout.SPARSE),
)
