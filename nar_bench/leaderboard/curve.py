"""Size curves as plain numbers for an SVG: a logarithmic size axis, one line per seed and their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nar_bench.leaderboard.board import Panel

WIDTH, HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 16, 14, 40

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933")
"""Okabe and Ito's colours, which people with any colour vision can tell apart; the eighth method repeats none."""
MARKS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True)
class Point:
    """A measured point."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Curve:
    """One method."""

    method: str
    colour: str
    mark: str
    seeds: tuple[tuple[Point, ...], ...]
    mean: tuple[Point, ...]


@dataclass(frozen=True)
class Figure:
    """Everything that one metric's figure shows."""

    metric: str
    curves: tuple[Curve, ...]
    chance: tuple[Point, ...]
    ticks_x: tuple[tuple[float, str], ...]
    ticks_y: tuple[tuple[float, str], ...]
    trained_x: float
    """Right end of the shaded range of training sizes."""
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def style_of(method: str, methods: tuple[str, ...]) -> tuple[str, str]:
    """Return colour and mark of a method; the same wherever it stands on a page."""
    index = methods.index(method)
    return COLOURS[index % len(COLOURS)], MARKS[index % len(MARKS)]


def make_figure(panel: Panel, metric: str, methods: tuple[str, ...]) -> Figure:
    """Lay out one metric of one algorithm."""
    low, high = math.log2(max(panel.sizes[0], 1)), math.log2(max(panel.sizes[-1], 1))
    inner = WIDTH - _LEFT - _RIGHT - 40

    def x(size: float) -> float:
        share = (math.log2(max(size, 1)) - low) / (high - low) if high > low else 0.5
        return round(_LEFT + 20 + inner * share, 1)

    def y(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - min(max(value, 0.0), 1.0)), 1)

    def point(size: int, value: float, what: str) -> Point:
        return Point(x(size), y(value), f"{what}, n = {size}: {value:.3f}")

    curves = []
    for row in panel.rows:
        colour, mark = style_of(row.method, methods)
        cells = row.cells[metric]
        full = [size for size in panel.sizes if len(cells[size].values) == len(row.seeds)]
        seeds = tuple(
            tuple(point(size, cells[size].values[i], f"{row.method}, seed {seed}") for size in full)
            for i, seed in enumerate(row.seeds)
        )
        mean = tuple(
            point(size, value, f"{row.method}, mean") for size in full if (value := cells[size].mean) is not None
        )
        curves.append(Curve(row.method, colour, mark, seeds, mean))
    chance = panel.chance if metric == "score" else {}
    trained = (
        min(max(x(panel.trained_up_to), _LEFT), WIDTH - _RIGHT) if panel.trained_up_to >= panel.sizes[0] else _LEFT
    )
    return Figure(
        metric=metric,
        curves=tuple(curves),
        chance=tuple(point(size, value, "chance") for size, value in sorted(chance.items())),
        ticks_x=tuple((x(size), str(size)) for size in panel.sizes),
        ticks_y=tuple((y(value / 4), f"{value / 4:g}") for value in range(5)),
        trained_x=min(trained + 6, WIDTH - _RIGHT),
    )
