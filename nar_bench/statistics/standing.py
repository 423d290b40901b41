"""How all methods of a results folder stand: ranks over algorithms, and of every line what its seeds show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nar_bench.errors import StatisticsError
from nar_bench.results.summary import Line
from nar_bench.statistics.estimate import Estimate, mean_over_seeds
from nar_bench.statistics.methods import Method, methods_in
from nar_bench.statistics.pairs import holds_errors
from nar_bench.statistics.ranks import Ranking, rank_methods
from nar_bench.statistics.size_curve import Reach, area, n90
from nar_bench.statistics.solve_rate import SOLVED, Share, solve_rate


@dataclass(frozen=True)
class LineStanding:
    """One method on one algorithm.

    Attributes:
        size: the largest that every method has on this algorithm, or the one asked for; mean and solved are of it.
        reach: N90 from the largest size trained on; None where no measured size is within those trained on.
        area: under the curve over all of the line's sizes; None where it has one size.
    """

    algorithm: str
    method: str
    size: int
    seeds: tuple[int, ...]
    mean: Estimate
    solved: Share
    reach: Reach | None
    area: Estimate | None


@dataclass(frozen=True)
class Standing:
    """The methods of one suite version.

    Attributes:
        left_out: a sentence for each line that has no scores to compare.
    """

    suite: str
    suite_version: int
    metric: str
    ranking: Ranking
    lines: tuple[LineStanding, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return dataclasses.asdict(self)


def standings(
    folder: Path, *, size: int | None = None, metric: str = "score", solved_from: float = SOLVED
) -> list[Standing]:
    """Rank the methods of a results folder, each suite version by itself.

    Args:
        size: problem size; by default the largest that all methods of an algorithm have.
        metric: a share in [0, 1], of which more is better.
        solved_from: the value from which a seed has solved an algorithm.

    Raises:
        StoreError: there is no results folder.
        StatisticsError: nothing in it has the metric at a common size.
    """
    suites: dict[tuple[str, int], list[Method]] = {}
    for method in methods_in(folder):
        line = next(iter(method.lines.values()))
        suites.setdefault((line.suite, line.suite_version), []).append(method)
    found = [_standing(key, methods, size, metric, solved_from) for key, methods in sorted(suites.items())]
    if not any(one.lines for one in found):
        reasons = "".join(f"\n  {sentence}" for one in found for sentence in one.left_out)
        raise StatisticsError(f"{folder}: no method has {metric} at a common size.{reasons}")
    return found


def _standing(
    key: tuple[str, int], methods: Sequence[Method], size: int | None, metric: str, solved_from: float
) -> Standing:
    lines: list[LineStanding] = []
    left_out: list[str] = []
    cells: dict[str, dict[str, dict[int, float]]] = {method.name: {} for method in methods}
    for algorithm in sorted({name for method in methods for name in method.lines}):
        own = {method.name: method.lines[algorithm] for method in methods if algorithm in method.lines}
        if any(holds_errors(metric, line) for line in own.values()):
            left_out.append(f"{algorithm}: its {metric} holds squared errors, of which less is better")
            continue
        curves = {name: _curve(line, metric) for name, line in own.items()}
        common = set.intersection(*(set(curve) for curve in curves.values()))
        at = size if size is not None else max(common, default=0)
        for name, line in own.items():
            if at not in curves[name]:
                what = (
                    f"{metric} at n = {at} with every seed" if at else f"a size of {metric} in common with the others"
                )
                left_out.append(f"{algorithm}, {name}: it lacks {what}")
                continue
            values = curves[name][at]
            cells[name][algorithm] = dict(zip(line.seeds, values, strict=True))
            lines.append(
                LineStanding(
                    algorithm,
                    name,
                    at,
                    tuple(line.seeds),
                    mean_over_seeds(values, bounds=(0.0, 1.0)),
                    solve_rate(values, solved_from),
                    _reach(line, curves[name]),
                    area(curves[name]) if len(curves[name]) > 1 else None,
                )
            )
    records = [record for method in methods for line in method.lines.values() for record in line.records]
    shared = any(len(record.algorithms) > 1 for record in records)
    ranking = rank_methods({name: of for name, of in cells.items() if of}, shared_seeds=shared)
    return Standing(key[0], key[1], metric, ranking, tuple(lines), tuple(left_out))


def _curve(line: Line, metric: str) -> dict[int, list[float]]:
    """Return size -> scores, of sizes at which every seed has one."""
    found = {size: line.values(metric, size) for size in line.sizes}
    return {size: values for size, values in found.items() if len(values) == len(line.records)}


def _reach(line: Line, curve: dict[int, list[float]]) -> Reach | None:
    trained = max((max(r.training.sizes[line.algorithm]) for r in line.records if r.training), default=0)
    within = [size for size in curve if size <= trained]
    return n90(curve, max(within)) if within else None
