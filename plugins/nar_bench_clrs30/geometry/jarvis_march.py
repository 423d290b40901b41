"""The convex hull, by wrapping.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 33.3, Jarvis's march (page
1037). The reference compares turns instead of angles, goes once around from the lowest point, and shows every
comparison; `phase` is 0 in no hint but is a class of the spec.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.geometry.points import hull_of, lowest, points_in_disk, refuse_collinear, turn
from nar_bench_clrs30.positions import (
    derive_positions,
    derive_predecessors,
    ordered_positions,
    ordered_predecessors,
    refuse_unordered,
)

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("y", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("in_hull_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("best", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("last_point", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("endpoint", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.CATEGORICAL, 2),
        Feature("in_hull", Stage.OUTPUT, Location.NODE, Type.MASK),
    )
)

START, WRAP = 0, 1
"""The classes of `phase`."""


def sample(rng, size, radius=2.0):
    """Draw points uniform in a disk, no three of them on one line."""
    x, y = points_in_disk(rng, size, radius)
    return ordered_positions(size), x, y, ordered_predecessors(size)


def jarvis_march(x, y, in_hull):
    """Mark in in_hull the corners; endpoint is the candidate for the corner after last_point."""
    n = len(x)
    yield in_hull, 0, 0, 0, 0, START
    best = last_point = lowest(x, y)
    while not in_hull[last_point]:
        in_hull[last_point] = 1
        endpoint = 0
        yield in_hull, best, last_point, endpoint, 0, WRAP
        for i in range(n):
            other = i != last_point and i != endpoint
            if endpoint == last_point or (other and turn(x, y, last_point, endpoint, i) <= 0):
                endpoint = i
            yield in_hull, best, last_point, endpoint, i, WRAP
        last_point = endpoint


def check(inputs: Inputs) -> None:
    """Refuse points of which three are on one line."""
    refuse_unordered(inputs)
    refuse_collinear(inputs)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find the corners by Andrew's monotone chain."""
    return {"in_hull": hull_of(inputs)}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept exactly the corners of the hull."""
    return np.array_equal(outputs["in_hull"], hull_of(inputs))


JARVIS_MARCH = Algorithm(
    name="jarvis_march",
    version=1,
    source="CLRS 3rd edition, section 33.3, page 1037; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=jarvis_march,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    smallest=3,
    ranges={"radius": (1e-3, 1e6)},
    growth=1.35,
    training={"positions": "random"},
)
