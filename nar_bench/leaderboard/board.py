"""What a board shows, worked out from entries; no HTML, no drawing.

An entry is ranked if it has every cell that its board asks for (`Definition.seeds` on every algorithm at every size),
no number in it is impossible and nobody refuted it. All others stand apart, with the reason: no mean is taken over what
happens to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.entries import METRICS, Entry, Machine, Track
from nar_bench.leaderboard.reported import Reported
from nar_bench.leaderboard.rules import lacking
from nar_bench.statistics.estimate import Estimate, mean_over_seeds
from nar_bench.statistics.mean_difference import on_these_algorithms, with_shared_seeds
from nar_bench.statistics.ranks import Ranking, RankRow, rank_methods
from nar_bench.statistics.size_curve import Reach, n90
from nar_bench.statistics.solve_rate import Share, solve_rate, wilson

RANKED, INCOMPLETE, FLAGGED, REFUTED = "ranked", "incomplete", "impossible", "refuted"
"""How an entry stands."""


@dataclass(frozen=True)
class Cell:
    """One entry on one algorithm at the size at which it is ranked, over the board's seeds; None where one is missing.

    Attributes:
        means: metric -> mean.
        estimate: of the board's metric.
        reach: N90 of the board's metric; None where no size measured is in distribution.
    """

    means: Mapping[str, float | None]
    estimate: Estimate | None
    solved: Share | None
    reach: Reach | None


@dataclass(frozen=True)
class Costs:
    """What a trial of an entry costs, means over its trials; comparable within one machine alone.

    Attributes:
        parameters: trained numbers of a trial's networks.
        memory: MiB, the most that a process held; None where no record says.
        machines: where trials ran; several make no comparison.
    """

    parameters: float | None
    train_seconds: float
    evaluate_seconds: float
    memory: float | None
    machines: tuple[Machine, ...]


@dataclass(frozen=True)
class Row:
    """One entry.

    Attributes:
        standing: one of `RANKED`, `INCOMPLETE`, `FLAGGED`, `REFUTED`.
        why: the reasons, where it is not ranked.
        rank: None where it is not ranked.
        cells: by algorithm, of those that it has.
        mean: of the board's metric by its pooling, over the board's seeds; None where it is incomplete.
        averages: the mean over algorithms and the mean over categories, by their names.
        solved: share of trials (algorithm and seed) that are solved.
        reach: N90 of the mean over algorithms.
        curve: size -> [k] that mean, one for each seed.
        means: metric -> mean over algorithms.
    """

    entry: Entry
    standing: str
    why: tuple[str, ...]
    rank: RankRow | None
    cells: Mapping[str, Cell]
    mean: Estimate | None
    averages: Mapping[str, float]
    solved: Share | None
    reach: Reach | None
    curve: Mapping[int, Sequence[float]]
    means: Mapping[str, float | None]
    costs: Costs


@dataclass(frozen=True)
class Board:
    """Everything on a board's pages.

    Attributes:
        rows: ranked ones first, best first; then the others by name.
        groups: tie groups, as keys of entries, best first.
        chance: algorithm -> size -> the score of the best answer that does not look at the input.
        chance_means: the averages of it at the ranked size, where all are known.
        refused: a sentence for each submission or record that is not shown.
    """

    definition: Definition
    rows: tuple[Row, ...]
    groups: tuple[tuple[str, ...], ...]
    chance: Mapping[str, Mapping[int, float]]
    chance_means: Mapping[str, float]
    reported: tuple[Reported, ...]
    refused: tuple[str, ...]

    @property
    def machines(self) -> list[Machine]:
        """Every machine that a shown record ran on."""
        return sorted({one for row in self.rows for one in row.costs.machines}, key=str)


def average_names(definition: Definition) -> tuple[str, str]:
    """Return what the two averages are called."""
    algorithms, categories = len(definition.algorithms), len(definition.categories)
    return (
        f"{algorithms} algorithm{'s' * (algorithms != 1)}",
        f"{categories} {'category' if categories == 1 else 'categories'}",
    )


def averages(definition: Definition, values: Mapping[str, float]) -> dict[str, float]:
    """Return both averages of one value for each algorithm: over all of them, and over the means of categories."""
    by_algorithm, by_category = average_names(definition)
    return {
        by_algorithm: fmean(values[name] for name in definition.algorithms),
        by_category: fmean(fmean(values[name] for name in names) for names in definition.categories.values()),
    }


def make_board(
    definition: Definition,
    entries: Iterable[Entry],
    reported: Sequence[Reported] = (),
    refused: Sequence[str] = (),
) -> Board:
    """Work out a board."""
    measured = [_measure(definition, entry) for entry in entries]
    standing = {id(one): _standing(definition, one) for one, _ in measured}
    ranked = {one.key: (one, cells) for one, cells in measured if standing[id(one)][0] == RANKED}
    ranking = _rank(definition, [one for one, _ in ranked.values()])
    ranks = {row.method: row for row in ranking.rows}
    rows = [_row(definition, one, cells, *standing[id(one)], ranks.get(one.key)) for one, cells in measured]
    order = {row.method: place for place, row in enumerate(ranking.rows)}
    rows.sort(
        key=lambda row: (order.get(row.entry.key, len(order)), row.standing, row.entry.method, row.entry.submission)
    )
    chance = _chance(definition, [entry for entry, _ in measured])
    at = {name: chance[name][definition.size_for(name)] for name in chance if definition.size_for(name) in chance[name]}
    whole = averages(definition, at) if set(at) == set(definition.algorithms) else {}
    return Board(definition, tuple(rows), ranking.groups, chance, whole, tuple(reported), tuple(refused))


def _rank(definition: Definition, entries: Sequence[Entry]) -> Ranking:
    scores = {
        entry.key: {
            name: dict(zip(definition.seeds, _values(definition, entry.tracks[name]) or (), strict=True))
            for name in definition.algorithms
        }
        for entry in entries
    }
    return rank_methods(scores, shared_seeds=definition.together, weights=definition.weights())


def _values(definition: Definition, track: Track) -> list[float] | None:
    return track.of(definition.metric, definition.size_for(track.algorithm), definition.seeds)


def _measure(definition: Definition, entry: Entry) -> tuple[Entry, dict[str, Cell]]:
    return entry, {
        name: _cell(definition, entry.tracks[name]) for name in definition.algorithms if name in entry.tracks
    }


def _cell(definition: Definition, track: Track) -> Cell:
    size, seeds = definition.size_for(track.algorithm), definition.seeds
    found = {metric: track.of(metric, size, seeds) for metric in METRICS}
    values = found[definition.metric]
    usable = values is not None and not (definition.metric == "score" and track.holds_errors)
    curve = {n: got for n in track.sizes(definition.metric) if (got := track.of(definition.metric, n, seeds))}
    return Cell(
        means={metric: None if got is None else fmean(got) for metric, got in found.items()},
        estimate=mean_over_seeds(values, bounds=_bounds(definition)) if values and usable else None,
        solved=solve_rate(values, definition.solved_from) if values and usable else None,
        reach=_reach(curve, definition.bound_for(track.algorithm)) if usable else None,
    )


def _bounds(definition: Definition) -> tuple[float, float] | None:
    """A score above chance may be below 0."""
    return None if definition.metric == "chance_corrected" else (0.0, 1.0)


def _reach(curve: Mapping[int, Sequence[float]], bound: int) -> Reach | None:
    within = [size for size in curve if size <= bound]
    return n90(curve, max(within)) if within else None


def _standing(definition: Definition, entry: Entry) -> tuple[str, tuple[str, ...]]:
    if entry.state == REFUTED:
        return REFUTED, entry.findings
    if wrong := [text for track in entry.tracks.values() for text in track.impossible]:
        return FLAGGED, tuple(wrong)
    errors = [name for name, track in entry.tracks.items() if definition.metric == "score" and track.holds_errors]
    if errors:
        return INCOMPLETE, (f"the score of {errors[0]} is a squared error, of which less is better",)
    lacks = [
        f"{name} seed {seed}"
        for name in definition.algorithms
        if not _has(definition, entry, name, definition.seeds)
        for seed in definition.seeds
        if not _has(definition, entry, name, [seed])
    ]
    return (INCOMPLETE, (lacking(lacks), *entry.failures)) if lacks else (RANKED, ())


def _has(definition: Definition, entry: Entry, name: str, seeds: Sequence[int]) -> bool:
    track = entry.tracks.get(name)
    return track is not None and all(track.of(definition.metric, n, seeds) for n in definition.sizes_for(name))


def _row(
    definition: Definition,
    entry: Entry,
    cells: dict[str, Cell],
    standing: str,
    why: tuple[str, ...],
    rank: RankRow | None,
) -> Row:
    complete = standing in (RANKED, REFUTED, FLAGGED) and all(
        name in cells and cells[name].estimate is not None for name in definition.algorithms
    )
    values = {name: _values(definition, entry.tracks[name]) or [] for name in cells} if complete else {}
    means = {
        metric: fmean(found) if complete and None not in (found := _of(cells, metric)) else None for metric in METRICS
    }
    curve = _mean_curve(definition, entry) if complete else {}
    solved = [value >= definition.solved_from for of in values.values() for value in of]
    return Row(
        entry=entry,
        standing=standing,
        why=why,
        rank=rank,
        cells=cells,
        mean=_mean(definition, values) if complete else None,
        averages=averages(definition, {name: fmean(of) for name, of in values.items()}) if complete else {},
        solved=wilson(sum(solved), len(solved)) if solved else None,
        reach=_reach(curve, definition.in_distribution),
        curve=curve,
        means=means,
        costs=_costs(entry),
    )


def _of(cells: Mapping[str, Cell], metric: str) -> list[float]:
    return [cell.means[metric] for cell in cells.values()]  # type: ignore[misc]


def _mean(definition: Definition, values: Mapping[str, list[float]]) -> Estimate:
    """Return the mean that is ranked, with what new seeds would change of it."""
    estimate = with_shared_seeds if definition.together else on_these_algorithms
    found = estimate(values, weights=definition.weights())
    bounds = _bounds(definition)
    if bounds is None or found.low is None or found.high is None:
        return found
    return Estimate(found.value, max(found.low, bounds[0]), min(found.high, bounds[1]), None, found.df, found.reason)


def _mean_curve(definition: Definition, entry: Entry) -> dict[int, list[float]]:
    """Return the mean over algorithms by size and seed, at sizes that every algorithm has."""
    curve = {}
    for size in sorted({n for track in entry.tracks.values() for n in track.sizes(definition.metric)}):
        rows = [entry.tracks[name].of(definition.metric, size, definition.seeds) for name in definition.algorithms]
        found = [row for row in rows if row is not None]
        if len(found) == len(rows):
            weights = definition.weights()
            curve[size] = [
                sum(weights[name] * row[i] for name, row in zip(definition.algorithms, found, strict=True))
                for i in range(len(definition.seeds))
            ]
    return curve


def _costs(entry: Entry) -> Costs:
    records = entry.records
    parameters = [record.parameters for record in records if record.parameters is not None]
    memory = [record.memory.process for record in records if record.memory and record.memory.process]
    return Costs(
        parameters=fmean(parameters) if parameters else None,
        train_seconds=fmean(record.seconds.get("train", 0.0) for record in records),
        evaluate_seconds=fmean(record.seconds.get("evaluate", 0.0) for record in records),
        memory=max(memory, default=None),
        machines=tuple(entry.machines),
    )


def _chance(definition: Definition, entries: Sequence[Entry]) -> dict[str, dict[int, float]]:
    """Return the chance of each algorithm and size, of which all records of a board say the same."""
    if definition.metric != "score":
        return {name: {} for name in definition.algorithms}
    found: dict[str, dict[int, float]] = {name: {} for name in definition.algorithms}
    for entry in entries:
        for name, track in entry.tracks.items():
            for size, row in track.values.get("chance", {}).items() if name in found else ():
                value = next((one for one in row if one is not None), None)
                if value is not None:
                    found[name].setdefault(size, value)
    return found
