"""Ranks of many methods over many algorithms, with what the seeds leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.errors import StatisticsError
from nar_bench.statistics.all_pairs import all_pairs
from nar_bench.statistics.estimate import LEVEL
from nar_bench.statistics.holm import holm
from nar_bench.statistics.mean_difference import Weights, equal_weights

Cells = Mapping[str, Mapping[int, float]]
"""Algorithm -> seed -> score of one method."""

_Array = NDArray[Any]


@dataclass(frozen=True)
class RankRow:
    """One method.

    Attributes:
        mean: over algorithms of the mean over seeds.
        rank: of the mean, from 1; equal means share the best.
        low, high: the ranks that the seeds leave open, at the ranking's level for all methods at once.
        without_one: least and greatest rank of the mean where any one algorithm is left out.
        groups: indices of the tie groups that it is in.
    """

    method: str
    mean: float
    rank: int
    low: int
    high: int
    without_one: tuple[int, int]
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Ranking:
    """All methods, best first.

    Attributes:
        groups: maximal runs of methods, neighbours in the ranking, of which no two could be told apart. They may
        overlap. unranked: method -> why it has no rank. unused: method -> (algorithm, seed) that it has and most do
        not, which are not counted.
    """

    rows: tuple[RankRow, ...]
    groups: tuple[tuple[str, ...], ...]
    unranked: Mapping[str, str]
    unused: Mapping[str, tuple[tuple[str, int], ...]]


def rank_methods(
    scores: Mapping[str, Cells],
    *,
    shared_seeds: bool = False,
    level: float = LEVEL,
    weights: Weights | None = None,
) -> Ranking:
    """Rank methods by their mean score over algorithms.

    Every two methods are compared on these algorithms (`on_these_algorithms`; `with_shared_seeds` where networks are
    shared), all comparisons at once by Holm. A method's best possible rank is 1 and the number of methods that are
    shown to be better; its worst, the number of all less those that are shown to be worse. All true ranks are in their
    intervals at once with about probability `level`.

    A method that lacks a cell, of those that more than half of the methods have, is not ranked: a mean over what
    happens to be there would compare it with others on other algorithms.

    Args:
        scores: method -> algorithm -> seed -> score, of which more is better.
        weights: of each algorithm in the mean, of which those that are ranked on count; by default all count the same.

    Raises:
        StatisticsError: networks are shared and algorithms do not have the same seeds.

    Source: the rank sets are those of Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for ranks with applications
    to mobility across neighbourhoods and academic achievement across countries" (doi 10.1093/restud/rdad006), as their
    package csranks computes them from simultaneous pairwise intervals. They take critical values from a bootstrap; with
    few seeds we take t distributions and Holm 1979, which is wider. Holm's step-down rule is known to bound errors of
    direction for independent tests alone; that it does here is simulated.
    """
    cells = [{(name, seed) for name, seeds in one.items() for seed in seeds} for one in scores.values()]
    counts = dict(sorted(Counter(cell for one in cells for cell in one).items()))
    wanted = [cell for cell, count in counts.items() if 2 * count > len(scores)]
    unranked, unused, tables = {}, {}, {}
    for (method, of_method), own in zip(scores.items(), cells, strict=True):
        missing = [cell for cell in wanted if cell not in own]
        if extra := sorted(own - set(wanted)):
            unused[method] = tuple(extra)
        if missing or not wanted:
            unranked[method] = _lacks(missing)
        else:
            names = dict.fromkeys(name for name, _ in wanted)
            tables[method] = {name: [of_method[name][s] for n, s in wanted if n == name] for name in names}
    if not tables:
        return Ranking((), (), unranked, unused)
    order, means, weight = _in_order(tables, weights)
    if shared_seeds and len({tuple(s for n, s in wanted if n == name) for name, _ in wanted}) > 1:
        raise StatisticsError(
            "algorithms share networks here, so all need the same seeds; run the trials that are missing."
        )
    better = _shown_better([tables[method] for method in order], weight, shared_seeds, 1 - level)
    groups = _tie_groups(better)
    ranks = _ranks(means @ np.array(list(weight.values())))
    without = _without_one(means, np.array(list(weight.values()))) or [ranks]
    members = [range(start, end) for start, end in groups]
    rows = tuple(
        RankRow(
            method=method,
            mean=float(means[i] @ np.array(list(weight.values()))),
            rank=ranks[i],
            low=1 + int(better[:, i].sum()),
            high=len(order) - int(better[i].sum()),
            without_one=(min(w[i] for w in without), max(w[i] for w in without)),
            groups=tuple(g for g, within in enumerate(members) if i in within),
        )
        for i, method in enumerate(order)
    )
    return Ranking(rows, tuple(tuple(order[start:end]) for start, end in groups), unranked, unused)


def _in_order(
    tables: Mapping[str, Mapping[str, list[float]]], weights: Weights | None
) -> tuple[list[str], _Array, Weights]:
    """Return the methods, best first, their means [M, A] on each algorithm, and the weights [A], which sum to 1."""
    names = list(next(iter(tables.values())))
    asked = {name: weights[name] for name in names} if weights is not None else equal_weights(names)
    weight = {name: value / sum(asked.values()) for name, value in asked.items()}
    means = {method: np.array([np.mean(table[name]) for name in names]) for method, table in tables.items()}
    factors = np.array(list(weight.values()))
    order = sorted(tables, key=lambda method: (-float(means[method] @ factors), method))
    return order, np.array([means[method] for method in order]), weight


def _shown_better(
    tables: Sequence[Mapping[str, list[float]]], weights: Weights, shared_seeds: bool, alpha: float
) -> _Array:
    """Return [M, M] whether method i is shown to be better than j; two with no interval are not told apart."""
    found = all_pairs(tables, weights, shared_seeds=shared_seeds)
    shown = np.array(holm(found.p)) <= alpha
    better = np.zeros((len(tables), len(tables)), bool)
    i, j = np.triu_indices(len(tables), 1)
    better[i, j] = shown & (found.value > 0)
    better[j, i] = shown & (found.value <= 0)
    return better


def _tie_groups(better: _Array) -> list[tuple[int, int]]:
    """Return maximal stretches [start, end) of the ranking within which nobody is shown to be better."""
    count = len(better)
    apart = np.triu(better | better.T, 1)
    # The first after i that is told apart from i; a stretch from `start` ends at the least of these.
    first = np.where(apart.any(axis=1), apart.argmax(axis=1), count)
    ends = np.minimum.accumulate(first[::-1])[::-1]
    return [(start, int(end)) for start, end in enumerate(ends) if start == 0 or end > ends[start - 1]]


def _without_one(means: _Array, weights: _Array) -> list[list[int]]:
    """Return the ranks of all methods where each algorithm in turn is left out; none of a single algorithm."""
    if len(weights) == 1:
        return []
    return [_ranks(np.delete(means, a, axis=1) @ np.delete(weights, a)) for a in range(len(weights))]


def _ranks(means: _Array) -> list[int]:
    """Return the rank of each mean, from 1; equal ones share the best."""
    ordered = np.sort(means)
    return [int(one) for one in 1 + len(means) - np.searchsorted(ordered, means, side="right")]


def _lacks(missing: Sequence[tuple[str, int]]) -> str:
    shown = ", ".join(f"{name} seed {seed}" for name, seed in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return f"lacks {shown}{more}" if missing else "no cell is shared by most methods"
