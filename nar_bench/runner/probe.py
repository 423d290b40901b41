"""What a trial costs, measured on its first few steps and one evaluation."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import tempfile
import time
from pathlib import Path

from nar_bench.plugin.registry import Registry
from nar_bench.results.store import Store
from nar_bench.runner.costs import Cost
from nar_bench.runner.definition import Trial
from nar_bench.runner.trial import Event, run_trial

STEPS = 6
_WARM = 2
"""Steps that are not counted: they compile, and fill caches."""


def probe(trial: Trial, registry: Registry, device: str = "cpu") -> Cost | str:
    """Run a trial for a few steps in a folder that is thrown away; return what it costs, or why it failed."""
    steps = min(STEPS, int(trial.config["train"]["steps"]))
    short = {**trial.config, "train": {**trial.config["train"], "steps": steps}}
    ends: list[float] = []

    def watch(event: Event) -> None:
        if event.progress is not None:
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        record = run_trial(dataclasses.replace(trial, config=short), registry, Store(Path(folder)), watch, device)
    if record.error is not None:
        return record.error.message
    took = [after - before for before, after in itertools.pairwise(ends)][_WARM - 1 :]
    where = record.environment
    return Cost(
        # The time of the first step is not seen alone; where there is no other it is the whole of training.
        step=statistics.median(took) if took else record.seconds["train"] / steps,
        rest=record.seconds["build"] + record.seconds["evaluate"],
        memory=record.memory.process if record.memory else None,
        records=1,
        machines=(f"{where['cpu']}, {where['device']}, {where['threads']} thread{'s' * (where['threads'] != 1)}",),
    )
