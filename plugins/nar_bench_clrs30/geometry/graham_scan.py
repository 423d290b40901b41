"""The convex hull, by a scan around its lowest point.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 33.3, GRAHAM-SCAN (page
1031). `phase` is 0 at the start, 1 when the lowest point is known, 2 when the angles are, 3 when a point is taken off
the stack, and 4 when one is put on it.
"""

from __future__ import annotations

import math

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.geometry.points import hull_of, lowest, points_in_disk, refuse_collinear, turn
from nar_bench_clrs30.keys import ascending
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("y", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("best", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("atans", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("in_hull_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("stack_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("last_stack", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.CATEGORICAL, 5),
        Feature("in_hull", Stage.OUTPUT, Location.NODE, Type.MASK),
    )
)

START, LOWEST, ANGLES, POP, PUSH = 0, 1, 2, 3, 4
"""The classes of `phase`."""


def sample(rng, size, radius=2.0):
    """Draw points uniform in a disk, no three of them on one line."""
    x, y = points_in_disk(rng, size, radius)
    return ordered_positions(size), x, y


def graham_scan(x, y, in_hull):
    """Mark in in_hull the corners; stack_prev[i] is the point below i on the stack, i at the bottom and off it."""
    n = len(x)
    atans, stack_prev = np.zeros(n), np.arange(n)
    yield 0, atans, in_hull, stack_prev, 0, 0, START
    best = last_stack = lowest(x, y)  # line 1
    in_hull[best] = 1
    yield best, atans, in_hull, stack_prev, last_stack, best, LOWEST
    for i in range(n):
        if i != best:
            atans[i] = math.atan2(y[i] - y[best], x[i] - x[best])
    first = atans.copy()
    first[best] = -np.inf
    order = ascending(first)  # line 2
    yield best, atans, in_hull, stack_prev, last_stack, best, ANGLES
    for k in range(1, n):  # lines 4 to 7
        i = order[k]
        if k >= 3:
            while last_stack != best and turn(x, y, stack_prev[last_stack], last_stack, i) <= 0:  # line 8
                top = last_stack
                last_stack = stack_prev[top]  # line 9
                stack_prev[top] = top
                in_hull[top] = 0
                yield best, atans, in_hull, stack_prev, last_stack, i, POP
        in_hull[i] = 1
        stack_prev[i] = last_stack
        last_stack = i  # line 10
        yield best, atans, in_hull, stack_prev, last_stack, i, PUSH


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find the corners by Andrew's monotone chain."""
    return {"in_hull": hull_of(inputs)}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept exactly the corners of the hull."""
    return np.array_equal(outputs["in_hull"], hull_of(inputs))


GRAHAM_SCAN = Algorithm(
    name="graham_scan",
    version=1,
    source="CLRS 3rd edition, section 33.3, page 1031; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=graham_scan,
    verify=verify,
    reference=reference,
    check=refuse_collinear,
    derive={"pos": derive_positions},
    smallest=3,
    ranges={"radius": (1e-3, 1e6)},
    growth=1,
    training={"positions": "random"},
)
