"""What the estimates of a folder say together; plain numbers for tables, pages and JSON."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nar_bench.alignment.bounds import theorem_1_bound
from nar_bench.alignment.exponents import FEWEST, BoundFit, Exponent, fit_exponent, judge_bound
from nar_bench.alignment.naming import called
from nar_bench.alignment.record import AlignmentRecord

PERCEPTRONS = ("mlp", "ntk")
"""The learners of Corollary 1 that know nothing of objects, by name: others are compared with them."""


@dataclass(frozen=True)
class Row:
    """One estimate."""

    estimate: str
    kind: str
    what: str
    by: str
    size: int
    eps: float | None
    unit: str
    delta: float
    state: str
    value: float | None
    low: int | None
    high: int | None
    told: str
    runs: int
    close: int
    diverged: int
    seconds: float
    bound: float | None
    """Theorem 1's, without its constant."""
    cells: tuple[tuple[int, int, int, float, float], ...]
    """(M, successes, runs, low, high) of each M, the last two of the share of all runs that succeed."""


@dataclass(frozen=True)
class Growth:
    """How C grows with one thing."""

    what: str
    by: str
    factor: str
    """What it grows with, such as "n" or "eps"."""
    points: tuple[tuple[float, float], ...]
    exponent: Exponent
    predicted: float | None
    """By Theorem 1 over the same points, where it speaks of the target."""
    left_out: int
    """Estimates on the way that are censored and not in the fit."""


@dataclass(frozen=True)
class Ratio:
    """C of a perceptron over C of a learner that knows of objects, by n."""

    what: str
    of: str
    by: str
    points: tuple[tuple[int, float], ...]
    exponent: Exponent | None
    left_out: int


@dataclass(frozen=True)
class Alignment:
    """A claimed alignment beside what is measured (definition 3.4)."""

    network: Row
    modules: tuple[tuple[str, Row], ...]
    sum_bound: float | None
    """n max_i C_i by the estimates' values; None where the greatest is not known, as that of one that is censored."""
    sum_low: float | None
    """The same by the lower ends of their intervals."""
    sum_high: float | None
    """The same by the upper ends."""
    verdict: str

    @property
    def sum_told(self) -> str:
        """The product in a few words; "" where nothing bounds it."""
        return _amount(self.sum_bound, self.sum_low, self.sum_high)


@dataclass(frozen=True)
class Study:
    """A folder."""

    suites: tuple[str, ...]
    rows: tuple[Row, ...]
    growths: tuple[Growth, ...]
    ratios: tuple[Ratio, ...]
    alignments: tuple[Alignment, ...]
    board: tuple[Row, ...]
    """Whole algorithms."""
    bound: BoundFit | None
    machines: tuple[str, ...]
    commits: tuple[str, ...]
    seconds: float


def told(record: AlignmentRecord) -> str:
    """Say an estimate in a few words."""
    found = record.result
    if found is None:
        return f"failed: {record.error.message.splitlines()[-1] if record.error else ''}"
    if found.state not in ("measured", "at most", "more than"):
        return found.state
    return _amount(found.value, found.low, found.high)


def _amount(value: float | None, low: float | None, high: float | None) -> str:
    if value is not None:
        return f"{f'{value:,.0f}' if value >= 100 else f'{value:.3g}'} ({low:,} to {high:,})"
    if high is not None:
        return f"<= {high:,}" if low is None else f"{low:,} to {high:,}"
    return "" if low is None else f"> {low:,}"


def in_order(records: Iterable[AlignmentRecord]) -> list[AlignmentRecord]:
    """Return records by what is learned, by whom, and at which size."""
    return sorted(
        records,
        key=lambda record: (
            record.question.what.name,
            str(record.question.config.get("target")),
            record.question.learner.name,
            str(record.question.config["learner"]),
            record.question.regime,
            record.question.size,
            record.question.eps or 0.0,
            record.question.delta,
            record.estimate,
        ),
    )


def study(records: Iterable[AlignmentRecord]) -> Study:
    """Put the estimates of a folder together."""
    ordered = in_order(records)
    names = called([record.question for record in ordered])
    rows = {record.estimate: _row(record, *name) for record, name in zip(ordered, names, strict=True)}
    functions = [record for record in ordered if record.question.kind == "function"]
    known = [(row.bound, row.value) for row in rows.values() if row.bound is not None and row.value is not None]
    return Study(
        suites=tuple(sorted({f"{record.suite.name} {record.suite.version}" for record in ordered})),
        rows=tuple(row for row in rows.values() if row.kind == "function"),
        growths=tuple(_growths(functions, rows)),
        ratios=tuple(_ratios(functions, rows)),
        alignments=tuple(
            _alignment(record, rows)
            for record in ordered
            if record.modules and all(one in rows for one in record.modules.values())
        ),
        board=tuple(row for row in rows.values() if row.kind == "algorithm"),
        bound=judge_bound(*zip(*known, strict=True)) if len(known) >= 4 else None,
        machines=tuple(sorted({str(record.environment.get("cpu")) for record in ordered})),
        commits=tuple(sorted({str(record.environment.get("git_commit"))[:9] for record in ordered})),
        seconds=sum(record.seconds for record in ordered),
    )


