"""Other weights of tasks in the same order: a greedy selection only sorts by them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def same_weight_order(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace `w` by fresh uniform weights of the same rank order; equal weights stay equal."""
    distinct, rank = np.unique(inputs["w"], return_inverse=True)
    return {**inputs, "w": np.sort(stream.uniform(len(distinct)))[rank]}


SAME_WEIGHT_ORDER = SimilarInput(
    name="same_weight_order",
    version=1,
    source="the greedy algorithm on a matroid only sorts by weight (CLRS 3rd edition, section 16.4)",
    invariant=Invariant.TRAJECTORY,
    algorithms=(
        "task_scheduling",
        "task_scheduling_v2",
    ),
    transform=same_weight_order,
)
