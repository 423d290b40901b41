"""The priority queue of Prim's and Dijkstra's algorithms, as the masks that CLRS-30 shows."""

from __future__ import annotations


def extract_min(key, in_queue):
    """Return the node of least `key` [n] in the queue, the lowest index of equal ones; -1 where it is empty."""
    least = -1
    for v in range(len(key)):
        if in_queue[v] and (least < 0 or key[v] < key[least]):
            least = v
    return least
