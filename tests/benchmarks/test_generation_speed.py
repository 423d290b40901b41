"""Trajectories a second on one core, hints included, beside the reference's samplers.

    NAR_BENCH_REFERENCE_PYTHON=... pytest tests/benchmarks/test_generation_speed.py --benchmark-only -s -m ""

The interpreter named there needs dm-clrs; without it our own speed alone is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

import nar_bench

NAMES = ["bfs", "insertion_sort", "bellman_ford"]

REFERENCE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import clrs
name, size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
clrs.build_sampler(name, seed=1, num_samples=4, length=size)
count, spent = 32, 0.0
while spent < seconds:
    start = time.process_time()
    clrs.build_sampler(name, seed=2, num_samples=count, length=size)
    spent = time.process_time() - start
    rate = count / spent
    count *= 2
print(json.dumps(rate))
"""


def reference_rate(name: str, size: int) -> float | None:
    python = os.environ.get("NAR_BENCH_REFERENCE_PYTHON")
    if not python:
        return None
    run = subprocess.run([python, "-c", REFERENCE, name, str(size), "1.5"], capture_output=True, text=True, check=True)
    return float(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.benchmark(group="generation")
def test_generation(benchmark: object, name: str, size: int) -> None:
    count = 1000  # as many as the reference makes for one length
    nar_bench.generate(name, size, 10)
    start = time.process_time()
    benchmark.pedantic(nar_bench.generate, (name, size, count), rounds=20, warmup_rounds=2)
    cores = (time.process_time() - start) / sum(benchmark.stats.stats.data)  # above 1 would be no fair comparison
    rate = count / benchmark.stats.stats.median
    theirs = reference_rate(name, size)
    ratio = f"{rate / theirs:6.0f}x the reference's {theirs:.0f}" if theirs else "reference not measured"
    print(f"\n{name:16} n={size:3}  {rate:10,.0f} trajectories/s on {cores:.1f} cores, {ratio}")
    benchmark.extra_info.update(rate=rate, reference=theirs, ratio=rate / theirs if theirs else None)


@pytest.mark.benchmark(group="first batch")
def test_first_batch_of_a_new_process(benchmark: object) -> None:
    """From the start of Python to the first batch, with the compiled code in its cache."""
    command = [sys.executable, "-c", "import nar_bench; nar_bench.generate('bfs', 16, 32)"]
    benchmark.pedantic(lambda: subprocess.run(command, check=True), rounds=3, warmup_rounds=1)
