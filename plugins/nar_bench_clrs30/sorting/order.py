"""What the sorting algorithms share: a sorted order as predecessor pointers."""

from __future__ import annotations

import numpy as np

from nar_bench.trajectory import Array


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
