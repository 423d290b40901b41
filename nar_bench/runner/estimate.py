"""How long trials should take and how much memory they should need, from trials that cost alike."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nar_bench.results.compact import Compacted
from nar_bench.results.costs import Cost, cost_key
from nar_bench.runner.expansion import Trial

_COLUMNS = (
    "cost_key",
    "state",
    "steps",
    "resumed_from",
    "build_seconds",
    "train_seconds",
    "evaluate_seconds",
    "process_mib",
    "cpu",
    "device",
    "threads",
)


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


def known_costs(compacted: Compacted) -> dict[str, Cost]:
    """Return what trials that are done have cost, by `cost_key`; steps before an interrupt are not counted."""
    found: dict[str, list[tuple[float, float, float | None, str]]] = {}
    for key, state, steps, before, build, train, evaluate, memory, cpu, device, threads in zip(
        *compacted.columns(*_COLUMNS).to_pydict().values(), strict=True
    ):
        if state == "done" and steps is not None and steps > before and None not in (build, train, evaluate):
            machine = f"{cpu}, {device}, {threads} thread{'s' * (threads != 1)}"
            found.setdefault(key, []).append((train / (steps - before), build + evaluate, memory, machine))
    return {key: _cost(several) for key, several in found.items()}


def _cost(several: list[tuple[float, float, float | None, str]]) -> Cost:
    return Cost(
        step=statistics.median(step for step, _, _, _ in several),
        rest=statistics.median(rest for _, rest, _, _ in several),
        memory=max((memory for _, _, memory, _ in several if memory is not None), default=None),
        records=len(several),
        machines=tuple(sorted({machine for _, _, _, machine in several})),
    )


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
