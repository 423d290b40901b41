"""Other keys in the same order: whatever only compares keys does the same on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def same_order(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace `key` by fresh uniform keys of the same rank order; equal keys stay equal. `pos` is kept."""
    distinct, rank = np.unique(inputs["key"], return_inverse=True)
    fresh = np.sort(stream.uniform(len(distinct)))
    return {**inputs, "key": fresh[rank]}


SAME_ORDER = SimilarInput(
    name="same_order",
    version=1,
    source="Rodionov and Prokhorenkova 2023 (arXiv:2306.13411), section 4: comparison sorts see only the order",
    invariant=Invariant.TRAJECTORY,
    algorithms=(
        "bubble_sort",
        "heapsort",
        "heapsort_v2",
        "insertion_sort",
        "minimum",
        "quickselect",
        "quickselect_v2",
        "quicksort",
    ),
    transform=same_order,
)
