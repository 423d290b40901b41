"""On learners of known sample complexity the interval holds it, and the sequential rule saves runs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from alignment.learners_of_known_complexity import SLIPS, STEEPNESS, KnownLearner, holds

from nar_bench.alignment.threshold import SearchConfig, ThresholdSearch

REPETITIONS = 300


def learners(count: int) -> list[KnownLearner]:
    rng = np.random.default_rng(0)
    kinds = itertools.cycle(itertools.product(STEEPNESS, SLIPS))
    return [KnownLearner(2 ** rng.uniform(2, 13), *next(kinds)) for _ in range(count)]


def test_the_interval_holds_the_true_complexity() -> None:
    """Below the least and above the greatest M as well, and whatever the steepness; required are 93 %."""
    config = SearchConfig(smallest=8, largest=4096, runs=30)
    held = [holds(one.estimate(config, seed), one.complexity) for seed, one in enumerate(learners(REPETITIONS))]
    assert len(held) == REPETITIONS
    assert np.mean(held) >= 0.93, np.mean(held)


@pytest.mark.slow
@pytest.mark.parametrize("steepness", STEEPNESS)
@pytest.mark.parametrize("slips", SLIPS)
def test_it_does_so_for_every_kind_of_learner(steepness: float, slips: float) -> None:
    rng = np.random.default_rng(1)
    config = SearchConfig(smallest=8, largest=4096, runs=60, level=0.9)
    held = []
    for seed in range(100):
        one = KnownLearner(2 ** rng.uniform(4, 11), steepness, slips)
        held.append(holds(one.estimate(config, seed), one.complexity))
    assert np.mean(held) >= 0.88, np.mean(held)


def test_a_wrong_bet_would_be_seen() -> None:
    """The simulation can fail: evidence that is counted on the wrong side loses the true complexity."""

    class Turned(ThresholdSearch):
        def add(self, m: int, success: bool) -> None:
            super().add(m, not success)

    wrong = 0
    for seed, one in enumerate(learners(40)):
        rng, search = np.random.default_rng(seed), Turned(SearchConfig(runs=30))
        while (m := search.next()) is not None:
            search.add(m, bool(rng.random() < one.share(m)))
        found = search.interval()
        wrong += found is None or not (
            (found.low is None or found.low < one.complexity) and (found.high is None or one.complexity <= found.high)
        )
    assert wrong > 10


def test_bets_are_fair_or_worse_where_a_candidate_is_right() -> None:
    """The step of the proof: the expected factor against the true C is at most 1 at every M, after any outcomes."""
    one, rng = KnownLearner(100.0, 4.0), np.random.default_rng(2)
    search = ThresholdSearch(SearchConfig())
    for _ in range(60):
        m = int(rng.choice(search.config.grid))
        chance, share = search.chance(m), one.share(m)
        if (chance > 0.5) == (m < one.complexity):
            assert share * 2 * chance + (1 - share) * 2 * (1 - chance) <= 1 + 1e-12
        search.add(m, bool(rng.random() < share))


def test_the_runs_of_a_fixed_grid_are_saved() -> None:
    """Half of them at least; what the fixed grid is stands in tests/benchmarks/test_alignment_runs.py."""
    config = SearchConfig(smallest=8, largest=4096, per_octave=2, ratio=2, runs=60)
    used = [len(one.estimate(config, seed).runs) for seed, one in enumerate(learners(60))]
    fewest = math.ceil(math.log2(2 * len(config.grid) / 0.05))  # runs that reject at one of the grid's values
    assert np.mean(used) <= 0.5 * fewest * len(config.grid)
