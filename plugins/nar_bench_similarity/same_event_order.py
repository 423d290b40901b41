"""Other start and finish times in the same order: a selection only compares them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def same_event_order(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace `s` and `f` together by fresh uniform times of the same rank order; equal times stay equal."""
    count = len(inputs["s"])
    distinct, rank = np.unique(np.concatenate([inputs["s"], inputs["f"]]), return_inverse=True)
    fresh = np.sort(stream.uniform(len(distinct)))[rank]
    return {**inputs, "s": fresh[:count], "f": fresh[count:]}


SAME_EVENT_ORDER = SimilarInput(
    name="same_event_order",
    version=1,
    source="the selection only compares times (CLRS 3rd edition, section 16.1)",
    invariant=Invariant.TRAJECTORY,
    algorithms=("activity_selector",),
    transform=same_event_order,
)
