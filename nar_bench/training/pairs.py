"""Which inputs of a step are similar and which are not, as matrices for the contrastive loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.random import Stream
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.hint_distance import hint_distance
from nar_bench.trajectory import Batch

Matrix = NDArray[np.bool_]


class Inputs(NamedTuple):
    """The inputs of one algorithm in a step."""

    algorithm: str
    batch: Batch
    paired: bool
    """Whether the second half of the batch is similar inputs of the first, in the same order."""
    twin: bool = False
    """Whether the batch is similar inputs of that of the part before, in the same order."""


def similar_pairs(parts: Sequence[Inputs], contrast: ContrastConfig) -> Matrix:
    """Return [M, M]: whether X ~ Xa, for all inputs of all algorithms end to end. Symmetric, False on the diagonal."""
    found = [[_between(one, other, contrast) for other in parts] for one in parts]
    for index, part in enumerate(parts):
        found[index][index] |= _within(part, contrast)
        if contrast.makes_similar_inputs and part.twin:
            np.fill_diagonal(found[index - 1][index], True)
            np.fill_diagonal(found[index][index - 1], True)
    similar = np.block(found)
    np.fill_diagonal(similar, False)
    return np.asarray(similar)


def dissimilar_pairs(parts: Sequence[Inputs], similar: Matrix, contrast: ContrastConfig, stream: Stream) -> Matrix:
    """Return [M, M]: the Xb of each X. Of the ideas nothing is known here, so for "similar_ideas" all are returned.

    Args:
        similar: see `similar_pairs`.
        stream: of this step; "random" draws from it.
    """
    others = ~similar
    np.fill_diagonal(others, False)
    if contrast.negatives == "random":
        return _nearest(stream.uniform(*others.shape), others, contrast.negative_count)
    if contrast.mines_negatives:
        (part,) = parts  # the hints of two algorithms cannot be compared, so that is never planned
        return _nearest(hint_distance(part.batch), others, contrast.negative_count)
    return others


def _between(one: Inputs, other: Inputs, contrast: ContrastConfig) -> Matrix:
    same = one.algorithm == other.algorithm and "same_algorithm" in contrast.positives
    related = "related_algorithm" in contrast.positives and contrast.are_related(one.algorithm, other.algorithm)
    return np.full((len(one.batch), len(other.batch)), same or related)


def _within(part: Inputs, contrast: ContrastConfig) -> Matrix:
    count = len(part.batch)
    similar = np.zeros((count, count), dtype=np.bool_)
    if contrast.makes_similar_inputs and part.paired:
        rows = np.arange(count)
        similar[rows, (rows + count // 2) % count] = True
    if contrast.mines_positives:
        distance = hint_distance(part.batch)
        close = distance <= contrast.close_within
        if contrast.close_count:
            # The similar input is no find: it is there already.
            others = ~similar & ~np.eye(count, dtype=np.bool_)
            nearest = _nearest(distance, others, contrast.close_count)
            close &= nearest | nearest.T
        similar |= close
    return similar


def _nearest(distance: NDArray[np.float64], among: Matrix, count: int) -> Matrix:
    """Return for each row the `count` of least distance, the first among equals; fewer where there are no more."""
    order = np.argsort(np.where(among, distance, np.inf), axis=1, kind="stable")[:, :count]
    chosen = np.zeros_like(among)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen & among
