"""Training runs that an estimate of sample complexity takes, against those of a fixed grid that says as much.

    pytest tests/benchmarks/test_alignment_runs.py -s -m ""

Learners are synthetic, so that only runs are counted and C is known. The fixed grid has the same values of M, and at
each the fewest runs from which an exact test, its level divided between the values, can reject at all; it stops
nowhere. A second one goes up by octaves and then bisects, with that many runs wherever it looks.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from alignment.learners_of_known_complexity import STEEPNESS, KnownLearner, holds

from nar_bench.alignment.threshold import SearchConfig

CONFIG = SearchConfig(smallest=8, largest=4096, per_octave=2, ratio=2, runs=60)


def fewest(values: int) -> int:
    """Return the least r with 2^-r at most half of 0.05 divided by the number of values looked at."""
    return math.ceil(math.log2(2 * values / 0.05))


@pytest.mark.slow
@pytest.mark.parametrize("steepness", STEEPNESS[:4])
def test_half_of_the_runs_are_saved_at_least(steepness: float) -> None:
    rng = np.random.default_rng(0)
    used, held, octaves, bisected = [], [], [], []
    for seed in range(100):
        one = KnownLearner(2 ** rng.uniform(4, 11), steepness)
        found = one.estimate(CONFIG, seed)
        used.append(len(found.runs))
        held.append(holds(found, one.complexity))
        if found.low is not None and found.high is not None:
            octaves.append(math.log2(found.high / found.low))
        looked = 2 + math.ceil(math.log2(one.complexity / CONFIG.smallest)) + 1
        bisected.append(looked * fewest(looked))
    grid = len(CONFIG.grid) * fewest(len(CONFIG.grid))
    print(
        f"steepness {steepness:g}: {np.mean(used):.0f} runs, fixed grid {grid}, saved {1 - np.mean(used) / grid:.0%}; "
        f"octaves and bisection {np.mean(bisected):.0f}, saved {1 - np.mean(used) / np.mean(bisected):.0%}; "
        f"held {np.mean(held):.0%}, median width {np.median(octaves):.2f} octaves, open {1 - len(octaves) / 100:.0%}"
    )
    assert np.mean(used) <= 0.5 * grid
    assert np.mean(held) >= 0.93
