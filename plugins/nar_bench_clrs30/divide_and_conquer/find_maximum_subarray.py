"""The consecutive numbers of greatest sum, by halves.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 4.1, FIND-MAXIMUM-SUBARRAY
(page 72) and FIND-MAX-CROSSING-SUBARRAY (page 71); the recursion is a stack. The reference specifies this algorithm,
but leaves it out of the 30. It starts the two sums of a crossing 0.1 below the middle numbers, not at minus infinity.
`phase` is 1 and 2 while the left and the right part of a crossing grow.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.divide_and_conquer.sums import best_of_all, has_greatest_sum, signed_numbers
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
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("mid", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("left_low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("left_high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("left_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("right_low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("right_high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("right_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("cross_low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("cross_high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("cross_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("ret_low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("ret_high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("ret_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("left_x_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("right_x_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.CATEGORICAL, 3),
        Feature("start", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
        Feature("end", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)

BELOW = 0.1
"""How far below the middle numbers the sums of a crossing start."""


def sample(rng, size, low=-1.0, high=1.0):
    """Draw numbers uniform in [low, high)."""
    return ordered_positions(size), signed_numbers(rng, size, low, high), ordered_predecessors(size)


def find_maximum_subarray(key, start, end):
    """Find them."""
    n = len(key)
    # One frame of the recursion per row: low, high, how many halves are done, and the left half's answer.
    frame = np.zeros((2 * n, 5), np.int64)
    left_sums = np.zeros(2 * n)
    frame[0, 1] = n - 1
    depth = 0
    ret_low = ret_high = 0
    ret_sum = 0.0
    while depth >= 0:
        low, high, halves = frame[depth, 0], frame[depth, 1], frame[depth, 2]
        mid = (low + high) // 2  # line 3
        if low == high:  # lines 1 and 2
            at, below = key[low], key[low] - BELOW
            yield (
                low,
                low,
                low,
                low,
                low,
                0.0,
                low,
                low,
                0.0,
                low,
                low,
                0.0,
                low,
                low,
                at,
                low,
                low,
                0.0,
                below,
                below,
                0,
            )
            ret_low, ret_high, ret_sum = low, high, at
            depth -= 1
            continue
        x, y = key[mid] - BELOW, key[mid + 1] - BELOW
        xy = key[mid] + key[mid + 1] - 2 * BELOW
        l1, l2, l3, r1, r2, r3 = low, mid, 0.0, mid + 1, high, 0.0
        if halves == 1:
            frame[depth, 3], frame[depth, 4], left_sums[depth] = ret_low, ret_high, ret_sum
        if halves >= 1:
            l1, l2, l3 = frame[depth, 3], frame[depth, 4], left_sums[depth]
        if halves == 2:
            r1, r2, r3 = ret_low, ret_high, ret_sum
        yield low, high, mid, l1, l2, l3, r1, r2, r3, mid, mid + 1, xy, low, high, 0.0, mid, mid + 1, 0.0, x, y, 0
        if halves < 2:  # lines 4 and 5
            frame[depth, 2] += 1
            depth += 1
            frame[depth, 0], frame[depth, 1] = (low, mid) if halves == 0 else (mid + 1, high)
            frame[depth, 2] = 0
            continue
        # Line 6, FIND-MAX-CROSSING-SUBARRAY; the reference shows the halves' sums as left_sum and right_sum at first,
        # and the crossing's own from the middle on.
        c1, c2 = mid, mid + 1
        left, right, total = x, y, 0.0
        yield low, high, mid, l1, l2, l3, r1, r2, r3, c1, c2, xy, low, high, 0.0, mid, mid + 1, 0.0, x, y, 1
        i = mid
        for i in range(mid, low - 1, -1):
            total += key[i]
            if total > left:
                left, c1 = total, i
            both = left + key[mid + 1] - BELOW
            yield low, high, mid, l1, l2, l3, r1, r2, r3, c1, c2, both, low, high, 0.0, i, mid + 1, total, left, y, 1
        total = 0.0
        both = left + right
        yield low, high, mid, l1, l2, left, r1, r2, right, c1, c2, both, low, high, 0.0, i, mid + 1, 0.0, left, y, 2
        for j in range(mid + 1, high + 1):
            total += key[j]
            if total > right:
                right, c2 = total, j
            both = left + right
            yield low, high, mid, l1, l2, left, r1, r2, right, c1, c2, both, low, high, 0.0, i, j, total, left, right, 2
        if l3 >= r3 and l3 >= both:  # lines 7 to 11
            ret_low, ret_high, ret_sum = l1, l2, l3
        elif r3 >= l3 and r3 >= both:
            ret_low, ret_high, ret_sum = r1, r2, r3
        else:
            ret_low, ret_high, ret_sum = c1, c2, both
        if depth > 0:
            a, b, c = ret_low, ret_high, ret_sum
            yield low, high, mid, l1, l2, l3, r1, r2, r3, c1, c2, both, a, b, c, low, high, total, left, right, 0
        depth -= 1
    start[0], end[0] = ret_low, ret_high


def reference(inputs: Inputs) -> dict[str, Array]:
    """Look at all pairs of ends."""
    return best_of_all(inputs)


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept all consecutive numbers, at least one, of greatest sum."""
    return has_greatest_sum(inputs, outputs)


FIND_MAXIMUM_SUBARRAY = Algorithm(
    name="find_maximum_subarray",
    version=1,
    source="CLRS 3rd edition, section 4.1, page 72; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=find_maximum_subarray,
    verify=verify,
    reference=reference,
    check=refuse_unordered,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    smallest=2,
    growth=1.15,
    training={"positions": "random"},
)
