"""The scores of two methods side by side: the same algorithm, size, metric and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nar_bench.results.summary import Line
from nar_bench.statistics.methods import Method

_Table = Mapping[int, Mapping[int, float]]
"""Seed -> size -> value."""


@dataclass(frozen=True)
class Pair:
    """Both methods on one algorithm, seed by seed."""

    algorithm: str
    size: int
    seeds: tuple[int, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """Those of a less those of b."""
        return tuple(x - y for x, y in zip(self.a, self.b, strict=True))


@dataclass(frozen=True)
class Pairs:
    """All that two methods have in common.

    Attributes:
        found: by algorithm, in the order of their names.
        left_out: a sentence for each cell that only one of them has, or that cannot be compared.
        shared_seeds: whether algorithms of either method share a network.
    """

    found: tuple[Pair, ...]
    left_out: tuple[str, ...]
    shared_seeds: bool


def pair_up(a: Method, b: Method, names: tuple[str, str], metric: str, size: int | None) -> Pairs:
    """Pair the scores of two methods.

    Args:
        names: what to call the two in sentences.
        size: None for the largest that both have of each algorithm with every common seed.
    """
    found: list[Pair] = []
    left_out: list[str] = []
    for algorithm in sorted({*a.lines, *b.lines}):
        mine, theirs = a.lines.get(algorithm), b.lines.get(algorithm)
        if mine is None or theirs is None:
            left_out += _one_sided(algorithm, [None], a, b, names)
        elif holds_errors(metric, mine) or holds_errors(metric, theirs):
            left_out.append(f"{algorithm}: its {metric} holds squared errors, of which less is better; try exact_match")
        else:
            left_out += _one_sided(algorithm, sorted(set(mine.seeds) ^ set(theirs.seeds)), a, b, names)
            pair, problems = _pair(algorithm, _values(mine, metric), _values(theirs, metric), metric, size)
            left_out += problems
            found += [pair] if pair else []
    lines = [*a.lines.values(), *b.lines.values()]
    shared = any(len(record.algorithms) > 1 for line in lines for record in line.records)
    return Pairs(tuple(found), tuple(left_out), shared)


def _pair(algorithm: str, mine: _Table, theirs: _Table, metric: str, size: int | None) -> tuple[Pair | None, list[str]]:
    """Pair the seeds of one algorithm, and say which of those that both have are left out."""
    seeds = sorted(mine.keys() & theirs.keys())
    if not seeds:
        return None, [f"{algorithm}: no seed is in both"]
    measured = {seed: mine[seed].keys() & theirs[seed].keys() for seed in seeds}
    if size is None:
        in_all = set.intersection(*(set(sizes) for sizes in measured.values()))
        if not in_all:
            return None, [f"{algorithm}: no size has {metric} with all common seeds of both"]
        size = max(in_all)
    kept = [seed for seed in seeds if size in measured[seed]]
    lacking = [seed for seed in seeds if seed not in kept]
    problems = [f"{algorithm}, {_told(lacking)}: not both have {metric} at n = {size}"] if lacking else []
    if not kept:
        return None, problems
    values = [tuple(table[seed][size] for seed in kept) for table in (mine, theirs)]
    return Pair(algorithm, size, tuple(kept), *values), problems


def _one_sided(algorithm: str, seeds: Sequence[int | None], a: Method, b: Method, names: tuple[str, str]) -> list[str]:
    """Say which seeds (None: all of the algorithm) one method alone has, and why the other has not where it failed."""
    found: dict[tuple[str, str], list[int]] = {}
    for seed in seeds:
        a_has = algorithm in a.lines and (seed is None or seed in a.lines[algorithm].seeds)
        has, (lacks, other) = (names[0], (names[1], b)) if a_has else (names[1], (names[0], a))
        failed = [text for (name, at), text in other.failures.items() if name == algorithm and seed in (None, at)]
        why = f"; {lacks} failed: {failed[0].splitlines()[0]}" if failed and failed[0] else ""
        found.setdefault((has, why), []).extend([] if seed is None else [seed])
    return [
        f"{algorithm}{', ' + _told(of) if of else ''}: only {has} has {'them' if len(of) > 1 else 'it'}{why}"
        for (has, why), of in found.items()
    ]


def _told(seeds: Sequence[int]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _values(line: Line, metric: str) -> _Table:
    return {
        record.seed: {score.size: score.value for score in line.scores(record) if score.metric == metric}
        for record in line.records
    }


def holds_errors(metric: str, line: Line) -> bool:
    """Return whether a metric holds squared errors: an output that has a score but no F1 is a scalar."""
    measured = {score.metric for record in line.records for score in line.scores(record)}
    scalars = {one for one in measured if one.startswith("score/") and f"micro_f1/{one[6:]}" not in measured}
    return metric in scalars or (metric == "score" and bool(scalars))