def _row(record: AlignmentRecord, what: str, by: str) -> Row:
    asked, found = record.question, record.result
    bound = None
    if record.complexity is not None and asked.absolute_eps is not None:
        bound = theorem_1_bound(record.complexity, asked.absolute_eps, asked.delta)
    return Row(
        estimate=record.estimate,
        kind=asked.kind,
        what=what,
        by=by,
        size=asked.size,
        eps=asked.eps,
        unit=asked.unit,
        delta=asked.delta,
        state=found.state if found else "failed",
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        told=told(record),
        runs=len(record.runs),
        close=sum(run.close for run in record.runs),
        diverged=sum(run.state == "diverged" for run in record.runs),
        seconds=record.seconds,
        bound=bound,
        cells=tuple((cell.m, cell.successes, cell.runs, cell.low, cell.high) for cell in record.cells),
    )


def _factors(record: AlignmentRecord) -> dict[str, float]:
    """Return everything that C may grow with, as numbers."""
    asked = record.question
    numbers: dict[str, float] = {"n": asked.size, "eps": asked.eps or 0.0, "1 / delta": 1 / asked.delta}
    for key, value in asked.config.get("target", {}).items():
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(one, int | float) and key != "seed":
            numbers[key] = one
    return numbers


def _rest(record: AlignmentRecord, factor: str) -> str:
    """Return everything but one factor, as text: estimates that agree in it form a line."""
    asked, numbers = record.question, _factors(record)
    target = {key: value for key, value in asked.config.get("target", {}).items() if key not in numbers}
    others = {key: value for key, value in numbers.items() if key != factor}
    same = (asked.what.id, asked.what.version, asked.learner.id, asked.learner.version, asked.unit)
    return repr((same, target, others, asked.config["learner"]))


def _growths(records: Sequence[AlignmentRecord], rows: dict[str, Row]) -> Iterable[Growth]:
    factors = dict.fromkeys(factor for record in records for factor in _factors(record))
    for factor in factors:
        lines: dict[str, list[AlignmentRecord]] = {}
        for record in records:
            if _factors(record).get(factor, 0.0) > 0:
                lines.setdefault(_rest(record, factor), []).append(record)
        for line in lines.values():
            line.sort(key=lambda record: _factors(record)[factor])
            known = [(rows[one.estimate], _factors(one)[factor]) for one in line]
            points = [(x, row.value) for row, x in known if row.value is not None]
            if len({x for x, _ in points}) < FEWEST:
                continue
            bounds = [row.bound for row, _ in known if row.value is not None]
            predicted = None
            if all(bound is not None for bound in bounds):
                fitted = fit_exponent([x for x, _ in points], [b for b in bounds if b is not None])
                predicted = round(fitted.value, 6) + 0.0  # what rounding makes of nothing is no minus 0
            name = called([line[0].question])[0]
            yield Growth(
                what=name.what,
                by=name.by,
                factor=_FACTOR_NAMES.get(factor, factor),
                points=tuple(points),
                exponent=fit_exponent([x for x, _ in points], [y for _, y in points]),
                predicted=predicted,
                left_out=len(line) - len(points),
            )


_FACTOR_NAMES = {"powers": "p", "alphas": "alpha", "norm": "norm of beta", "count": "terms"}


def _ratios(records: Sequence[AlignmentRecord], rows: dict[str, Row]) -> Iterable[Ratio]:
    def asked_of(record: AlignmentRecord) -> str:
        asked = record.question
        return repr((asked.what.id, asked.what.version, asked.config["target"], asked.eps, asked.unit, asked.delta))

    groups: dict[str, dict[str, dict[int, Row]]] = {}
    perceptrons = {rows[one.estimate].by for one in records if one.question.learner.name in PERCEPTRONS}
    for record in records:
        row = rows[record.estimate]
        groups.setdefault(asked_of(record), {}).setdefault(row.by, {})[row.size] = row
    for learners in groups.values():
        for of, by in itertools.product(learners, learners):
            both = sorted(learners[of].keys() & learners[by].keys())
            if of not in perceptrons or by in perceptrons or len(both) < 2:
                continue
            values = [(n, learners[of][n].value, learners[by][n].value) for n in both]
            points = [(n, one / other) for n, one, other in values if one is not None and other is not None]
            enough = len(points) >= FEWEST
            yield Ratio(
                what=learners[by][both[0]].what,
                of=of,
                by=by,
                points=tuple(points),
                exponent=fit_exponent([n for n, _ in points], [y for _, y in points]) if enough else None,
                left_out=len(both) - len(points),
            )


def _alignment(record: AlignmentRecord, rows: dict[str, Row]) -> Alignment:
    network = rows[record.estimate]
    modules = tuple((role, rows[one]) for role, one in record.modules.items())
    count, of = len(modules), [row for _, row in modules]
    lows = [row.low for row in of if row.low is not None]
    highs = [row.high for row in of if row.high is not None]
    greatest = max((row.value for row in of if row.value is not None), default=None)
    hidden = [row.high for row in of if row.value is None]
    if greatest is not None and any(high is None or high > greatest for high in hidden):
        greatest = None
    value = count * greatest if greatest is not None else None
    low = count * max(lows) if lows else None
    high = count * max(highs) if len(highs) == count else None
    return Alignment(network, modules, value, low, high, _verdict(network, low, high))


def _verdict(network: Row, low: float | None, high: float | None) -> str:
    """Say whether n max_i C_i examples suffice for the network, as far as the intervals can tell."""
    if network.high is not None and low is not None and network.high <= low:
        return "as claimed: the network needs no more than n max C_i"
    if network.low is not None and high is not None and network.low >= high:
        return "not as claimed: the network needs more than n max C_i"
    return "not decided: the intervals overlap"


def as_plain(made: Study) -> dict[str, Any]:
    """Return JSON values."""
    import dataclasses

    return dataclasses.asdict(made)
