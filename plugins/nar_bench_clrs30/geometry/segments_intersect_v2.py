"""Whether any two of n / 2 segments intersect, at every size and as often as not.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 33.1, SEGMENTS-INTERSECT
(page 1018), applied to all pairs in order until one intersects. Nodes 2 k and 2 k + 1 are the ends of segment k.
Version 1 always has two segments; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np

from nar_bench.data.random import integer, uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.geometry.points import turn
from nar_bench_clrs30.geometry.segments_intersect import SEGMENTS_INTERSECT, decide, on_segment
from nar_bench_clrs30.positions import ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("y", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("dir", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("intersect_h", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("intersect", Stage.OUTPUT, Location.GRAPH, Type.MASK),
    )
)


def nodes_of(size: int) -> int:
    """Return the number of ends: 2 for each of size // 2 segments."""
    return size // 2 * 2


def crossing(x, y, a, b, dir):
    """Say whether the segments that begin at nodes a and b intersect; fills `dir` on their four ends."""
    dir[a], dir[a + 1] = turn(x, y, b, b + 1, a), turn(x, y, b, b + 1, a + 1)
    dir[b], dir[b + 1] = turn(x, y, a, a + 1, b), turn(x, y, a, a + 1, b + 1)
    apart = (dir[a] > 0 and dir[a + 1] < 0) or (dir[a] < 0 and dir[a + 1] > 0)
    if apart and ((dir[b] > 0 and dir[b + 1] < 0) or (dir[b] < 0 and dir[b + 1] > 0)):
        return True
    for k in range(2):
        if dir[a + k] == 0 and on_segment(x, y, b, b + 1, a + k):
            return True
        if dir[b + k] == 0 and on_segment(x, y, a, a + 1, b + k):
            return True
    return False


def draw_segment(rng, x, y, a, reach):
    """Draw a segment of length up to `reach` around a uniform middle, with ends at nodes a and a + 1."""
    angle, half = 2 * math.pi * uniform(rng), reach * uniform(rng) / 2
    cx, cy = uniform(rng), uniform(rng)
    x[a], y[a] = cx + half * math.cos(angle), cy + half * math.sin(angle)
    x[a + 1], y[a + 1] = cx - half * math.cos(angle), cy - half * math.sin(angle)


def sample(rng, size):
    """Draw segments that do not intersect; with odds of one half the last is drawn until it intersects another.

    Lengths are up to 2 / sqrt(m) for m segments, so that a new one is free of the others after a few draws at any size.
    """
    m = size // 2
    x, y, dir = np.empty(2 * m), np.empty(2 * m), np.empty(2 * m)
    wanted = uniform(rng) < 0.5
    for k in range(m):
        target = wanted and k == m - 1
        while True:
            draw_segment(rng, x, y, 2 * k, 2 / math.sqrt(m))
            hit = False
            for other in range(k):
                hit = hit or crossing(x, y, 2 * other, 2 * k, dir)
            if hit == target:
                break
    # The last segment changes places with any, so that its place tells nothing.
    k = 2 * integer(rng, m)
    for end in range(2):
        last = 2 * m - 2 + end
        x[k + end], x[last] = x[last], x[k + end]
        y[k + end], y[last] = y[last], y[k + end]
    return ordered_positions(2 * m), x, y


def segments_intersect_v2(x, y, intersect):
    """Decide; i and j are the first ends of the pair looked at, dir its directions, 0 on all other nodes."""
    n = len(x)
    dir = np.zeros(n)
    yield 0, 0, dir, 0
    for i in range(0, n, 2):
        for j in range(i + 2, n, 2):
            dir[:] = 0
            intersect[0] = crossing(x, y, i, j, dir)
            yield i, j, dir, intersect[0]
            if intersect[0]:
                return


def check(inputs: Inputs) -> None:
    """Refuse an odd number of ends."""
    if len(inputs["x"]) % 2:
        raise InputError(f"input 'x' has {len(inputs['x'])} nodes; segments have two ends each, so it must be even.")


def decide_any(inputs: Inputs) -> bool:
    """Decide in exact arithmetic, pair by pair."""
    starts = range(0, len(inputs["x"]), 2)
    return any(
        decide({name: inputs[name][[a, a + 1, b, b + 1]] for name in ("x", "y")})
        for a, b in itertools.combinations(starts, 2)
    )


def reference(inputs: Inputs) -> dict[str, Array]:
    """Decide in exact arithmetic."""
    return {"intersect": np.asarray(float(decide_any(inputs)))}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the right answer alone."""
    return bool(outputs["intersect"] == decide_any(inputs))


SEGMENTS_INTERSECT_V2 = replace(
    SEGMENTS_INTERSECT,
    name="segments_intersect_v2",
    version=2,
    spec=SPEC,
    sample=sample,
    step=segments_intersect_v2,
    verify=verify,
    reference=reference,
    check=check,
    nodes=nodes_of,
    smallest=4,
    growth=2.1,
)
