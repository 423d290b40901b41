"""What the sorting algorithms share: an order of nodes as predecessor pointers.

The first part is plain Python that numba compiles; the second works on the dense inputs of one instance.
"""

from __future__ import annotations

import numpy as np

from nar_bench.trajectory import Array


def chain(order, pred):
    """Fill pred [n]: the node before each node in `order` [n], itself for the first."""
    pred[order[0]] = order[0]
    for k in range(1, len(order)):
        pred[order[k]] = order[k - 1]


def exchange(order, pred, i, j):
    """Exchange the nodes in places i and j, and keep `pred` the chain of `order`."""
    if i == j:
        return
    order[i], order[j] = order[j], order[i]
    for k in (i, j):
        pred[order[k]] = order[max(k - 1, 0)]
        if k + 1 < len(order):
            pred[order[k + 1]] = order[k]


def sorted_order(keys: Array) -> Array:
    """Return [N] the predecessor of each node in the stable ascending order of `keys` [N]; itself for the first."""
    order = sorted(range(len(keys)), key=lambda node: float(keys[node]))
    pred = np.empty(len(keys), np.int64)
    for before, node in zip([order[0], *order], order, strict=False):
        pred[node] = before
    return pred


def is_sorted_order(keys: Array, pred: Array) -> bool:
    """Say whether `pred` [N] is one chain through all nodes along which `keys` [N] never fall."""
    successor: dict[int, int] = {}
    firsts = []
    for node, before in enumerate(pred.tolist()):
        if before == node:
            firsts.append(node)
        elif before in successor or keys[before] > keys[node]:
            return False
        else:
            successor[before] = node
    if len(firsts) != 1:
        return False
    seen, node = 1, firsts[0]
    while node in successor:
        node = successor[node]
        seen += 1
    return seen == len(pred)
