"""Figures with logarithmic axes as SVG, for the page and for documents: points with intervals, lines, open ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933")
"""Okabe and Ito's colours, which people with any colour vision can tell apart, and two more."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 16, 44


@dataclass(frozen=True)
class Mark:
    """A measured point.

    Attributes:
        y: None where it is censored; then it is drawn at its end, open.
        low, high: of its interval; None where that is open.
    """

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points of one colour with a name.

    Attributes:
        line: (x, y) of a straight line, such as a fit.
        dashed: whether the line is of a theory and not of the points.
    """

    name: str
    marks: tuple[Mark, ...] = ()
    line: tuple[tuple[float, float], ...] = ()
    dashed: bool = False


def figure(
    series: Sequence[Series], x_name: str, y_name: str, *, width: int = 560, height: int = 360, alone: bool = False
) -> str:
    """Draw series over two logarithmic axes.

    Args:
        alone: whether it is a file of its own, with colours and fonts in it; else the page's style sheet has them.
    """
    xs = [mark.x for one in series for mark in one.marks] + [x for one in series for x, _ in one.line]
    ys = [
        value
        for one in series
        for mark in one.marks
        for value in (mark.y, mark.low, mark.high)
        if value is not None and value > 0
    ] + [y for one in series for _, y in one.line]
    if not xs or not ys:
        return ""
    axes = _Axes(xs, ys, width, height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(y_name)} against {escape(x_name)}">'
    ]
    if alone:
        parts.append(_STYLE)
    parts += axes.drawn(x_name, y_name)
    for number, one in enumerate(series):
        parts.append(f'<g style="color:{_colour(number)}">{"".join(_series(one, axes, number))}</g>')
    parts += _legend(series, axes)
    return "".join(parts) + "</svg>"


_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#5d666d}.grid{stroke:#dfe3e6}.mark{fill:currentColor}"
    ".open{fill:#fff;stroke:currentColor;stroke-width:2}.whisker{stroke:currentColor;stroke-width:1.6}"
    ".fit{fill:none;stroke:currentColor;stroke-width:1.8}.theory{stroke-dasharray:6 4}</style>"
    '<rect width="100%" height="100%" fill="#fff"/>'
)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


class _Axes:
    def __init__(self, xs: Sequence[float], ys: Sequence[float], width: int, height: int) -> None:
        self.width, self.height = width, height
        self._x = _range(xs, 0.06)
        self._y = _range(ys, 0.06)

    def x(self, value: float) -> float:
        low, high = self._x
        return round(_LEFT + (self.width - _LEFT - _RIGHT) * (math.log(value) - low) / (high - low), 1)

    def y(self, value: float) -> float:
        low, high = self._y
        return round(self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * (math.log(value) - low) / (high - low), 1)

    def drawn(self, x_name: str, y_name: str) -> Iterable[str]:
        bottom, right = self.height - _BOTTOM, self.width - _RIGHT
        for value in _ticks(*self._y):
            y = self.y(value)
            yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>'
            yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{_number(value)}</text>'
        for value in _ticks(*self._x):
            x = self.x(value)
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{bottom}"/>'
            yield f'<text class="tick" x="{x}" y="{bottom + 17}" text-anchor="middle">{_number(value)}</text>'
        middle = (_LEFT + right) / 2
        yield f'<text class="tick" x="{middle}" y="{self.height - 6}" text-anchor="middle">{escape(x_name)}</text>'
        across = (_TOP + bottom) / 2
        yield (
            f'<text class="tick" x="14" y="{across}" text-anchor="middle" '
            f'transform="rotate(-90 14 {across})">{escape(y_name)}</text>'
        )


def _range(values: Sequence[float], margin: float) -> tuple[float, float]:
    low, high = math.log(min(values)), math.log(max(values))
    if high - low < math.log(2):  # one octave at least, so that a flat line looks flat
        middle = (low + high) / 2
        low, high = middle - math.log(2) / 2, middle + math.log(2) / 2
    return low - margin * (high - low), high + margin * (high - low)


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(low / math.log(10)) - 1, math.ceil(high / math.log(10)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 6, 8)):
        found = [step * 10.0**decade for decade in decades for step in steps]
        inside = [value for value in found if low <= math.log(value) <= high]
        if len(inside) >= 4:
            break
    return inside


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _series(one: Series, axes: _Axes, number: int) -> Iterable[str]:
    if one.line:
        points = " ".join(f"{axes.x(x)},{axes.y(y)}" for x, y in one.line)
        yield f'<polyline class="fit{" theory" if one.dashed else ""}" points="{points}"/>'
    # Neighbours at one x are moved apart, so that none hides another.
    shift = (number % 4 - 1.5) * 3 if one.marks else 0
    for mark in one.marks:
        x = axes.x(mark.x) + shift
        ends = [value for value in (mark.low, mark.high) if value]
        if len(ends) == 2:
            yield f'<line class="whisker" x1="{x}" x2="{x}" y1="{axes.y(ends[0])}" y2="{axes.y(ends[1])}"/>'
        told = _told(one.name, mark)
        if mark.y is not None:
            yield f'<circle class="mark" cx="{x}" cy="{axes.y(mark.y)}" r="4.5"><title>{told}</title></circle>'
        elif len(ends) == 1:
            y = axes.y(ends[0])
            tip = -9 if mark.high is None else 9
            yield f'<path class="open" d="M{x - 5},{y} L{x + 5},{y} L{x},{y + tip} Z"><title>{told}</title></path>'


def _told(name: str, mark: Mark) -> str:
    if mark.y is None:
        ends = [f"above {mark.low:,}"] if mark.low else []
        ends += [f"at most {mark.high:,}"] if mark.high else []
        return f"{escape(name)}, {mark.x:g}: {' and '.join(ends) or 'not known'}"
    interval = f" ({mark.low:,g} to {mark.high:,g})" if mark.low is not None and mark.high is not None else ""
    return f"{escape(name)}, {mark.x:g}: {mark.y:,.3g}{interval}"


def _legend(series: Sequence[Series], axes: _Axes) -> Iterable[str]:
    for number, one in enumerate(series):
        y, x = _TOP + 14 + 17 * number, _LEFT + 12
        colour = _colour(number)
        if one.marks:
            yield f'<circle cx="{x}" cy="{y - 4}" r="4.5" style="fill:{colour}"/>'
        else:
            dash = ' stroke-dasharray="6 4"' if one.dashed else ""
            ends = f'x1="{x - 8}" x2="{x + 8}" y1="{y - 4}" y2="{y - 4}"'
            yield f'<line {ends} style="stroke:{colour}" stroke-width="2"{dash}/>'
        yield f'<text class="tick" x="{x + 14}" y="{y}">{escape(one.name)}</text>'
