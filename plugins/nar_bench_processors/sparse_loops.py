"""The loops of `nar_bench_processors.sparse_messages` over the edges of some nodes, plain Python that numba compiles.

The edges are those into the nodes from `start` on; what there is for each of them [E', D] begins with the edge at
offsets[start].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Table = NDArray[Any]

WIDE = 4
"""Features that are added at once."""


def ends(
    sender: Table, receiver: Table, values: Table, weight: Table, source: Rows, offsets: Rows, out: Table, start: int
) -> None:
    """Fill in relu(s_i + r_j + W v) of each edge; `weight` is W transposed, with rows of zeros up to `WIDE` or more."""
    zero = out.dtype.type(0)
    features, last = values.shape[1], len(weight) - WIDE
    w0, w1, w2, w3 = weight[last], weight[last + 1], weight[last + 2], weight[last + 3]
    origin = offsets[start]
    e = origin
    v = start
    while e < origin + len(out):
        while offsets[v + 1] <= e:
            v += 1
        to, own, other = out[e - origin], sender[source[e]], receiver[v]
        v0 = values[e, last] if last < features else zero
        v1 = values[e, last + 1] if last + 1 < features else zero
        v2 = values[e, last + 2] if last + 2 < features else zero
        v3 = values[e, last + 3] if last + 3 < features else zero
        for d in range(len(to)):
            total = own[d] + other[d] + v0 * w0[d] + v1 * w1[d] + v2 * w2[d] + v3 * w3[d]
            to[d] = total if last else max(total, zero)  # in this order NaN comes through
        if last:
            for f in range(last):
                value, row = values[e, f], weight[f]
                for d in range(len(to)):
                    to[d] += value * row[d]
            for d in range(len(to)):
                to[d] = max(to[d], zero)
        e += 1


def rectify(activated: Table, gradient: Table, total: Table) -> None:
    """Zero the gradient where the activation is, and add what is left, over all edges, to `total`."""
    zero = gradient.dtype.type(0)
    for e in range(len(gradient)):
        to, by = gradient[e], activated[e]
        for d in range(len(to)):
            to[d] = to[d] if by[d] > zero else zero
            total[d] += to[d]


def to_ends(
    first: Table, gradient: Table, values: Table, source: Rows, offsets: Rows, to_sender: Table, to_receiver: Table,
    to_weight: Table, start: int, last: int,
) -> None:  # fmt: skip
    """Go back from relu(s_i + r_j + W v) to all three; zeroes the gradient where the activation is zero.

    Args:
        to_weight: of W transposed.
    """
    zero = gradient.dtype.type(0)
    origin = offsets[start]
    for v in range(start, last):
        receiver = to_receiver[v]
        for e in range(offsets[v], offsets[v + 1]):
            to, by, sender = gradient[e - origin], first[e - origin], to_sender[source[e]]
            for d in range(len(to)):
                to[d] = to[d] if by[d] > zero else zero
                sender[d] += to[d]
                receiver[d] += to[d]
            for f in range(to_weight.shape[0]):
                value, row = values[e, f], to_weight[f]
                for d in range(len(to)):
                    row[d] += value * to[d]
