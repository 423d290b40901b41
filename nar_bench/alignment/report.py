"""The page: one HTML file that needs no network. Equal records give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nar_bench.alignment.figure import Mark, Series, figure
from nar_bench.alignment.study import Growth, Ratio, Row, Study, as_plain
from nar_bench.results.files import write_whole


@dataclass(frozen=True)
class Picture:
    """A figure with what it shows."""

    title: str
    note: str
    svg: str


def write_page(made: Study, path: Path) -> Path:
    """Write the page and return its path. Raises StoreError."""
    write_whole(path, to_html(made).encode())
    return path


def to_json(made: Study) -> str:
    """Return the numbers as JSON."""
    return json.dumps(as_plain(made), indent=1)


def to_html(made: Study) -> str:
    """Render the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nar_bench.alignment"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["verdict"] = growth_verdict
    return environment.get_template("alignment.html.j2").render(
        study=made,
        complexities=list(complexity_pictures(made)),
        ratios=list(ratio_pictures(made)),
        bound=bound_picture(made),
    )


def complexity_pictures(made: Study, *, alone: bool = False) -> Iterable[Picture]:
    """Draw C against n, one figure for each target that was measured at several sizes."""
    groups: dict[tuple[str, float | None, float], list[Row]] = {}
    for row in made.rows:
        groups.setdefault((row.what, row.eps, row.delta), []).append(row)
    for (what, eps, delta), rows in groups.items():
        if len({row.size for row in rows}) < 2:
            continue
        learners = sorted({row.by for row in rows})
        series = [Series(by, tuple(_mark(row) for row in rows if row.by == by)) for by in learners]
        drawn = figure(series, "n, objects in a set", "examples needed, C", alone=alone)
        if drawn:
            unit = rows[0].unit
            yield Picture(what, f"eps = {eps:g} ({unit}), delta = {delta:g}", drawn)


def ratio_pictures(made: Study, *, alone: bool = False) -> Iterable[Picture]:
    """Draw C of the perceptron over C of the others against n, with the fitted power."""
    for what in dict.fromkeys(ratio.what for ratio in made.ratios):
        several = [ratio for ratio in made.ratios if ratio.what == what and ratio.points]
        if not several:
            continue
        series = [_ratio_series(ratio) for ratio in several]
        sizes = [n for ratio in several for n, _ in ratio.points]
        least = min(value for ratio in several for _, value in ratio.points)
        square = tuple((float(n), least * (n / min(sizes)) ** 2) for n in (min(sizes), max(sizes)))
        every = [*series, Series("n^2", line=square, dashed=True)]
        drawn = figure(every, "n, objects in a set", "ratio of examples needed", alone=alone)
        if drawn:
            yield Picture(what, "dashed: what grows as n squared", drawn)


def bound_picture(made: Study, *, alone: bool = False) -> Picture | None:
    """Draw what was measured against Theorem 1's bound, up to its constant."""
    rows = [row for row in made.rows if row.bound is not None]
    if made.bound is None or len({row.bound for row in rows}) < 2:
        return None
    marks = tuple(Mark(row.bound, row.value, row.low, row.high) for row in rows if row.bound is not None)
    ends = [min(mark.x for mark in marks), max(mark.x for mark in marks)]
    line = tuple((x, made.bound.constant * x) for x in ends)
    series = [Series("measured", marks), Series("bound, times its fitted constant", line=line, dashed=True)]
    return Picture("Theorem 1", "", figure(series, "bound of Theorem 1, without its constant", "C", alone=alone))


def _mark(row: Row) -> Mark:
    return Mark(row.size, row.value, row.low, row.high)


def _ratio_series(ratio: Ratio) -> Series:
    marks = tuple(Mark(n, value) for n, value in ratio.points)
    name = f"{ratio.of} / {ratio.by}"
    if ratio.exponent is None:
        return Series(name, marks)
    sizes, fit = [n for n, _ in ratio.points], ratio.exponent
    line = tuple((float(n), fit.scale * n**fit.value) for n in (min(sizes), max(sizes)))
    return Series(f"{name}: n^{fit.value:.2f}", marks, line)


def growth_verdict(growth: Growth) -> str:
    """Say whether the theory's exponent is that which was measured."""
    if growth.predicted is None:
        return "the theory says nothing"
    if growth.exponent.holds(growth.predicted):
        return "as predicted"
    more = abs(growth.exponent.value) > abs(growth.predicted)
    return f"not predicted: C depends on it {'more' if more else 'less'} than the bound does"
