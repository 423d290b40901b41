"""Other keys and another target in the same order: a search only compares them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def same_joint_order(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace `key` and `target` together by fresh uniform numbers of the same rank order; equal ones stay equal."""
    distinct, rank = np.unique(np.append(inputs["key"], inputs["target"]), return_inverse=True)
    fresh = np.sort(stream.uniform(len(distinct)))[rank]
    return {**inputs, "key": fresh[:-1], "target": fresh[-1]}


SAME_JOINT_ORDER = SimilarInput(
    name="same_joint_order",
    version=1,
    source="binary search only compares the target with keys (CLRS 3rd edition, exercise 2.3-5)",
    invariant=Invariant.TRAJECTORY,
    algorithms=("binary_search",),
    transform=same_joint_order,
)
