"""Another component beside the graph: what starts at a node never comes there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array
from nar_bench_similarity.appended_nodes import places, with_a_quarter_more


def appended_component(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Append nodes without an edge to the others; the edges among them are as frequent and heavy as those there are."""
    A = inputs["A"]
    old, new = len(A), with_a_quarter_more(len(A))
    weights = A[A != 0] if A.any() else np.ones(1)
    shape = (new - old, new - old)
    drawn = weights[(stream.uniform(*shape) * len(weights)).astype(np.int64)]
    block = np.where(stream.uniform(*shape) < (A != 0).mean(), drawn, 0.0)
    if (A == A.T).all():
        block = np.triu(block) + np.triu(block, 1).T
    larger = np.zeros((new, new))
    larger[:old, :old], larger[old:, old:] = A, block
    return {**inputs, **places(inputs), "A": larger, "adj": (larger != 0) | np.eye(new, dtype=bool)}


APPENDED_COMPONENT = SimilarInput(
    name="appended_component",
    version=1,
    source="searches and shortest paths from a source reach its component alone (CLRS 3rd edition, chapters 22 to 24)",
    invariant=Invariant.TRAJECTORY,
    algorithms=("bellman_ford", "bfs", "dijkstra", "mst_prim"),
    transform=appended_component,
    nodes=with_a_quarter_more,
)
