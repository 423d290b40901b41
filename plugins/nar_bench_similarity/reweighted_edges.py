"""Other weights on the same edges: whatever only asks whether there is an edge does the same on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def reweighted_edges(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Replace the weights in `A` by fresh ones, uniform in (0, 1]; a symmetric `A` stays symmetric."""
    A = inputs["A"]
    weights = 1.0 - stream.uniform(*A.shape)
    if (A == A.T).all():
        weights = np.triu(weights) + np.triu(weights, 1).T
    return {**inputs, "A": np.where(A != 0, weights, 0.0)}


REWEIGHTED_EDGES = SimilarInput(
    name="reweighted_edges",
    version=1,
    source="searches and depth-first walks read only whether A is 0 (CLRS 3rd edition, chapter 22)",
    invariant=Invariant.TRAJECTORY,
    algorithms=(
        "articulation_points",
        "articulation_points_v2",
        "bfs",
        "bfs_v2",
        "bridges",
        "bridges_v2",
        "dfs",
        "dfs_v2",
        "strongly_connected_components",
        "strongly_connected_components_v2",
        "topological_sort",
    ),
    transform=reweighted_edges,
)
