"""Two methods compared: every seed's difference, the mean with its intervals, and a verdict in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nar_bench.errors import StatisticsError
from nar_bench.statistics.estimate import LEVEL, Estimate, mean_over_seeds
from nar_bench.statistics.holm import holm
from nar_bench.statistics.improvement import probability_of_improvement
from nar_bench.statistics.mean_difference import on_algorithms_like_these, on_these_algorithms, with_shared_seeds
from nar_bench.statistics.methods import Method, find_method, only_method
from nar_bench.statistics.pairs import Pair, pair_up
from nar_bench.statistics.resolution import POWER, smallest_difference
from nar_bench.statistics.settings import what_differs
from nar_bench.statistics.solve_rate import Share


@dataclass(frozen=True)
class OnAlgorithm:
    """The two methods on one algorithm.

    Attributes:
        estimate: of the mean difference over seeds.
        adjusted_p: by Holm, over all algorithms that have an interval; None where there is none.
    """

    pair: Pair
    estimate: Estimate
    adjusted_p: float | None


@dataclass(frozen=True)
class Comparison:
    """Method a less method b; positive where a is better.

    Attributes:
        algorithms: in the order of their names.
        these: the mean over algorithms, for these algorithms and new seeds.
        alike: the same, for a seed that helps or hurts all algorithms alike; None where they do not have the same
        seeds. like_these: the same mean, for algorithms of which these are a sample. improvement: how likely a scores
        more than b, by algorithm and seed. resolvable: the least true mean difference that so many seeds find with
        power 0.8, at the spread seen. shared_seeds: whether algorithms share a network, so that `these` is over seeds
        alone. left_out: a sentence for each cell that is not compared. notes: a sentence for each setting that the two
        do not share.
    """

    a: str
    b: str
    metric: str
    level: float
    algorithms: tuple[OnAlgorithm, ...]
    these: Estimate
    alike: Estimate | None
    like_these: Estimate
    improvement: Share
    resolvable: float | None
    shared_seeds: bool
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What follows, in sentences; never that two methods are equal."""
        return _verdict(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def compare(a: str, b: str, *folders: str | Path, size: int | None = None, metric: str = "score") -> Comparison:
    """Compare two methods by the records of one or two results folders.

    Args:
        a, b: methods, as tables print them or by their first parts ("memory_mpnn/memory"), or results folders that hold
            one method each.
        folders: where the methods are; of two, a is in the first and b in the second.
        size: problem size; by default the largest that both have, of each algorithm.
        metric: of which more is better.

    Raises:
        StoreError, UnknownName: no such folder or method.
        StatisticsError: a name fits several methods, or the two have nothing in common.
    """
    places = [Path(folder) for folder in folders]
    if len(places) > 2:
        raise StatisticsError(f"got {len(places)} results folders; a comparison is over one or two.")
    methods = [_find(name, places[0 if len(places) == 1 else i] if places else None) for i, name in enumerate((a, b))]
    names = _names(methods, [str(places[0 if len(places) == 1 else i]) if places else n for i, n in enumerate((a, b))])
    return compare_methods(methods[0], methods[1], names, size=size, metric=metric)


def compare_methods(
    a: Method,
    b: Method,
    names: tuple[str, str],
    *,
    size: int | None = None,
    metric: str = "score",
    level: float = LEVEL,
) -> Comparison:
    """Compare two methods; see `compare`."""
    pairs = pair_up(a, b, names, metric, size)
    damaged = [f"damaged record: {problem}" for problem in dict.fromkeys([*a.damaged, *b.damaged])]
    if not pairs.found:
        reasons = "".join(f"\n  {one}" for one in [*pairs.left_out, *damaged])
        raise StatisticsError(
            f"{names[0]} and {names[1]} have no algorithm, seed, size and metric '{metric}' in common.{reasons}"
        )
    differences = {pair.algorithm: pair.differences for pair in pairs.found}
    same_seeds = len({pair.seeds for pair in pairs.found}) == 1
    if pairs.shared_seeds and not same_seeds:
        common = set.intersection(*(set(pair.seeds) for pair in pairs.found))
        raise StatisticsError(
            f"algorithms share networks here, so every algorithm must have the same seeds; all have "
            f"{sorted(common) or 'none'}. Run the missing trials:" + "".join(f"\n  {one}" for one in pairs.left_out)
        )
    single = [mean_over_seeds(pair.differences, level) for pair in pairs.found]
    tested = iter(holm([one.p for one in single if one.p is not None]))
    alike = with_shared_seeds(differences, level) if same_seeds and len(differences) > 1 else None
    return Comparison(
        a=names[0],
        b=names[1],
        metric=metric,
        level=level,
        algorithms=tuple(
            OnAlgorithm(pair, one, None if one.p is None else next(tested))
            for pair, one in zip(pairs.found, single, strict=True)
        ),
        these=with_shared_seeds(differences, level) if pairs.shared_seeds else on_these_algorithms(differences, level),
        alike=alike,
        like_these=on_algorithms_like_these(differences, level),
        improvement=probability_of_improvement(differences, shared_seeds=pairs.shared_seeds, level=level),
        resolvable=None if pairs.shared_seeds else _resolvable(pairs.found, 1 - level),
        shared_seeds=pairs.shared_seeds,
        left_out=(*pairs.left_out, *damaged),
        notes=tuple(what_differs(a, b, names, list(differences))),
    )


def _find(name: str, folder: Path | None) -> Method:
    if folder is not None:
        return find_method(name, folder)
    if not Path(name).is_dir():
        raise StatisticsError(
            f"'{name}' is no results folder; to compare methods by name, give their folder too: "
            "nar-bench compare A B FOLDER"
        )
    return only_method(Path(name))


def _names(methods: Sequence[Method], places: Sequence[str]) -> tuple[str, str]:
    """Return two names that differ."""
    a, b = (method.name for method in methods)
    if a != b:
        return a, b
    if Path(places[0]).resolve() == Path(places[1]).resolve():
        raise StatisticsError(f"both names mean the method '{a}' of {places[0]}.")
    return f"{a} in {places[0]}", f"{b} in {places[1]}"


def _resolvable(pairs: Sequence[Pair], level: float) -> float | None:
    """Take the deviation of differences as it was seen, pooled over algorithms, and the least number of seeds."""
    seeds = min(len(pair.seeds) for pair in pairs)
    if seeds == 1:
        return None
    deviation = float(np.sqrt(np.mean([np.var(pair.differences, ddof=1) for pair in pairs])))
    # Two independent methods of deviation s have differences of deviation s sqrt(2).
    return smallest_difference(deviation / np.sqrt(2), seeds, len(pairs), POWER, level) if deviation > 0 else None


def _verdict(one: Comparison) -> str:
    of = len(one.algorithms)
    on = f"on {one.algorithms[0].pair.algorithm}" if of == 1 else f"on these {of} algorithms"
    parts = [_main(one, on)]
    if of > 1:
        parts += [_single(one), _further(one)]
    if one.left_out:
        parts.append(f"This is over what both have; {len(one.left_out)} left out.")
    return " ".join(part for part in parts if part)


def _main(one: Comparison, on: str) -> str:
    these = one.these
    if these.low is None or these.high is None:
        return f"No verdict {on}: {these.reason}, so the difference {these.value:+.3f} has no interval."
    interval = f"{these.value:+.3f}, {one.level:.0%} interval {these.low:+.3f} to {these.high:+.3f}"
    if not these.differs_from_zero:
        least = (
            f" These seeds find a difference of {one.resolvable:.3f} in four of five tries." if one.resolvable else ""
        )
        return f"No difference is resolved {on}: {one.a} less {one.b} in {one.metric} is {interval}.{least}"
    better, worse = (one.a, one.b) if these.value > 0 else (one.b, one.a)
    p = "p < 0.001" if these.p is not None and these.p < 0.001 else f"p = {these.p:.3f}"
    return f"{better} is better than {worse} {on}: {one.a} less {one.b} in {one.metric} is {interval} ({p})."


def _single(one: Comparison) -> str:
    """Say on which algorithms alone a difference is shown."""
    shown = [x for x in one.algorithms if x.adjusted_p is not None and x.adjusted_p <= 1 - one.level]
    if not shown:
        return "On no algorithm alone is a difference shown."
    sides = [
        f"{name} on {', '.join(found)}"
        for name, sign in ((one.a, 1), (one.b, -1))
        if (found := [x.pair.algorithm for x in shown if x.estimate.value * sign > 0])
    ]
    return f"Shown to be better on an algorithm alone: {'; '.join(sides)}."


def _further(one: Comparison) -> str:
    """Say whether a resolved difference holds under the two wider assumptions."""
    if not one.these.differs_from_zero:
        return ""
    open_ = [
        text
        for text, wider in (
            ("should a seed help or hurt all of them alike", one.alike),
            ("for algorithms of which these are a random sample", one.like_these),
        )
        if wider and not wider.differs_from_zero
    ]
    if open_:
        return f"It is open {' and '.join(open_)}."
    return "It holds on average, too, for algorithms of which these are a random sample."
