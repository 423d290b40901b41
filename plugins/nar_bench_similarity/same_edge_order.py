"""Other weights of edges in the same order: a minimum spanning tree only depends on it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def same_edge_order(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace the weights in `A` by fresh ones in (0, 1] of the same rank order; equal weights stay equal."""
    A = inputs["A"]
    edges = A != 0
    distinct, rank = np.unique(A[edges], return_inverse=True)
    fresh = A.copy()
    fresh[edges] = np.sort(1.0 - stream.uniform(len(distinct)))[rank]
    return {**inputs, "A": fresh}


SAME_EDGE_ORDER = SimilarInput(
    name="same_edge_order",
    version=1,
    source="both algorithms only compare weights (CLRS 3rd edition, chapter 23); the keys that mst_prim shows change",
    invariant=Invariant.DISCRETE_HINTS,
    algorithms=(
        "mst_kruskal",
        "mst_kruskal_v2",
        "mst_prim",
        "mst_prim_v2",
    ),
    transform=same_edge_order,
)
