"""All weights times one positive number: shortest paths stay shortest."""

from __future__ import annotations

from collections.abc import Mapping

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def scaled_weights(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Multiply `A` by 1/4, 1/2, 2 or 4.

    Powers of two, because only they scale every sum of weights without rounding: with any other factor two paths of
    nearly equal length could change places.
    """
    factor = (0.25, 0.5, 2.0, 4.0)[int(stream.uniform(1)[0] * 4)]
    return {**inputs, "A": inputs["A"] * factor}


SCALED_WEIGHTS = SimilarInput(
    name="scaled_weights",
    version=1,
    source="distances are linear in the weights (CLRS 3rd edition, chapters 24 and 25); those in the hints scale too",
    invariant=Invariant.DISCRETE_HINTS,
    algorithms=(
        "bellman_ford",
        "bellman_ford_v2",
        "dag_shortest_paths",
        "dijkstra",
        "dijkstra_v2",
        "floyd_warshall",
        "floyd_warshall_v2",
    ),
    transform=scaled_weights,
)
