"""How long trials should take and how much memory they should need, from trials that cost alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nar_bench.runner.costs import Cost, cost_key
from nar_bench.runner.definition import Trial


@dataclass(frozen=True)
class Estimate:
    """What some trials should cost.

    Attributes:
        seconds: of all trials that there is something to go by for, one after another.
        memory: MiB that the largest of them should need; None where nothing says.
        known: how many trials these are.
        unknown: one trial for each kind that nothing is known of, with how many there are.
        records: from how many earlier trials.
        machines: what these ran on.
    """

    seconds: float
    memory: float | None
    known: int
    unknown: list[tuple[Trial, int]]
    records: int
    machines: tuple[str, ...]


def estimate(trials: Iterable[Trial], costs: Mapping[str, Cost]) -> Estimate:
    """Return what trials should cost, by those that cost alike; other numbers of steps are scaled."""
    keys: dict[int, str] = {}
    seconds, known = 0.0, 0
    used: dict[str, Cost] = {}
    unknown: dict[str, tuple[Trial, int]] = {}
    for trial in trials:
        # Trials that differ in the seed share their configuration.
        if id(trial.config) not in keys:
            keys[id(trial.config)] = cost_key(trial)
        key = keys[id(trial.config)]
        if key in costs:
            used[key] = costs[key]
            seconds += costs[key].seconds(int(trial.config["train"]["steps"]))
            known += 1
        else:
            first, count = unknown.get(key, (trial, 0))
            unknown[key] = first, count + 1
    return Estimate(
        seconds=seconds,
        memory=max((cost.memory for cost in used.values() if cost.memory is not None), default=None),
        known=known,
        unknown=list(unknown.values()),
        records=sum(cost.records for cost in used.values()),
        machines=tuple(sorted({machine for cost in used.values() for machine in cost.machines})),
    )
