"""Sorting with a heap, showing as `largest` the node in place 0 where the heap has just lost its root.

Version 1 shows node 0 there, whatever is in place 0. See docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.sorting.heapsort import HEAPSORT, heap_steps


def heapsort_v2(key, pred):
    """Sort; pred[v] is the node before v in the order, v itself for the first."""
    yield from heap_steps(key, pred, False)


HEAPSORT_V2 = replace(HEAPSORT, name="heapsort_v2", version=2, step=heapsort_v2)
