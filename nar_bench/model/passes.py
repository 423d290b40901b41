"""Passes over the vectors of a block of pairs, before and after its products of H x H.

On a CPU each is one compiled loop: torch would go over the block once for each of its operations, which at 64 nodes
together take an eighth as long as the products. Elsewhere, and of other numbers than float32, they are torch's
operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from nar_bench.compiler import compiles
from nar_bench.model.blocks import Block, on_threads
from nar_bench.model.loops import arrays, fast

_WIDE = 4
"""Features that the loops add at once."""
_LANES = 16
"""Numbers that a CPU works on at once, at most."""


class Terms(NamedTuple):
    """The sum W v_ij + r_i + c_j of each pair [i, j]."""

    values: Float[Tensor, "B N N F"]
    """v."""
    weight: Float[Tensor, "F H"]
    """W, transposed."""
    row: Float[Tensor, "B N H"]
    """r."""
    column: Float[Tensor, "B N H"]
    """c."""
    arrays: list[NDArray[Any]] | None
    """The same where the passes are compiled loops."""


def terms(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    row: Float[Tensor, "B N H"],
    column: Float[Tensor, "B N H"],
) -> Terms:
    """Lay out the terms as the loops read them: side by side, with features of zeros up to a multiple of four."""
    values, weight, row, column = (tensor.detach() for tensor in (values, weight.T, row, column))
    looped = compiled(row)
    if looped:
        missing = -values.shape[-1] % _WIDE or (0 if values.shape[-1] else _WIDE)
        values, weight = F.pad(values, (0, missing)), F.pad(weight, (0, 0, 0, missing))
    values, weight, row, column = (tensor.contiguous() for tensor in (values, weight, row, column))
    return Terms(values, weight, row, column, arrays(values, weight, row, column) if looped else None)


def compiled(tensor: Tensor) -> bool:
    """Return whether the passes over such numbers are compiled loops."""
    return tensor.device.type == "cpu" and tensor.dtype is torch.float32 and compiles()


def rectified_sums(block: Block, of: Terms, out: Float[Tensor, "R H"]) -> None:
    """Set out to relu(W v_ij + r_i + c_j) for the pairs of a block."""
    if of.arrays is not None:
        fast(_rectify_sums, free_sums=True)(*_bounds(block), *of.arrays, *arrays(out))
        return
    graphs, rows, flat = block
    torch.add(of.row[graphs, rows, None], of.column[graphs, None], out=_by_pair(out, block, of.values))
    out.addmm_(of.values.flatten(0, 2)[flat], of.weight).relu_()


def larger_scores(
    block: Block,
    of: Terms,
    score: Float[Tensor, " H"],
    joint: Float[Tensor, "R H"],
    out: Float[Tensor, "B N N"],
    *,
    onto: bool,
) -> None:
    """Set out to u . max(c_j, W v_ij + r_i + q_ij) for the pairs of a block.

    Args:
        block: the pairs.
        of: W, v, r and c.
        score: u.
        joint: q; becomes the larger side of each pair.
        out: scores of the whole batch.
        onto: whether there is a q; without, whatever is in `joint` is overwritten.
    """
    if of.arrays is not None:
        fast(_score_larger, free_sums=True)(*_bounds(block), *of.arrays, *arrays(score, joint, out), onto)
        return
    graphs, rows, flat = block
    pairs = _by_pair(joint, block, of.values)
    row = of.row[graphs, rows, None]
    _ = pairs.add_(row) if onto else pairs.copy_(row.expand_as(pairs))
    joint.addmm_(of.values.flatten(0, 2)[flat], of.weight)
    torch.maximum(pairs, of.column[graphs, None], out=pairs)
    torch.mv(joint, score, out=out.view(-1)[flat])


def can_score_alone(values: Float[Tensor, "B N N F"], like: Tensor) -> bool:
    """Return whether there is `scores_alone` for so many features, on this device and of such numbers."""
    return values.shape[-1] <= _WIDE and compiled(like)


def scores_alone(of: Terms, score: Float[Tensor, " H"]) -> Float[Tensor, "B N N"]:
    """Return u . max(c_j, W v_ij + r_i) for every pair, where nothing else of the pairs is wanted.

    The innermost loop runs along j, so that no vector of a pair is ever made and nothing has to be summed across one.
    """
    batch, nodes, _, features = of.values.shape
    wide = -(-nodes // _LANES) * _LANES
    values = of.values.new_zeros(batch, features, nodes, wide)
    values[..., :nodes] = of.values.permute(0, 3, 1, 2)
    column = of.column.new_zeros(batch, of.column.shape[2], wide)
    column[..., :nodes] = of.column.transpose(1, 2)
    scores = of.row.new_empty(batch, nodes, wide)
    held = arrays(values, of.weight, of.row, column, score, scores)

    def work(left: Iterator[int]) -> None:
        for graph in left:
            fast(_score_along, free_sums=True)(graph, min(graph + at_once, batch), *held)

    at_once = max(1, batch // (4 * torch.get_num_threads()))
    on_threads(work, range(0, batch, at_once))
    return scores[..., :nodes]


def row_maxima(block: Block, pairs: Float[Tensor, "R H"], out: Float[Tensor, "B N H"]) -> None:
    """Set out to the maximum over j of the vectors of the pairs [i, j] of a block, for its rows i."""
    if compiled(pairs):
        fast(_fill_maxima, free_sums=True)(*_bounds(block), *arrays(pairs, out))
        return
    by_pair = pairs.view(block.graphs.stop - block.graphs.start, block.rows.stop - block.rows.start, out.shape[1], -1)
    torch.amax(by_pair, dim=2, out=out[block.graphs, block.rows])


def _by_pair(vectors: Tensor, block: Block, values: Tensor) -> Float[Tensor, "G R N H"]:
    graphs, rows, _ = block
    return vectors.view(graphs.stop - graphs.start, rows.stop - rows.start, values.shape[2], -1)


def _bounds(block: Block) -> tuple[int, int, int, int]:
    return block.graphs.start, block.graphs.stop, block.rows.start, block.rows.stop


# Plain Python that numba compiles: each works on graphs [graph, graphs_end) and rows [row, rows_end) of a batch.


def _rectify_sums(
    graph: int,
    graphs_end: int,
    start: int,
    end: int,
    values: NDArray[Any],
    weight: NDArray[Any],
    row: NDArray[Any],
    column: NDArray[Any],
    out: NDArray[Any],
) -> None:
    last = values.shape[3] - _WIDE
    w0, w1, w2, w3 = weight[last], weight[last + 1], weight[last + 2], weight[last + 3]
    nothing = np.float32(0)
    place = 0
    for b in range(graph, graphs_end):
        for i in range(start, end):
            own = row[b, i]
            for j in range(values.shape[2]):
                vector, other, v = out[place], column[b, j], values[b, i, j]
                v0, v1, v2, v3 = v[last], v[last + 1], v[last + 2], v[last + 3]
                for h in range(len(vector)):
                    total = own[h] + other[h] + v0 * w0[h] + v1 * w1[h] + v2 * w2[h] + v3 * w3[h]
                    vector[h] = total if last else max(total, nothing)
                if last:
                    for f in range(last):
                        for h in range(len(vector)):
                            vector[h] += v[f] * weight[f, h]
                    for h in range(len(vector)):
                        vector[h] = max(vector[h], nothing)
                place += 1


def _score_larger(
    graph: int,
    graphs_end: int,
    start: int,
    end: int,
    values: NDArray[Any],
    weight: NDArray[Any],
    row: NDArray[Any],
    column: NDArray[Any],
    score: NDArray[Any],
    joint: NDArray[Any],
    out: NDArray[Any],
    onto: bool,
) -> None:
    last = values.shape[3] - _WIDE
    w0, w1, w2, w3 = weight[last], weight[last + 1], weight[last + 2], weight[last + 3]
    place = 0
    for b in range(graph, graphs_end):
        for i in range(start, end):
            own = row[b, i]
            for j in range(values.shape[2]):
                vector, other, v = joint[place], column[b, j], values[b, i, j]
                if not onto:
                    vector[:] = np.float32(0)
                for f in range(last):
                    for h in range(len(vector)):
                        vector[h] += v[f] * weight[f, h]
                v0, v1, v2, v3 = v[last], v[last + 1], v[last + 2], v[last + 3]
                total = np.float32(0)
                for h in range(len(vector)):
                    here = vector[h] + own[h] + v0 * w0[h] + v1 * w1[h] + v2 * w2[h] + v3 * w3[h]
                    larger = max(other[h], here)
                    vector[h] = larger
                    total += score[h] * larger
                out[b, i, j] = total
                place += 1


def _score_along(
    graph: int,
    graphs_end: int,
    values: NDArray[Any],
    weight: NDArray[Any],
    row: NDArray[Any],
    column: NDArray[Any],
    score: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Two places of the vectors are taken at a time; where one is left, it is taken again and counts nothing."""
    last = len(score) - 1
    for b in range(graph, graphs_end):
        for i in range(out.shape[1]):
            to = out[b, i]
            to[:] = np.float32(0)
            v0, v1, v2, v3 = values[b, 0, i], values[b, 1, i], values[b, 2, i], values[b, 3, i]
            for h in range(0, last + 1, 2):
                k = min(h + 1, last)
                u, own, other = score[h], row[b, i, h], column[b, h]
                u_, own_, other_ = score[k] if h < last else np.float32(0), row[b, i, k], column[b, k]
                w0, w1, w2, w3 = weight[0, h], weight[1, h], weight[2, h], weight[3, h]
                w0_, w1_, w2_, w3_ = weight[0, k], weight[1, k], weight[2, k], weight[3, k]
                for j in range(len(to)):
                    first = own + v0[j] * w0 + v1[j] * w1 + v2[j] * w2 + v3[j] * w3
                    second = own_ + v0[j] * w0_ + v1[j] * w1_ + v2[j] * w2_ + v3[j] * w3_
                    to[j] += u * max(other[j], first) + u_ * max(other_[j], second)


def _fill_maxima(graph: int, graphs_end: int, start: int, end: int, pairs: NDArray[Any], out: NDArray[Any]) -> None:
    """Three vectors are taken at a time; where fewer are left, the last is taken again."""
    nodes = out.shape[1]
    place = 0
    for b in range(graph, graphs_end):
        for i in range(start, end):
            largest = out[b, i]
            largest[:] = pairs[place]
            for j in range(1, nodes, 3):
                first = pairs[place + j]
                second, third = pairs[place + min(j + 1, nodes - 1)], pairs[place + min(j + 2, nodes - 1)]
                for h in range(len(largest)):
                    largest[h] = max(max(largest[h], first[h]), max(second[h], third[h]))
            place += nodes
