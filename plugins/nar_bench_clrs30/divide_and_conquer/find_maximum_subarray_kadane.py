"""The consecutive numbers of greatest sum, in one pass.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, exercise 4.1-5 (page 75); Bentley
1984, "Programming pearls: algorithm design techniques", who gives it to Kadane.
"""

from __future__ import annotations

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
        Feature("best_low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("best_high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("best_sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("sum", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("start", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
        Feature("end", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, low=-1.0, high=1.0):
    """Draw numbers uniform in [low, high)."""
    return ordered_positions(size), signed_numbers(rng, size, low, high), ordered_predecessors(size)


def find_maximum_subarray_kadane(key, start, end):
    """Find them; i is where the best numbers that end at j start."""
    i = best_low = best_high = 0
    best_sum = total = key[0]
    yield best_low, best_high, best_sum, i, 0, total
    for j in range(1, len(key)):
        if total + key[j] >= key[j]:
            total += key[j]
        else:
            i, total = j, key[j]
        if total > best_sum:
            best_low, best_high, best_sum = i, j, total
        yield best_low, best_high, best_sum, i, j, total
    start[0], end[0] = best_low, best_high


def reference(inputs: Inputs) -> dict[str, Array]:
    """Look at all pairs of ends."""
    return best_of_all(inputs)


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept all consecutive numbers, at least one, of greatest sum."""
    return has_greatest_sum(inputs, outputs)


FIND_MAXIMUM_SUBARRAY_KADANE = Algorithm(
    name="find_maximum_subarray_kadane",
    version=1,
    source="CLRS 3rd edition, exercise 4.1-5, page 75; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=find_maximum_subarray_kadane,
    verify=verify,
    reference=reference,
    check=refuse_unordered,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    growth=1,
    training={"positions": "random"},
)
