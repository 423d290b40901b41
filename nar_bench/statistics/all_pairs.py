"""Every two of many methods compared at once: what `mean_difference` says of one pair, for a thousand methods.

A test compares both. The difference of methods i and j on algorithm a has the variance of the seeds' differences, so
nothing is lost by pairing; it is made for one i and all j > i together, so that memory stays small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nar_bench.statistics.estimate import SAME

Tables = Sequence[Mapping[str, Sequence[float]]]
"""Of each method: algorithm -> [k] scores; all methods with the same algorithms and seeds, in the same order."""


@dataclass(frozen=True)
class AllPairs:
    """Differences of all pairs i < j, in the order of `itertools.combinations`.

    Attributes:
        value: [P] mean difference, i less j.
        p: [P] two-sided p value; 1 where the seeds give no interval.
    """

    value: NDArray[np.float64]
    p: NDArray[np.float64]


def all_pairs(tables: Tables, weights: Mapping[str, float], *, shared_seeds: bool) -> AllPairs:
    """Compare every two methods.

    Args:
        weights: of each algorithm in the mean; they sum to 1.
        shared_seeds: whether algorithms share networks (`with_shared_seeds`) or not (`on_these_algorithms`).
    """
    compare = _shared if shared_seeds else _nested
    scores = {name: np.array([table[name] for table in tables], np.float64) for name in weights}
    values, ps = [np.empty(0)], [np.empty(0)]
    for i in range(len(tables) - 1):
        value, p = compare({name: one[i] - one[i + 1 :] for name, one in scores.items()}, weights)
        values.append(value)
        ps.append(p)
    return AllPairs(np.concatenate(values), np.concatenate(ps))


def _nested(
    differences: Mapping[str, NDArray[np.float64]], weights: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Do as `on_these_algorithms` for differences [J, k] of each algorithm."""
    value = _weighted({name: d.mean(axis=1) for name, d in differences.items()}, weights)
    total, below = np.zeros(len(value)), np.zeros(len(value))
    for name, d in differences.items():
        seeds = d.shape[1]
        if seeds == 1:
            return value, np.ones(len(value))
        part = np.where(np.ptp(d, axis=1) <= SAME, 0.0, weights[name] ** 2 * d.var(axis=1, ddof=1) / seeds)
        total += part
        below += part**2 / (seeds - 1)
    return value, _two_sided(value, total, np.divide(total**2, below, out=np.ones_like(total), where=below > 0))


def _shared(
    differences: Mapping[str, NDArray[np.float64]], weights: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Do as `with_shared_seeds` for differences [J, k] of each algorithm."""
    means = _weighted(differences, weights)
    seeds = means.shape[1]
    if seeds == 1:
        return means[:, 0], np.ones(len(means))
    square = np.where(np.ptp(means, axis=1) <= SAME, 0.0, means.var(axis=1, ddof=1) / seeds)
    return means.mean(axis=1), _two_sided(means.mean(axis=1), square, np.full(len(means), seeds - 1.0))


def _weighted(parts: Mapping[str, NDArray[np.float64]], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the weighted sum over algorithms."""
    first, *rest = (weights[name] * part for name, part in parts.items())
    for part in rest:
        first = first + part
    return first


def _two_sided(value: NDArray[np.float64], square: NDArray[np.float64], df: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Student's p value of each mean with its squared standard error; 1 where that is 0."""
    known = square > 0
    t = np.divide(np.abs(value), np.sqrt(square), out=np.zeros_like(value), where=known)
    p: NDArray[np.float64] = np.where(known, 2 * special.stdtr(df, -t), 1.0)
    return p
