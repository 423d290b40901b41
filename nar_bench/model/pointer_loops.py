"""The loops of `nar_bench.model.sparse_pointers` over edges, plain Python that numba compiles.

Of edge e, from node j to node i, score_e = a . max(p_i, q_j + W v_e + b), columns 0 to H - 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Table = NDArray[Any]


def scores(
    pointing: Table, pointed: Table, values: Table, weight: Table, bias: Table, score: Table, source: Rows,
    target: Rows, out: Table, first: int, last: int,
) -> None:  # fmt: skip
    """Fill in the scores of the edges from `first` to `last`; `weight` is W transposed, [F, H]."""
    other = np.empty(len(bias), bias.dtype)
    for e in range(first, last):
        own, at = pointing[target[e]], pointed[source[e]]
        for h in range(len(other)):
            other[h] = at[h] + bias[h]
        for f in range(weight.shape[0]):
            value, row = values[e, f], weight[f]
            for h in range(len(other)):
                other[h] += value * row[h]
        total = out.dtype.type(0)
        for h in range(len(other)):
            total += score[h] * (own[h] if (own[h] > other[h]) | (own[h] != own[h]) else other[h])
        out[e] = total


def back(
    pointing: Table, pointed: Table, values: Table, weight: Table, bias: Table, score: Table, source: Rows,
    target: Rows, gradient: Table, to_pointing: Table, to_pointed: Table, to_weight: Table, to_bias: Table,
    to_score: Table, to_others: Table,
) -> None:  # fmt: skip
    """Add the gradients of all that is read; of two equal numbers each gets half, as torch's `maximum` has it.

    Args:
        to_others: filled in for each edge and column, the gradient of q_j + W v_e + b, where it has rows.
    """
    half = bias.dtype.type(0.5)
    one, zero = bias.dtype.type(1), bias.dtype.type(0)
    other, given = np.empty(len(bias), bias.dtype), np.empty(len(bias), bias.dtype)
    for e in range(len(gradient)):
        own, at = pointing[target[e]], pointed[source[e]]
        to_own, to_at, g = to_pointing[target[e]], to_pointed[source[e]], gradient[e]
        for h in range(len(other)):
            other[h] = at[h] + bias[h]
        for f in range(weight.shape[0]):
            value, row = values[e, f], weight[f]
            for h in range(len(other)):
                other[h] += value * row[h]
        for h in range(len(other)):
            to_score[h] += g * (own[h] if own[h] > other[h] else other[h])
            share = one if other[h] > own[h] else (half if other[h] == own[h] else zero)
            given[h] = g * score[h] * share
            to_own[h] += g * score[h] * (one - share)
        for h in range(len(other)):
            to_at[h] += given[h]
            to_bias[h] += given[h]
        for f in range(weight.shape[0]):
            value, row = values[e, f], to_weight[f]
            for h in range(len(other)):
                row[h] += value * given[h]
        if len(to_others):
            to_others[e, :] = given
