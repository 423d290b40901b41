"""The median, by partition.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 9.2, RANDOMIZED-SELECT
(page 216) with PARTITION (page 171), the last key as the pivot and the recursion as a loop. The median is the key of
rank n // 2, counted from 0. `i_rank` and `target` are divided by n; the reference counts `i_rank` from the start of the
array while it scans, and from p after the partition.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import KEY_DISTRIBUTIONS, draw_keys
from nar_bench_clrs30.positions import derive_positions, ordered_positions
from nar_bench_clrs30.sorting.order import chain, exchange

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("p", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("r", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i_rank", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("target", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("pivot", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("median", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`)."""
    return ordered_positions(size), draw_keys(rng, size, keys)


def selection(key, median, counted_from_start):
    """Find the node whose key has rank n // 2; while scanning, `i_rank` counts from the array's start or from p."""
    n = len(key)
    order, pred = np.arange(n), np.empty(n, np.int64)  # order[k] is the node in place k of the book's array A
    chain(order, pred)
    p, r, target, q = 0, n - 1, n // 2, -1
    while q - p != target:  # line 5, with ranks from 0
        if q >= 0 and target < q - p:  # line 7
            r = q - 1
        elif q >= 0:
            target -= q - p + 1  # line 9
            p = q + 1
        i = p - 1
        for j in range(p, r):  # PARTITION line 3
            if key[order[j]] <= key[order[r]]:
                i += 1
                exchange(order, pred, i, j)
            rank = i + 1 if counted_from_start else i + 1 - p
            yield pred, order[p], order[r], order[i + 1], order[j], rank / n, target / n, order[r]
        q = i + 1
        exchange(order, pred, q, r)
        yield pred, order[p], order[r], order[q], order[r], (q - p) / n, target / n, order[q]
    median[0] = order[q]


def quickselect(key, median):
    """Find the node whose key has rank n // 2."""
    yield from selection(key, median, True)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find it with Python's own sort."""
    key = inputs["key"].tolist()
    median = np.zeros(len(key))
    median[sorted(range(len(key)), key=key.__getitem__)[len(key) // 2]] = 1
    return {"median": median}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every node whose key is the one of rank n // 2."""
    key = inputs["key"]
    return bool(key[np.argmax(outputs["median"])] == np.sort(key)[len(key) // 2])


QUICKSELECT = Algorithm(
    name="quickselect",
    version=1,
    source="CLRS 3rd edition, section 9.2, page 216; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=quickselect,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=1,
    training={"positions": "random"},
)
