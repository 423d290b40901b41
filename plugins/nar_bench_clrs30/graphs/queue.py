"""The priority queue of Prim's and Dijkstra's algorithms, as the masks that CLRS-30 shows."""

from __future__ import annotations

import numpy as np

_LAST = np.int64(2**63 - 1)


def extract_min(bits, in_queue):
    """Return the node of least key in the queue, the lowest index of equal ones; -1 where it is empty.

    The keys, none of them NaN or -0.0, are given as their `bits`, key.view(np.int64) [n]: the least of whole numbers is
    found several at a time.
    """
    n = len(bits)
    least, node = _LAST, n
    for v in range(n):
        least = min(least, in_order(bits[v]) if in_queue[v] else _LAST)
    for v in range(n):
        node = min(node, v if (in_queue[v] != 0) & (in_order(bits[v]) == least) else n)
    return node if node < n else -1


def in_order(bits):
    """Return the bits of a float64, read as a whole number, so that these are in the order of the floats.

    They are for floats that are not negative; the others, which are all below, have to be turned round.
    """
    return bits ^ ((bits >> 63) & _LAST)
