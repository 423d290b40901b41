"""Whether two segments intersect.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 33.1, SEGMENTS-INTERSECT,
DIRECTION and ON-SEGMENT (page 1018). Nodes 0 and 1 are the ends of the first segment, 2 and 3 those of the second:
there are four nodes at every size.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.geometry.points import turn
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("y", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("k", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("dir", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("on_seg", Stage.HINT, Location.NODE, Type.MASK),
        Feature("intersect", Stage.OUTPUT, Location.GRAPH, Type.MASK),
    )
)


def cross(x, y):
    """Say whether each segment's ends are on either side of the other's line."""
    apart = (turn(x, y, 2, 3, 0) > 0) != (turn(x, y, 2, 3, 1) > 0)
    return apart and (turn(x, y, 0, 1, 2) > 0) != (turn(x, y, 0, 1, 3) > 0)


def sample(rng, size, low=0.0, high=1.0):
    """Draw a fair coin, then four points uniform in a square until they intersect just as the coin says."""
    wanted = uniform(rng) < 0.5
    x, y = np.empty(4), np.empty(4)
    while True:
        for i in range(4):
            x[i], y[i] = low + (high - low) * uniform(rng), low + (high - low) * uniform(rng)
        if cross(x, y) == wanted:
            return ordered_positions(4), x, y


def on_segment(x, y, i, j, k):
    """Say whether k is within the box that i and j span: ON-SEGMENT."""
    return min(x[i], x[j]) <= x[k] <= max(x[i], x[j]) and min(y[i], y[j]) <= y[k] <= max(y[i], y[j])


def segments_intersect(x, y, intersect):
    """Decide; dir[k] is DIRECTION of node k seen from the other segment."""
    dir, on_seg = np.zeros(4), np.zeros(4, np.int8)
    yield 0, 0, 0, dir, on_seg
    for k in range(4):  # lines 1 to 4
        i, j = (2, 3) if k < 2 else (0, 1)
        dir[k] = (x[k] - x[i]) * (y[j] - y[i]) - (x[j] - x[i]) * (y[k] - y[i])
        on_seg[k] = on_segment(x, y, i, j, k)
        yield i, j, k, dir, on_seg
    first = (dir[0] > 0 and dir[1] < 0) or (dir[0] < 0 and dir[1] > 0)
    second = (dir[2] > 0 and dir[3] < 0) or (dir[2] < 0 and dir[3] > 0)
    intersect[0] = first and second  # lines 5 and 6
    for k in range(4):  # lines 7 to 14
        if dir[k] == 0 and on_seg[k]:
            intersect[0] = 1


def decide(inputs: Inputs) -> bool:
    """Decide in exact arithmetic, by solving for the point that both have in common."""
    (ax, bx, cx, dx), (ay, by, cy, dy) = ([Fraction(float(v)) for v in inputs[name]] for name in ("x", "y"))
    rx, ry, sx, sy, qx, qy = bx - ax, by - ay, dx - cx, dy - cy, cx - ax, cy - ay
    area = rx * sy - ry * sx
    if area:
        t, u = (qx * sy - qy * sx) / area, (qx * ry - qy * rx) / area
        return 0 <= t <= 1 and 0 <= u <= 1
    if qx * ry != qy * rx or (qx * sy != qy * sx):
        return False
    # On one line: the boxes overlap where the segments do.
    boxes = ((ax, bx, cx, dx), (ay, by, cy, dy))
    return all(max(min(a, b), min(c, d)) <= min(max(a, b), max(c, d)) for a, b, c, d in boxes)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Decide in exact arithmetic."""
    return {"intersect": np.asarray(float(decide(inputs)))}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the right answer alone."""
    return bool(outputs["intersect"] == decide(inputs))


def nodes_of(size: int) -> int:
    """Return 4, the ends of two segments, whatever the size."""
    return 4


SEGMENTS_INTERSECT = Algorithm(
    name="segments_intersect",
    version=1,
    source="CLRS 3rd edition, section 33.1, page 1018; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=segments_intersect,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    nodes=nodes_of,
    growth=0,
    training={"positions": "random"},
)
