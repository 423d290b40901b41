"""Sorting with a heap.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 6.4, HEAPSORT (page 160),
with MAX-HEAPIFY (page 154) as a loop instead of a recursion. `parent` shows the heap, `phase` whether it is being built
(0), has just lost its root (1), or is being mended (2). In phase 1 the reference shows node 0 as `largest`, whatever is
in place 0.
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
        Feature("parent", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("largest", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("heap_size", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.CATEGORICAL, 3),
        Feature("pred", Stage.OUTPUT, Location.NODE, Type.PERMUTATION_POINTER),
    )
)

BUILD, TAKE, MEND = 0, 1, 2
"""The classes of `phase`."""


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`)."""
    return ordered_positions(size), draw_keys(rng, size, keys)


def larger(key, order, i, heap_size):
    """Return which of place i and its children holds the largest key: MAX-HEAPIFY lines 1 to 7."""
    left, right, largest = 2 * i + 1, 2 * i + 2, i
    if left < heap_size and key[order[left]] > key[order[i]]:
        largest = left
    if right < heap_size and key[order[right]] > key[order[largest]]:
        largest = right
    return largest


def hang(order, parent, heap_size):
    """Fill parent [n]: the node above each node of the heap, itself for the root and for nodes outside."""
    for k in range(len(order)):
        parent[order[k]] = order[(k - 1) // 2] if 0 < k < heap_size else order[k]


def heap_steps(key, pred, node_0):
    """Sort; `node_0` says whether `largest` is node 0, or the node in place 0, where the heap has lost its root."""
    n = len(key)
    order = np.arange(n)  # order[k] is the node in place k of the book's array A
    parent = np.empty(n, np.int64)
    chain(order, pred)
    hang(order, parent, n)
    yield pred, parent, n - 1, n - 1, n - 1, n - 1, BUILD
    for turn in range(2 * n - 1):
        if turn < n:  # BUILD-MAX-HEAP
            heap_size, top, phase = n, n - 1 - turn, BUILD
            shown = top
        else:  # HEAPSORT lines 2 to 5
            heap_size, top, phase = 2 * n - 1 - turn, 0, MEND
            shown = heap_size
            exchange(order, pred, 0, heap_size)
            hang(order, parent, heap_size)
            root = 0 if node_0 else order[0]
            yield pred, parent, order[0], order[heap_size], root, order[heap_size - 1], TAKE
        i = top
        largest = -1
        while largest != i:  # MAX-HEAPIFY, until place i holds the largest
            if largest >= 0:
                i = largest
            largest = larger(key, order, i, heap_size)
            if largest != i:
                exchange(order, pred, i, largest)
                hang(order, parent, heap_size)
            yield pred, parent, order[shown], order[i], order[largest], order[heap_size - 1], phase


def heapsort(key, pred):
    """Sort; pred[v] is the node before v in the order, v itself for the first."""
    yield from heap_steps(key, pred, True)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Sort with Python's own sort."""
    return {"pred": sorted_order(inputs["key"])}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every order of all nodes in which no key is greater than the next; equal keys may stand in any order."""
    return is_sorted_order(inputs["key"], outputs["pred"])


HEAPSORT = Algorithm(
    name="heapsort",
    version=1,
    source="CLRS 3rd edition, section 6.4, page 160; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=heapsort,
    verify=verify,
    reference=reference,
    derive={"pos": derive_positions},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=1.2,
    training={"positions": "random"},
)
