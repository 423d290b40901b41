"""Sorting by partition.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 7.1, QUICKSORT and
PARTITION (page 171); the recursion is a stack. A hint follows each comparison and each partition.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import KEY_DISTRIBUTIONS, draw_keys
from nar_bench_clrs30.positions import derive_positions, ordered_positions
from nar_bench_clrs30.sorting.order import chain, exchange, is_sorted_order, sorted_order

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("p", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("r", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pred", Stage.OUTPUT, Location.NODE, Type.PERMUTATION_POINTER),
    )
)


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`)."""
    return ordered_positions(size), draw_keys(rng, size, keys)


def quicksort(key, pred):
    """Sort; pred[v] is the node before v in the order, v itself for the first."""
    n = len(key)
    order = np.arange(n)  # order[k] is the node in place k of the book's array A
    chain(order, pred)
    firsts, lasts = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    lasts[0] = n - 1
    height = 1
    while height:
        height -= 1
        p, r = firsts[height], lasts[height]
        if p >= r:  # QUICKSORT line 1
            continue
        pivot = key[order[r]]  # PARTITION line 1
        i = p - 1
        for j in range(p, r):  # line 3
            if key[order[j]] <= pivot:  # line 4
                i += 1
                exchange(order, pred, i, j)  # line 6
            yield pred, order[p], order[r], order[i + 1], order[j]
        exchange(order, pred, i + 1, r)  # line 7
        yield pred, order[p], order[r], order[i + 1], order[r]
        # The left part is sorted first, so it goes on top.
        firsts[height], lasts[height] = i + 2, r
        firsts[height + 1], lasts[height + 1] = p, i
        height += 2


def reference(inputs: Inputs) -> dict[str, Array]:
    """Sort with Python's own sort."""
    return {"pred": sorted_order(inputs["key"])}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every order of all nodes in which no key is greater than the next; equal keys may stand in any order."""
    return is_sorted_order(inputs["key"], outputs["pred"])


QUICKSORT = Algorithm(
    name="quicksort",
    version=1,
    source="CLRS 3rd edition, section 7.1, page 171; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=quicksort,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    smallest=2,
    words={"keys": KEY_DISTRIBUTIONS},
    growth=1.25,
    training={"positions": "random"},
)
