"""Trajectories a second on one core, hints included, beside the reference's samplers in one run.

    NAR_BENCH_REFERENCE_PYTHON=... pytest tests/benchmarks/test_generation_speed.py --benchmark-only -s -m ""

The interpreter named there needs dm-clrs; without it our own speed alone is measured. The table goes to
docs/reference/generation_speed.md where NAR_BENCH_WRITE_DOCS is 1.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from oracles import TRAJECTORIES

import nar_bench

NAMES = sorted({n.partition("__")[0] for n in TRAJECTORIES} - {"find_maximum_subarray", "bipartite_matching"})
SIZES = (16, 64)
LARGEST_BATCH = 16e6
"""Bytes; a batch has as many trajectories as fit in, but from 32, as in training, to 1,000, as the reference makes."""
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "generation_speed.md"

REFERENCE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import clrs
for name in sys.argv[2:]:
    size = int(sys.argv[1])
    clrs.build_sampler(name, seed=1, num_samples=2, length=size)
    count, spent = 2, 0.0
    while spent < 1.0:
        start = time.process_time()
        clrs.build_sampler(name, seed=2, num_samples=count, length=size)
        spent = time.process_time() - start
        rate = count / spent
        count *= 3
    print(json.dumps([name, rate]), flush=True)
"""


def reference_rates(size: int) -> dict[str, float]:
    python = os.environ.get("NAR_BENCH_REFERENCE_PYTHON")
    if not python:
        return {}
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    command = [python, "-c", REFERENCE, str(size), *NAMES]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(line) for line in run.stdout.splitlines() if line.startswith("["))


def our_rate(name: str, size: int) -> tuple[float, int]:
    """Return trajectories per second of processor time, the median of 9 batches, and the size of a batch."""
    few = nar_bench.generate(name, size, 8)
    each = sum(c.nbytes for columns in (few.inputs, few.hints, few.outputs) for c in columns.values()) / 8
    count = int(min(1000, max(32, LARGEST_BATCH / each)))
    spent = []
    for seed in range(12):
        start = time.process_time()
        nar_bench.generate(name, size, count, seed)
        spent.append(time.process_time() - start)
    return count / statistics.median(spent[3:]), count


@pytest.mark.benchmark(group="generation")
def test_generation_of_all_thirty(benchmark: object) -> None:
    """Processor time on both sides; ours is one thread."""
    theirs = {size: reference_rates(size) for size in SIZES}
    ours = benchmark.pedantic(lambda: {(n, s): our_rate(n, s) for n in NAMES for s in SIZES}, rounds=1)
    lines = ["| algorithm | n | ours per second | batch | dm-clrs per second | ratio |", "|---|---|---|---|---|---|"]
    ratios: dict[int, list[float]] = {size: [] for size in SIZES}
    for (name, size), (rate, count) in ours.items():
        line = f"| {name} | {size} | {rate:,.0f} | {count} |"
        if name in theirs[size]:
            ratios[size].append(rate / theirs[size][name])
            line += f" {theirs[size][name]:,.1f} | {ratios[size][-1]:,.0f} |"
        lines.append(line)
    for size in SIZES:
        if ratios[size]:
            mean = math.exp(float(np.mean(np.log(ratios[size]))))
            lines.append(f"| geometric mean | {size} | | | | **{mean:,.0f}** (least {min(ratios[size]):,.0f}) |")
            benchmark.extra_info[f"geometric mean at n = {size}"] = mean
    print("\n" + "\n".join(lines))
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head, _, _ = PAGE.read_text().partition("| algorithm |")
        PAGE.write_text(head + "\n".join(lines) + "\n")
