"""Sorting by insertion.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 2.1, INSERTION-SORT
(page 18). Nodes keep their places; what is sorted is the order of the nodes, shown as predecessor pointers.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import KEY_DISTRIBUTIONS, draw_keys
from nar_bench_clrs30.positions import derive_positions, ordered_positions
from nar_bench_clrs30.sorting.order import chain, is_sorted_order, sorted_order

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


def insertion_sort(key, pred):
    """Sort; pred[v] is the node before v in the order, v itself for the first."""
    n = len(key)
    order = np.arange(n)  # order[k] is the node in place k of the book's array A
    chain(order, pred)
    yield pred, 0, 0
    for j in range(1, n):  # line 1
        node = order[j]
        i = j - 1
        while i >= 0 and key[order[i]] > key[node]:  # line 5
            order[i + 1] = order[i]
            i -= 1
        successor = order[i + 1]  # the node that stood there, or node itself where nothing moved
        order[i + 1] = node  # line 8
        chain(order, pred)
        yield pred, successor, node


def reference(inputs: Inputs) -> dict[str, Array]:
    """Sort with Python's own sort, which is stable as insertion sort is."""
    return {"pred": sorted_order(inputs["key"])}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every order of all nodes in which no key is greater than the next; equal keys may stand in any order."""
    return is_sorted_order(inputs["key"], outputs["pred"])


INSERTION_SORT = Algorithm(
    name="insertion_sort",
    version=1,
    source="CLRS 3rd edition, section 2.1, page 18; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=insertion_sort,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=1,
    training={"positions": "random"},
)
