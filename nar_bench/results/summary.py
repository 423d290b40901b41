"""Records to lines of a table: one per suite version, algorithm and method, over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from nar_bench.results.differences import Named, components_of, settings_of, told_apart
from nar_bench.results.record import OWN_POINT, Record, Score, Used


@dataclass
class Line:
    """One method on one algorithm; a record of several algorithms is in a line of each.

    Attributes:
        method: processor, regime and similarity, with what tells it from others (see `told_apart`).
        records: finished trials, one per seed, in the order of their seeds.
    """

    suite: str
    suite_version: int
    algorithm: str
    method: str
    records: list[Record] = field(default_factory=list)

    @property
    def seeds(self) -> list[int]:
        """The seeds, in order."""
        return [record.seed for record in self.records]

    @property
    def sizes(self) -> list[int]:
        """The sizes that every seed was measured at, in order."""
        sets = [{score.size for score in self.scores(record)} for record in self.records]
        return sorted(set.intersection(*sets)) if sets else []

    def scores(self, record: Record) -> list[Score]:
        """Return the scores of this line's algorithm in one of its records, at the suite's own shift point."""
        return [score for score in record.scores if (score.algorithm, score.point) == (self.algorithm, OWN_POINT)]

    def values(self, metric: str, size: int) -> list[float]:
        """Return the metric of each seed that has it, in the order of the seeds."""
        return [
            score.value
            for record in self.records
            for score in self.scores(record)
            if (score.metric, score.size) == (metric, size)
        ]

    def value(self, metric: str, size: int) -> float | None:
        """Return the mean over seeds, or None unless every seed has it."""
        values = self.values(metric, size)
        return statistics.fmean(values) if values and len(values) == len(self.records) else None


def summarise(records: Iterable[Record]) -> list[Line]:
    """Group finished records; trials that differ in anything but the seed are different lines.

    Where two lines would read alike (another width, say), the options that differ are added to the method's name.
    """
    groups: dict[tuple[str, int, str, str, str], list[Record]] = {}
    known: dict[tuple[object, ...], str] = {}
    for record in records:
        # Seeds of a method have one configuration, so few are to be sorted however many records there are.
        parts = repr(record.config), *map(_what, components_of(record)), len(record.algorithms)
        if parts not in known:
            known[parts] = repr(sorted(settings_of(record).items()))
        for algorithm in record.algorithms if record.state == "done" else ():
            settings = known[parts]
            key = (record.suite.name, record.suite.version, algorithm.name, record.method, settings)
            groups.setdefault(key, []).append(record)
    told = told_apart([Named((key[:2], key[3]), key[2], found[0]) for key, found in groups.items()])
    lines = []
    for (suite, version, name, method, _), found, text in zip(groups, groups.values(), told, strict=True):
        suffix = f" [{text}]" if text else ""
        lines.append(Line(suite, version, name, method + suffix, sorted(found, key=lambda record: record.seed)))
    return sorted(lines, key=lambda line: (line.suite, line.suite_version, line.algorithm, line.method))


def _what(used: Used) -> tuple[object, ...]:
    """Return all that tells a component from another one."""
    return used.name, used.id, used.version, used.source_hash, *(_what(used.around) if used.around else ())
