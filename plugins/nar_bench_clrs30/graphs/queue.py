"""The priority queue of Prim's and Dijkstra's algorithms, as the masks that CLRS-30 shows."""

from __future__ import annotations

import numpy as np


def extract_min(key, in_queue):
    """Return the node of least `key` [n] in the queue, the lowest index of equal ones; -1 where it is empty."""
    least, shortest = -1, np.inf
    for v in range(len(key)):
        if (in_queue[v] != 0) & (key[v] < shortest):
            least, shortest = v, key[v]
    return least
