"""Ranks of many methods over many algorithms, with what the seeds leave open."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nar_bench.errors import StatisticsError
from nar_bench.statistics.estimate import LEVEL
from nar_bench.statistics.holm import holm
from nar_bench.statistics.mean_difference import on_these_algorithms, with_shared_seeds

Cells = Mapping[str, Mapping[int, float]]
"""Algorithm -> seed -> score of one method."""


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


def rank_methods(scores: Mapping[str, Cells], *, shared_seeds: bool = False, level: float = LEVEL) -> Ranking:
    """Rank methods by their mean score over algorithms.

    Every two methods are compared on these algorithms (`on_these_algorithms`; `with_shared_seeds` where networks are
    shared), all comparisons at once by Holm. A method's best possible rank is 1 and the number of methods that are
    shown to be better; its worst, the number of all less those that are shown to be worse. All true ranks are in their
    intervals at once with about probability `level`.

    A method that lacks a cell, of those that more than half of the methods have, is not ranked: a mean over what
    happens to be there would compare it with others on other algorithms.

    Args:
        scores: method -> algorithm -> seed -> score, of which more is better.

    Raises:
        StatisticsError: networks are shared and algorithms do not have the same seeds.

    Source: the rank sets are those of Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for ranks with applications
    to mobility across neighbourhoods and academic achievement across countries" (doi 10.1093/restud/rdad006), as their
    package csranks computes them from simultaneous pairwise intervals. They take critical values from a bootstrap; with
    few seeds we take t distributions and Holm 1979, which is wider. Holm's step-down rule is known to bound errors of
    direction for independent tests alone; that it does here is simulated.
    """
    cells = [{(name, seed) for name, seeds in one.items() for seed in seeds} for one in scores.values()]
    counts = {cell: sum(cell in one for one in cells) for cell in sorted(set().union(*cells))}
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
    means = {method: [float(np.mean(values)) for values in table.values()] for method, table in tables.items()}
    order = sorted(tables, key=lambda method: (-float(np.mean(means[method])), method))
    if shared_seeds and len({tuple(s for n, s in wanted if n == name) for name, _ in wanted}) > 1:
        raise StatisticsError(
            "algorithms share networks here, so all need the same seeds; run the trials that are missing."
        )
    better = _shown_better(order, tables, shared_seeds, 1 - level)
    groups = _tie_groups(order, better)
    total = np.array([means[method] for method in order])
    ranks = _ranks(total.mean(axis=1))
    without = [
        _ranks(np.delete(total, j, axis=1).mean(axis=1)) for j in range(total.shape[1] if total.shape[1] > 1 else 0)
    ]
    rows = tuple(
        RankRow(
            method=method,
            mean=float(total[i].mean()),
            rank=ranks[i],
            low=1 + sum((other, method) in better for other in order),
            high=len(order) - sum((method, other) in better for other in order),
            without_one=(
                min([w[i] for w in without], default=ranks[i]),
                max([w[i] for w in without], default=ranks[i]),
            ),
            groups=tuple(g for g, members in enumerate(groups) if method in members),
        )
        for i, method in enumerate(order)
    )
    return Ranking(rows, groups, unranked, unused)


def _shown_better(
    order: Sequence[str], tables: Mapping[str, Mapping[str, list[float]]], shared_seeds: bool, alpha: float
) -> set[tuple[str, str]]:
    """Return every (better, worse) that the seeds show; two whose difference has no interval are not told apart."""
    pairs = list(itertools.combinations(order, 2))
    compare = with_shared_seeds if shared_seeds else on_these_algorithms
    found = [
        compare({name: [x - y for x, y in zip(tables[a][name], tables[b][name], strict=True)] for name in tables[a]})
        for a, b in pairs
    ]
    adjusted = holm([1.0 if one.p is None else one.p for one in found])
    return {
        (pair if one.value > 0 else pair[::-1])
        for pair, one, p in zip(pairs, found, adjusted, strict=True)
        if one.p is not None and p <= alpha
    }


def _tie_groups(order: Sequence[str], better: set[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return maximal stretches of the ranking within which nobody is shown to be better."""
    apart = better | {pair[::-1] for pair in better}
    groups: list[tuple[int, int]] = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and all((order[i], order[end]) not in apart for i in range(start, end)):
            end += 1
        if not groups or end > groups[-1][1]:
            groups.append((start, end))
    return tuple(tuple(order[start:end]) for start, end in groups)


def _ranks(means: np.ndarray) -> list[int]:
    return [1 + int(np.sum(means > one)) for one in means]


def _lacks(missing: Sequence[tuple[str, int]]) -> str:
    shown = ", ".join(f"{name} seed {seed}" for name, seed in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return f"lacks {shown}{more}" if missing else "no cell is shared by most methods"
