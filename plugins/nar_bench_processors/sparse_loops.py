"""The loops of `nar_bench_processors.sparse_messages` over the edges of some nodes, plain Python that numba compiles.

The edges are those into the nodes from `start` on; what there is for each of them [E', D] begins with the edge at
offsets[start].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.model.segment_loops import NOBODY, TIED

Rows = NDArray[np.int64]
Table = NDArray[Any]
Chosen = NDArray[np.int32]

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


def to_weight(chosen: Chosen, gradient: Table, read: Table, to: Table) -> None:
    """Add to the gradient of U that of the maxima over U y_e of each node and column, without equal ones.

    Each maximum came along one edge, so there is one row y_e to add for each node and column, not for each edge and
    column. Four are added at once: to load and store a row takes longer than to multiply it.

    Args:
        chosen: [V, H] the edge of each maximum, counted from the first of the block, or less than 0.
        read: [E', D] y.
        to: [H, D], like U.
    """
    if not len(read):
        return
    # Unsigned numbers index without a look at whether they count from the end.
    nodes, width = len(chosen), np.uint64(read.shape[1])
    for h in range(chosen.shape[1]):
        column = np.uint64(h)
        for first in range(0, nodes, 4):
            v0, v1 = np.uint64(first), np.uint64(min(first + 1, nodes - 1))
            v2, v3 = np.uint64(min(first + 2, nodes - 1)), np.uint64(min(first + 3, nodes - 1))
            g0, g1, g2, g3 = gradient[v0, h], gradient[v1, h], gradient[v2, h], gradient[v3, h]
            zero = gradient.dtype.type(0)
            g0 = g0 if chosen[v0, h] >= 0 else zero
            g1 = g1 if chosen[v1, h] >= 0 and first + 1 < nodes else zero
            g2 = g2 if chosen[v2, h] >= 0 and first + 2 < nodes else zero
            g3 = g3 if chosen[v3, h] >= 0 and first + 3 < nodes else zero
            e0, e1 = np.uint64(max(chosen[v0, h], 0)), np.uint64(max(chosen[v1, h], 0))
            e2, e3 = np.uint64(max(chosen[v2, h], 0)), np.uint64(max(chosen[v3, h], 0))
            for d in range(width):
                to[column, d] += (g0 * read[e0, d] + g1 * read[e1, d]) + (g2 * read[e2, d] + g3 * read[e3, d])


def to_rows(chosen: Chosen, gradient: Table, weight: Table, offsets: Rows, to: Table) -> None:
    """Fill in the gradient of y_e that of the maxima over U y_e gives each edge, without equal ones.

    Args:
        chosen: as in `to_weight`.
        weight: U.
        offsets: [V + 1] of the block's edges, from 0.
        to: [E', D].
    """
    columns, width = chosen.shape[1], np.uint64(weight.shape[1])
    of_edge = np.empty(columns, np.uint64)  # the columns that came along each edge, one edge after the other
    for v in range(len(chosen)):
        first, last = offsets[v], offsets[v + 1]
        ends = np.zeros(last - first + 1, np.int64)
        for h in range(columns):
            if chosen[v, h] >= 0:
                ends[chosen[v, h] - first + 1] += 1
        for e in range(1, len(ends)):
            ends[e] += ends[e - 1]
        for h in range(columns):
            if chosen[v, h] >= 0:
                of_edge[ends[chosen[v, h] - first]] = h
                ends[chosen[v, h] - first] += 1
        node, done = np.uint64(v), 0
        for e in range(first, last):
            edge, end = np.uint64(e), ends[e - first]
            for d in range(width):
                to[edge, d] = 0
            while done + 4 <= end:
                h0, h1, h2, h3 = of_edge[done], of_edge[done + 1], of_edge[done + 2], of_edge[done + 3]
                g0, g1, g2, g3 = gradient[node, h0], gradient[node, h1], gradient[node, h2], gradient[node, h3]
                for d in range(width):
                    to[edge, d] += (g0 * weight[h0, d] + g1 * weight[h1, d]) + (g2 * weight[h2, d] + g3 * weight[h3, d])
                done += 4
            while done < end:
                h0 = of_edge[done]
                g0 = gradient[node, h0]
                for d in range(width):
                    to[edge, d] += g0 * weight[h0, d]
                done += 1


def to_equal(
    chosen: Chosen, largest: Table, gradient: Table, messages: Table, read: Table, weight: Table, offsets: Rows,
    to_u: Table, to: Table,
) -> None:  # fmt: skip
    """Add to both what equal maxima give, each an equal share; `messages` [E', H] are U y_e."""
    for v in range(len(chosen)):
        for h in range(chosen.shape[1]):
            if chosen[v, h] == TIED:
                number = 0
                for e in range(offsets[v], offsets[v + 1]):
                    number += messages[e, h] == largest[v, h]
                share = gradient[v, h] / gradient.dtype.type(number)
                for e in range(offsets[v], offsets[v + 1]):
                    if messages[e, h] == largest[v, h]:
                        for d in range(read.shape[1]):
                            to_u[h, d] += share * read[e, d]
                            to[e, d] += share * weight[h, d]


def rectified_largest(
    x: Table, values: Table, weight: Table, bias: Table, source: Rows, offsets: Rows, out: Table, chosen: Chosen
) -> None:
    """Fill in the largest relu(x_i + W v + b) and the edge it came along; `weight` is W transposed, [F, H].

    A largest of 0 came along NOBODY, since nothing goes back.
    """
    message = np.empty(x.shape[1], x.dtype)
    for v in range(len(out)):
        to, by = out[v], chosen[v]
        to[:] = 0
        by[:] = NOBODY
        for e in range(offsets[v], offsets[v + 1]):
            own, number = x[source[e]], np.int32(e)
            for h in range(len(to)):
                message[h] = own[h] + bias[h]
            for f in range(weight.shape[0]):
                value, row = values[e, f], weight[f]
                for h in range(len(to)):
                    message[h] += value * row[h]
            for h in range(len(to)):
                come, so_far = message[h], to[h]
                larger = (come > so_far) | (come != come)
                tied = (come == so_far) & (come > 0)
                by[h] = number if larger else (np.int32(TIED) if tied else by[h])
                to[h] = come if larger else so_far


def rectified_back(
    x: Table, values: Table, weight: Table, bias: Table, source: Rows, offsets: Rows, out: Table, chosen: Chosen,
    gradient: Table, to_x: Table, to_weight: Table, to_bias: Table, to_edges: Table,
) -> None:  # fmt: skip
    """Go back to all that `rectified_largest` reads; equal ones get equal shares.

    Args:
        to_edges: filled in for each edge and column, where it has rows.
    """
    zero = gradient.dtype.type(0)
    shares = np.empty(x.shape[1], x.dtype)
    message = np.empty(x.shape[1], x.dtype)
    for v in range(len(out)):
        by, given, largest = chosen[v], gradient[v], out[v]
        tied = 0
        for h in range(len(by)):
            tied += by[h] == TIED
        number = np.zeros(len(by) if tied else 0, np.int64)
        for counting in range(1 if tied else 0, -1, -1):
            for e in range(offsets[v], offsets[v + 1]):
                own, me, to = x[source[e]], np.int32(e), to_x[source[e]]
                for h in range(len(by)):
                    shares[h] = given[h] if by[h] == me else zero
                if tied:
                    for h in range(len(by)):
                        message[h] = own[h] + bias[h]
                    for f in range(weight.shape[0]):
                        value, row = values[e, f], weight[f]
                        for h in range(len(by)):
                            message[h] += value * row[h]
                    for h in range(len(by)):
                        if by[h] == TIED and message[h] == largest[h]:
                            if counting:
                                number[h] += 1
                            else:
                                shares[h] = given[h] / number[h]
                if counting:
                    continue
                for h in range(len(by)):
                    to[h] += shares[h]
                    to_bias[h] += shares[h]
                for f in range(weight.shape[0]):
                    value, row = values[e, f], to_weight[f]
                    for h in range(len(by)):
                        row[h] += value * shares[h]
                if len(to_edges):
                    to_edges[e, :] = shares
