"""What trials should cost, by records of trials that cost alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_records import content
from runner.test_suite import GOOD, plan_of

from nar_bench.results.compact import compact
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.costs import cost_key
from nar_bench.runner.definition import Trial
from nar_bench.runner.estimate import estimate
from nar_bench.runner.past_costs import known_costs
from nar_bench.runner.probe import probe

TEXT = GOOD.replace('"mpnn", "memory_mpnn"', '"mpnn"').replace('"hints", "memory"', '"hints"')


def trials(tmp_path: Path, text: str = TEXT) -> list[Trial]:
    return [one.trial for one in plan_of(tmp_path, text).planned]


def keep(store: Store, trial: Trial, number: int, train: float, mib: float | None = None, **training: int) -> None:
    """Write an invented record of a trial."""
    base = content(number, seed=number)
    memory = None if mib is None else {"process": mib, "device": None}
    made = {
        **base,
        "algorithms": [used.model_dump() for used in trial.algorithms],
        "processor": trial.processor.model_dump(),
        "config": trial.config,
        "training": {**base["training"], **training},
        "seconds": {"build": 1.0, "train": train, "evaluate": 2.0},
        "memory": memory,
    }
    store.write(Record.model_validate(made))


def test_steps_are_scaled_and_seeds_do_not_matter(tmp_path: Path) -> None:
    bfs, *others = trials(tmp_path)
    store = Store(tmp_path / "run")
    keep(store, bfs, 10, train=5.0, steps=10, mib=300.0)
    keep(store, bfs, 11, train=4.0, steps=10, resumed_from=6, mib=200.0)  # 1 s for each of the 4 steps that it made
    keep(store, bfs, 12, train=6.0, steps=10)
    longer = trials(tmp_path, TEXT.replace("steps = 3", "steps = 100\nlearning_rate = 0.1"))
    found = estimate(longer, known_costs(compact(store)))
    assert found.seconds == pytest.approx(2 * (100 * 0.6 + 3))  # the median step; two seeds of bfs
    assert (found.known, found.memory, found.records) == (2, 300.0, 3)
    assert [(trial.name, count) for trial, count in found.unknown] == [("insertion_sort", 2)]
    assert found.machines == ("imaginary, cpu, 2 threads",)
    assert estimate(others, {}).known == 0


@pytest.mark.parametrize("change", ["hidden = 9", "hidden = 8\ndropout = 0.5"])
def test_trials_of_another_width_do_not_cost_alike(tmp_path: Path, change: str) -> None:
    store = Store(tmp_path / "run")
    keep(store, trials(tmp_path)[0], 10, train=5.0, steps=10)
    assert estimate(trials(tmp_path, TEXT.replace("hidden = 8", change)), known_costs(compact(store))).known == 0


def test_a_record_that_is_older_than_an_option_costs_like_its_default(tmp_path: Path) -> None:
    store, trial = Store(tmp_path / "run"), trials(tmp_path)[0]
    config = {**trial.config, "train": {k: v for k, v in trial.config["train"].items() if k != "accelerate"}}
    config = {key: value for key, value in config.items() if key != "contrast"}
    old = dataclasses.replace(trial, config=config)
    assert cost_key(old) == cost_key(trial)
    keep(store, old, 10, train=5.0, steps=10)
    assert estimate([trial], known_costs(compact(store))).known == 1
    faster = {**trial.config, "train": {**trial.config["train"], "accelerate": True}}
    assert cost_key(dataclasses.replace(trial, config=faster)) != cost_key(old)


def test_failed_trials_and_those_that_made_no_step_tell_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "run")
    keep(store, trials(tmp_path)[0], 10, train=5.0, steps=10, resumed_from=10)
    assert known_costs(compact(store)) == {}


def test_a_probe_measures_a_few_steps_and_leaves_nothing(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, TEXT.replace("steps = 3", "steps = 100000"))
    cost = probe(prepared.planned[0].trial, prepared.registry)
    assert not isinstance(cost, str)
    assert 0 < cost.step < 10
    assert cost.memory is None or cost.memory > 10
    assert not prepared.store.path.exists()
