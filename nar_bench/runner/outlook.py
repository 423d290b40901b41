"""What a plan should cost, and which difference its seeds can resolve: what there is to know before a suite runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nar_bench.results.compact import compact
from nar_bench.runner.costs import Cost, cost_key
from nar_bench.runner.definition import Trial
from nar_bench.runner.estimate import Estimate, estimate
from nar_bench.runner.past_costs import known_costs
from nar_bench.runner.plan import Planned, State
from nar_bench.runner.run import Prepared

_RECORDS_LOOKED_AT = 1000
"""Enough to know a standard deviation; reading all of a large folder would take longer than planning it."""


@dataclass(frozen=True)
class Plan:
    """What a suite would run.

    Attributes:
        suite: its name.
        folder: the results folder.
        trials: each with its state and, where it is skipped, failed or is to be run again, the reason.
        estimate: what those to do should cost, by records that cost alike.
        resolution: a sentence that says which difference between two methods the planned seeds can resolve.
        failed_probes: a sentence for each probe that failed.
    """

    suite: str
    folder: Path
    trials: list[Planned]
    estimate: Estimate
    resolution: str
    failed_probes: list[str]

    @property
    def counts(self) -> Mapping[State, int]:
        """How many trials are in each state."""
        return Counter(one.state for one in self.trials)


def outlook(prepared: Prepared, probe: bool = False, tell: Callable[[str], None] = lambda text: None) -> Plan:
    """Return what there is to know of a suite before it runs.

    Args:
        probe: whether to measure a few steps of each kind of trial that no record tells of.
        tell: hears of each probe.
    """
    folder = prepared.store.records_folder
    costs = known_costs(compact(prepared.store)) if folder.is_dir() else {}
    todo = [one.trial for one in prepared.todo()]
    failed = _probe(prepared, estimate(todo, costs), costs, tell) if probe else []
    return Plan(
        suite=prepared.source.suite.name,
        folder=prepared.store.path,
        trials=prepared.planned,
        estimate=estimate(todo, costs),
        resolution=_smallest_resolvable(prepared),
        failed_probes=failed,
    )


def _probe(prepared: Prepared, known: Estimate, costs: dict[str, Cost], tell: Callable[[str], None]) -> list[str]:
    """Add to `costs` what probes measure, and return a sentence for each that failed."""
    from nar_bench.runner.probe import probe as measure

    failed = []
    for number, (trial, _) in enumerate(known.unknown, 1):
        tell(f"probing {number} of {len(known.unknown)}: {trial.label}")
        cost = measure(trial, prepared.registry)
        if isinstance(cost, str):
            failed.append(f"the probe of {trial.label} failed: {cost}")
        else:
            costs[cost_key(trial)] = cost
    return failed


def _smallest_resolvable(prepared: Prepared) -> str:
    """Say which difference between two methods the planned seeds, finished ones among them, can resolve."""
    from nar_bench.statistics.resolution import smallest_difference
    from nar_bench.statistics.spread import spread_of

    planned = [one for one in prepared.planned if one.state is not State.SKIPPED]
    if not planned:
        return "smallest difference that the seeds resolve: no trial is planned"
    # Trials that differ in the seed share their configuration, and what they are called.
    alike: dict[int, tuple[Trial, set[int]]] = {}
    for trial in (one.trial for one in planned):
        alike.setdefault(id(trial.config), (trial, set()))[1].add(trial.seed)
    cells: dict[tuple[str, ...], set[int]] = {}
    for trial, of_trial in alike.values():
        method = (trial.processor.name, trial.regime, trial.similarity.name if trial.similarity else "")
        for algorithm in trial.algorithms:
            cells.setdefault((algorithm.name, *method), set()).update(of_trial)
    seeds = min(len(found) for found in cells.values())
    fewest = " (the fewest)" if any(len(found) > seeds for found in cells.values()) else ""
    few = f"{seeds} seed{'s' * (seeds > 1)} of each method on each algorithm{fewest}"
    if seeds == 1:
        return f"{few}: no difference between methods can be resolved; plan two seeds or more"
    done = [one.trial.id for one in planned if one.state is State.DONE][:_RECORDS_LOOKED_AT]
    spread = spread_of(record for trial in done if (record := prepared.store.read(trial)))
    told = [f"{smallest_difference(spread.deviation, seeds):.3f} on one algorithm"]
    algorithms = len({cell[0] for cell in cells})
    # Where algorithms share a network, one more algorithm is no new evidence of what a seed does.
    if algorithms > 1 and all(len(one.trial.algorithms) == 1 for one in planned):
        told.append(f"{smallest_difference(spread.deviation, seeds, algorithms):.3f} in the mean over {algorithms}")
    return (
        f"smallest difference in score that {few} resolve (power 0.8, level 0.05): {', '.join(told)}; "
        f"at a standard deviation across seeds of {spread.deviation:.3f}, {spread.source}"
    )
