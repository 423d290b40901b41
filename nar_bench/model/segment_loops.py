"""The loops over edges of `nar_bench.model.segments`, plain Python that numba compiles.

Values [R, H] are rows of numbers, of which edge e takes rows[e]; offsets[v] to offsets[v + 1] are the edges into node
v. All arrays are contiguous. A thread has the nodes from `first` to `last` or, where edges into several nodes may add
to one row, all nodes and the columns from `left` to `right`: no sum depends on how many threads there are. The
innermost loops run along rows without a branch, which is what makes vectors of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Table = NDArray[Any]
Chosen = NDArray[np.int32]

TIED = -2
"""In place of an edge: several edges have the largest value."""
NOBODY = -1


def largest(values: Table, rows: Rows, offsets: Rows, out: Table, first: int, last: int) -> None:
    """Fill in the largest value of each node and column; 0 where no edge leads to the node, NaN where one brings it."""
    for v in range(first, last):
        start = offsets[v]
        out[v, :] = 0
        for e in range(start, offsets[v + 1]):
            row = rows[e]
            if e == start:
                for h in range(out.shape[1]):
                    out[v, h] = values[row, h]
            else:
                for h in range(out.shape[1]):
                    come, so_far = values[row, h], out[v, h]
                    out[v, h] = come if (come > so_far) | (come != come) else so_far


def largest_and_edge(
    values: Table, rows: Rows, offsets: Rows, out: Table, chosen: Chosen, first: int, last: int
) -> None:
    """Fill in the largest values, and the edge that each came along, or TIED or NOBODY."""
    for v in range(first, last):
        start = offsets[v]
        out[v, :] = 0
        chosen[v, :] = NOBODY
        for e in range(start, offsets[v + 1]):
            row, number = rows[e], np.int32(e)
            if e == start:
                for h in range(out.shape[1]):
                    out[v, h] = values[row, h]
                    chosen[v, h] = number
            else:
                for h in range(out.shape[1]):
                    come, so_far = values[row, h], out[v, h]
                    larger = (come > so_far) | (come != come)
                    chosen[v, h] = number if larger else (np.int32(TIED) if come == so_far else chosen[v, h])
                    out[v, h] = come if larger else so_far


def add_to_largest(
    values: Table,
    rows: Rows,
    offsets: Rows,
    out: Table,
    chosen: Chosen,
    gradient: Table,
    to_values: Table,
    left: int,
    right: int,
) -> None:
    """Add the gradient of the largest values to that of the rows they came from; equal ones get equal shares."""
    for v in range(len(out)):
        by, given = chosen[v, left:right], gradient[v, left:right]
        for e in range(offsets[v], offsets[v + 1]):
            to, number = to_values[rows[e], left:right], np.int32(e)
            for h in range(len(to)):
                to[h] += given[h] if by[h] == number else given.dtype.type(0)
        tied = 0
        for h in range(len(by)):
            tied += by[h] == TIED
        if tied:
            share(values, rows, offsets, out, chosen, gradient, to_values, v, left, right)


def share(
    values: Table,
    rows: Rows,
    offsets: Rows,
    out: Table,
    chosen: Chosen,
    gradient: Table,
    to_values: Table,
    v: int,
    left: int,
    right: int,
) -> None:
    """Share the gradient of node v in the columns where several edges brought the largest value."""
    for h in range(left, right):
        if chosen[v, h] == TIED:
            number = 0
            for e in range(offsets[v], offsets[v + 1]):
                number += values[rows[e], h] == out[v, h]
            for e in range(offsets[v], offsets[v + 1]):
                if values[rows[e], h] == out[v, h]:
                    to_values[rows[e], h] += gradient[v, h] / number


def add_up(values: Table, rows: Rows, offsets: Rows, out: Table, first: int, last: int) -> None:
    """Fill in the sum of the values of each node's edges."""
    for v in range(first, last):
        to = out[v]
        to[:] = 0
        for e in range(offsets[v], offsets[v + 1]):
            come = values[rows[e]]
            for h in range(len(to)):
                to[h] += come[h]


def add_back(gradient: Table, rows: Rows, offsets: Rows, to_values: Table, left: int, right: int) -> None:
    """Add the gradient of each node's sum to that of the rows that were added up."""
    for v in range(len(gradient)):
        given = gradient[v, left:right]
        for e in range(offsets[v], offsets[v + 1]):
            to = to_values[rows[e], left:right]
            for h in range(len(to)):
                to[h] += given[h]


def add_up_weighted(
    values: Table, rows: Rows, offsets: Rows, weights: Table, out: Table, first: int, last: int
) -> None:
    """Fill in the sum of the values of each node's edges, each times the weight [E, heads] of its edge and head."""
    heads = weights.shape[1]
    width = out.shape[1] // heads
    for v in range(first, last):
        out[v, :] = 0
        for e in range(offsets[v], offsets[v + 1]):
            row = rows[e]
            for k in range(heads):
                weight, come, to = weights[e, k], values[row, k * width :], out[v, k * width : (k + 1) * width]
                for h in range(len(to)):
                    to[h] += weight * come[h]


def add_back_weighted(
    gradient: Table, rows: Rows, offsets: Rows, weights: Table, to_values: Table, left: int, right: int
) -> None:
    """Add the gradient of each node's weighted sum to that of the rows, for the heads from `left` to `right`."""
    width = gradient.shape[1] // weights.shape[1]
    for v in range(len(gradient)):
        for e in range(offsets[v], offsets[v + 1]):
            for k in range(left, right):
                weight, given = weights[e, k], gradient[v, k * width :]
                to = to_values[rows[e], k * width : (k + 1) * width]
                for h in range(len(to)):
                    to[h] += weight * given[h]


def softmax(logits: Table, offsets: Rows, out: Table, first: int, last: int) -> None:
    """Fill in exp(logit) of each edge and head over their sum at the node that the edge leads to."""
    for v in range(first, last):
        for k in range(logits.shape[1]):
            peak = logits.dtype.type(-np.inf)
            for e in range(offsets[v], offsets[v + 1]):
                peak = max(peak, logits[e, k])
            total = logits.dtype.type(0)
            for e in range(offsets[v], offsets[v + 1]):
                out[e, k] = np.exp(logits[e, k] - peak)
                total += out[e, k]
            for e in range(offsets[v], offsets[v + 1]):
                out[e, k] /= total


def softmax_back(shares: Table, offsets: Rows, gradient: Table, to_logits: Table, first: int, last: int) -> None:
    """Fill in the gradient of the logits whose softmax are `shares`."""
    for v in range(first, last):
        for k in range(shares.shape[1]):
            mean = shares.dtype.type(0)
            for e in range(offsets[v], offsets[v + 1]):
                mean += shares[e, k] * gradient[e, k]
            for e in range(offsets[v], offsets[v + 1]):
                to_logits[e, k] = shares[e, k] * (gradient[e, k] - mean)
