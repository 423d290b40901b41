"""What each page of a board shows, as plain data that its script draws; numbers to four places.

Keys are short because a thousand methods stand on a page. Nothing here is markup: names are text, and stay text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nar_bench.leaderboard.board import RANKED, Board, Cell, Row, average_names
from nar_bench.leaderboard.entries import METRICS, Entry, Track, slug
from nar_bench.leaderboard.reported import KINDS, Reported
from nar_bench.leaderboard.submission import STATES
from nar_bench.statistics.estimate import Estimate
from nar_bench.statistics.solve_rate import Share

Page = dict[str, Any]

_MEANS = ("mean over algorithms", "mean over categories", "overall", "category")
"""Kinds of published numbers on a board's own page, in the order shown."""


def board_page(board: Board) -> Page:
    """Return the page of a whole board."""
    definition = board.definition
    algorithms = definition.algorithms
    machines = {machine: place for place, machine in enumerate(board.machines)}
    chance = [_round(board.chance[name].get(definition.size_for(name))) for name in algorithms]
    return {
        **_about(board),
        "algorithms": [
            {"name": name, "slug": slug(name), "category": definition.category(name)} for name in algorithms
        ],
        "averages": list(average_names(definition)),
        "machines": [str(machine) for machine in board.machines],
        "rows": [_summary(board, row, machines) for row in board.rows],
        "groups": len(board.groups),
        "chance": chance,
        "chance_averages": [_round(board.chance_means.get(name)) for name in average_names(definition)],
        "reported": [_reported(one) for kind in _MEANS for one in board.reported if one.kind == kind],
        "reported_models": len({(one.model, one.paper) for one in board.reported}),
        "kinds": KINDS,
        "refused": list(board.refused),
    }


def algorithm_page(board: Board, algorithm: str) -> Page:
    """Return the page of one algorithm: every entry that was measured on it, with every seed at every size."""
    definition = board.definition
    rows = [row for row in board.rows if algorithm in row.cells]
    sizes = sorted({n for row in rows for n in row.entry.tracks[algorithm].sizes(definition.metric)})
    return {
        **_about(board),
        "algorithm": algorithm,
        "category": definition.category(algorithm),
        "at": definition.size_for(algorithm),
        "bound": definition.bound_for(algorithm),
        "sizes": sizes,
        "chance": [_round(board.chance[algorithm].get(n)) for n in sizes],
        "rows": [
            {
                **_name(row),
                **_cell(row.cells[algorithm]),
                "seeds": list(row.entry.tracks[algorithm].seeds),
                "curves": _curves(row.entry.tracks[algorithm], sizes),
            }
            for row in rows
        ],
        "reported": [_reported(one) for one in board.reported if one.algorithm == algorithm],
        "kinds": KINDS,
    }


def method_page(board: Board, row: Row, how: Sequence[str]) -> Page:
    """Return the page of one entry.

    Args:
        how: sentences that say how it came about.
    """
    definition, entry = board.definition, row.entry
    return {
        **_about(board),
        **_name(row),
        "averages": dict(zip(average_names(definition), _both(board, row), strict=True)),
        "mean": _estimate(row.mean),
        "solved": _share(row.solved),
        "n90": None if row.reach is None else str(row.reach),
        "rank": _rank(row),
        "costs": {
            "parameters": row.costs.parameters,
            "train_seconds": _round(row.costs.train_seconds),
            "evaluate_seconds": _round(row.costs.evaluate_seconds),
            "memory": _round(row.costs.memory),
            "machines": [str(one) for one in row.costs.machines],
        },
        "tracks": [_track_page(board, entry, row.cells[name], name) for name in row.cells],
        "how": list(how),
        "options": _options(entry),
        "failures": list(entry.failures),
        "findings": list(entry.findings),
    }


def _track_page(board: Board, entry: Entry, cell: Cell, name: str) -> Page:
    track = entry.tracks[name]
    sizes = track.sizes(board.definition.metric)
    return {
        "name": name,
        "slug": slug(name),
        "category": board.definition.category(name),
        "at": board.definition.size_for(name),
        "bound": board.definition.bound_for(name),
        "sizes": sizes,
        "chance": [_round(board.chance[name].get(n)) for n in sizes],
        "seeds": list(track.seeds),
        "curves": _curves(track, sizes),
        **_cell(cell),
    }


