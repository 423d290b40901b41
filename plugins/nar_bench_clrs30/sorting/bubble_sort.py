"""Sorting by exchanging neighbours.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, problem 2-2, BUBBLESORT (page 40).
Nodes keep their places; what is sorted is the order of the nodes, shown as predecessor pointers.
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
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pred", Stage.OUTPUT, Location.NODE, Type.PERMUTATION_POINTER),
    )
)


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`)."""
    return ordered_positions(size), draw_keys(rng, size, keys)


def bubble_sort(key, pred):
    """Sort; pred[v] is the node before v in the order, v itself for the first."""
    n = len(key)
    order = np.arange(n)  # order[k] is the node in place k of the book's array A
    chain(order, pred)
    yield pred, 0, 0
    for i in range(n - 1):  # line 1
        for j in range(n - 1, i, -1):  # line 2
            if key[order[j]] < key[order[j - 1]]:  # line 3
                exchange(order, pred, j - 1, j)  # line 4
            yield pred, order[i], order[j]


def reference(inputs: Inputs) -> dict[str, Array]:
    """Sort with Python's own sort."""
    return {"pred": sorted_order(inputs["key"])}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every order of all nodes in which no key is greater than the next; equal keys may stand in any order."""
    return is_sorted_order(inputs["key"], outputs["pred"])


BUBBLE_SORT = Algorithm(
    name="bubble_sort",
    version=1,
    source="CLRS 3rd edition, problem 2-2, page 40; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=bubble_sort,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=2,
    training={"positions": "random"},
)
