"""Points stretched along both axes: turns keep their sense."""

from __future__ import annotations

from collections.abc import Mapping

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def stretched_points(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Multiply `x` and `y`, each on its own, by 1/4, 1/2, 2 or 4.

    Powers of two, because only they scale every cross product without rounding.
    """
    across, up = ((0.25, 0.5, 2.0, 4.0)[int(draw * 4)] for draw in stream.uniform(2))
    return {**inputs, "x": inputs["x"] * across, "y": inputs["y"] * up}


STRETCHED_POINTS = SimilarInput(
    name="stretched_points",
    version=1,
    source="a cross product scales with both factors (CLRS 3rd edition, section 33.1), and angles keep their order",
    invariant=Invariant.DISCRETE_HINTS,
    algorithms=(
        "graham_scan",
        "jarvis_march",
        "segments_intersect",
        "segments_intersect_v2",
    ),
    transform=stretched_points,
)