def _about(board: Board) -> Page:
    definition = board.definition
    return {
        "board": {
            "name": definition.name,
            "title": definition.title,
            "summary": definition.summary,
            "suite": f"{definition.suite.name} {definition.suite.version}",
            "metric": definition.metric,
            "size": definition.size,
            "sizes": definition.sizes,
            "bound": definition.in_distribution,
            "seeds": definition.seeds,
            "pooling": definition.pooling,
            "track": definition.track,
            "point": definition.point,
            "together": definition.together,
            "solved_from": definition.solved_from,
            "categories": list(definition.categories),
        },
        "metrics": METRICS,
        "states": STATES,
    }


def _name(row: Row) -> Page:
    entry = row.entry
    return {
        "key": entry.key,
        "method": entry.method,
        "submission": entry.submission,
        "state": entry.state,
        "standing": row.standing,
        "why": list(row.why),
    }


def _summary(board: Board, row: Row, machines: Mapping[Any, int]) -> Page:
    record = row.entry.first
    definition = board.definition
    made: Page = {
        **_name(row),
        "regime": record.regime,
        "track": record.protocol.track if record.protocol else "not said",
        "rank": _rank(row),
        "mean": _estimate(row.mean),
        "averages": _both(board, row),
        "solved": _share(row.solved),
        "n90": None if row.reach is None else [row.reach.size, str(row.reach)],
        "means": [_round(row.means[metric]) for metric in METRICS],
        "cost": [
            None if row.costs.parameters is None else round(row.costs.parameters),
            round(row.costs.train_seconds, 1),
            round(row.costs.evaluate_seconds, 1),
            None if row.costs.memory is None else round(row.costs.memory),
        ],
        "machines": [machines[one] for one in row.costs.machines],
        "seeds": len(
            set.intersection(*(set(track.seeds) for track in row.entry.tracks.values())) & set(definition.seeds)
        ),
        "covered": sum(cell.estimate is not None for cell in row.cells.values()),
        "cells": [
            _round(row.cells[name].means[definition.metric]) if name in row.cells else None
            for name in definition.algorithms
        ],
    }
    if row.standing == RANKED:
        made["curve"] = {size: [_round(one) for one in seeds] for size, seeds in row.curve.items()}
    return made


def _both(board: Board, row: Row) -> list[float | None]:
    return [_round(row.averages.get(name)) for name in average_names(board.definition)]


def _rank(row: Row) -> Page | None:
    if row.rank is None:
        return None
    one = row.rank
    return {
        "at": one.rank,
        "low": one.low,
        "high": one.high,
        "without": list(one.without_one),
        "groups": list(one.groups),
    }


def _cell(cell: Cell) -> Page:
    return {
        "means": [_round(cell.means[metric]) for metric in METRICS],
        "mean": _estimate(cell.estimate),
        "solved": _share(cell.solved),
        "n90": None if cell.reach is None else [cell.reach.size, str(cell.reach)],
    }


def _curves(track: Track, sizes: Sequence[int]) -> Page:
    """Return for each metric the values of each seed, one for each size."""
    return {
        metric: [[rows[n][seed] if n in rows else None for n in sizes] for seed in range(len(track.seeds))]
        for metric in METRICS
        if (rows := track.rounded.get(metric))
    }


def _options(entry: Entry) -> list[list[str]]:
    """Return every option of a trial as (where, value), of what its algorithms have in common."""
    config = entry.first.config
    return [
        [f"{section}.{key}", str(value)]
        for section, options in config.items()
        if section != "algorithms" and isinstance(options, dict)
        for key, value in options.items()
    ]


def _reported(one: Reported) -> Page:
    return {
        "kind": one.kind,
        "name": one.algorithm or one.name,
        "model": one.model,
        "metric": one.metric,
        "point": one.point,
        "size": one.size,
        "score": one.score,
        "value": float(one.percent) / 100,
        "spread_is": one.spread_is,
        "paper": one.paper,
        "protocol": one.protocol,
        "source": one.source,
    }


def _estimate(one: Estimate | None) -> list[float | str | None] | None:
    return None if one is None else [_round(one.value), _round(one.low), _round(one.high), one.reason]


def _share(one: Share | None) -> list[float | None] | None:
    return None if one is None else [_round(one.value), _round(one.low), _round(one.high)]


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
