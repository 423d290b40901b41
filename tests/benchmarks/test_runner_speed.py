"""What the runner adds to a trial, and what a second worker gains.

    pytest tests/benchmarks/test_runner_speed.py --benchmark-only -s -m ""

It needs two cores that nobody else uses, and takes about three minutes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from nar_bench.results.store import Store
from nar_bench.runner.plan import Planned
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.runner.work import TrialWork

SUITE = """
name = "speed"
version = 1
[[trials]]
algorithms = ["bfs"]
processors = ["mpnn"]
regimes = ["hints"]
seeds = {seeds}
[model]
hidden = {hidden}
[train]
steps = {steps}
batch = {batch}
sizes = [{size}]
checkpoint_every = 1000000
[evaluate]
sizes = [{size}]
count = {batch}
"""


def suite(folder: Path, **values: Any) -> Path:
    file = folder / "speed.toml"
    file.write_text(SUITE.format(**values))
    return file


@pytest.mark.benchmark(group="runner")
def test_what_the_runner_adds_to_a_trial(benchmark: Any, tmp_path: Path) -> None:
    """Wall time of a trial, less the time that its own record says was spent in building, training and evaluating."""
    torch.set_num_threads(1)
    trials = 50
    file = suite(tmp_path, seeds=list(range(trials)), hidden=8, steps=1, batch=2, size=4)
    run_prepared(prepare(file, tmp_path / "first"))  # compiles
    spent = {}

    def all_trials() -> None:
        prepared = prepare(file, tmp_path / "out")
        start = time.perf_counter()
        records = run_prepared(prepared)
        spent["all"] = time.perf_counter() - start
        spent["own"] = sum(sum(record.seconds.values()) for record in records)

    benchmark.pedantic(all_trials, rounds=1)
    milliseconds = 1000 * (spent["all"] - spent["own"]) / trials
    benchmark.extra_info["milliseconds of overhead per trial"] = milliseconds
    print(f"\noverhead per trial: {milliseconds:.1f} ms (its own work: {1000 * spent['own'] / trials:.1f} ms)")


@pytest.mark.benchmark(group="runner")
def test_what_a_claim_costs(benchmark: Any, tmp_path: Path) -> None:
    """Claim a trial and let it go."""

    def claim() -> None:
        with Store(tmp_path).claim("0" * 16):
            pass

    benchmark(claim)


@pytest.mark.benchmark(group="runner")
def test_what_passing_over_a_trial_costs(benchmark: Any, tmp_path: Path) -> None:
    """Find that another runner has done it since it was planned."""
    file = suite(tmp_path, seeds=[0], hidden=8, steps=1, batch=2, size=4)
    prepared = prepare(file, tmp_path / "out")
    run_prepared(prepare(file, tmp_path / "out"))
    planned: Planned = prepared.planned[0]
    work = TrialWork(prepared.store, (), "cpu", 1)
    assert not work(planned, lambda event: None).ran
    benchmark(work, planned, lambda event: None)


@pytest.mark.timeout(0)
@pytest.mark.benchmark(group="workers")
def test_four_trials_with_one_worker_and_with_two(benchmark: Any, tmp_path: Path) -> None:
    """Wall time of the command, the start of Python and of the workers included; three times each, in turn."""
    file = suite(tmp_path, seeds=[0, 1, 2, 3], hidden=128, steps=150, batch=32, size=16)
    seconds: dict[int, list[float]] = {1: [], 2: []}

    def run(workers: int, out: Path) -> float:
        command = [Path(sys.executable).parent / "nar-bench", "run", file, "--out", out, "--executor", "local"]
        start = time.perf_counter()
        subprocess.run(
            [*map(str, command), "--workers", str(workers)],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return time.perf_counter() - start

    def all_runs() -> None:
        run(1, tmp_path / "compiles")
        for number in range(3):
            for workers in seconds:
                seconds[workers].append(run(workers, tmp_path / f"{workers}-{number}"))

    benchmark.pedantic(all_runs, rounds=1)
    one, two = (statistics.median(seconds[workers]) for workers in (1, 2))
    benchmark.extra_info["speed of two workers over one"] = one / two
    print(f"\none worker {one:.1f} s, two {two:.1f} s: {one / two:.2f} times as fast; all: {seconds}")
