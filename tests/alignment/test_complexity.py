"""The estimate: its evidence, what it says of runs that diverge, and that it goes on where it stopped."""

from __future__ import annotations

import numpy as np
from alignment.learners_of_known_complexity import KnownLearner

from nar_bench.alignment.complexity import Run, sample_complexity, summed_up
from nar_bench.alignment.judge import Judgement
from nar_bench.alignment.threshold import SearchConfig, ThresholdSearch

CONFIG = SearchConfig(smallest=4, largest=256, runs=40)


def outcome_of(m: int, number: int) -> Run:
    """A run whose outcome depends on (m, number) alone, as that of a real one does."""
    rng = np.random.default_rng([m, number])
    return Run(m, number, Judgement(bool(rng.random() < KnownLearner(40.0, 8.0).share(m)), 0, 0, False))


def test_the_evidence_adds_up() -> None:
    found = sample_complexity(outcome_of, CONFIG)
    assert found.state == "measured"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 40 <= found.high
    assert sum(cell.runs for cell in found.cells) == len(found.runs)
    for cell in found.cells:
        here = [run for run in found.runs if run.m == cell.m]
        assert [run.number for run in here] == list(range(cell.runs))
        assert cell.successes == sum(run.success for run in here)
        assert cell.low <= cell.successes / cell.runs <= cell.high


def test_an_interrupted_search_ends_as_if_it_had_not_been() -> None:
    whole = sample_complexity(outcome_of, CONFIG)
    for kept in (0, 1, 7, len(whole.runs)):
        made: list[Run] = []
        again = sample_complexity(outcome_of, CONFIG, whole.runs[:kept], made.append)
        assert again == whole
        assert made == list(whole.runs[kept:])


def test_earlier_runs_of_another_search_are_not_taken() -> None:
    strangers = [Run(5, 0, Judgement(True, 1, 1, False))]
    assert sample_complexity(outcome_of, CONFIG, strangers) == sample_complexity(outcome_of, CONFIG)


def test_a_learner_that_always_diverges_is_said_to() -> None:
    found = sample_complexity(lambda m, number: Run(m, number, None), CONFIG)
    assert (found.state, found.value) == ("diverged", None)
    assert all(cell.diverged == cell.runs for cell in found.cells)


def test_a_run_that_diverges_is_no_success_and_is_counted() -> None:
    def run(m: int, number: int) -> Run:
        return Run(m, number, None if m < 40 else Judgement(True, 1, 1, False))

    found = sample_complexity(run, CONFIG)
    assert found.state == "measured"
    assert found.low is not None
    assert found.low < 40
    assert sum(cell.diverged for cell in found.cells) == sum(run.judgement is None for run in found.runs) > 0


def test_success_below_and_failure_above_is_no_threshold() -> None:
    search = ThresholdSearch(CONFIG)
    runs = [Run(m, number, Judgement(m == 8, 1, 1, False)) for number in range(15) for m in (8, 64)]
    for run in runs:
        search.add(run.m, run.success)
    found = summed_up(search, runs)
    assert (found.state, found.value, found.low, found.high) == ("no threshold", None, None, None)
    assert summed_up(search, runs[:6]).state != "no threshold"


def test_a_threshold_is_not_denied() -> None:
    """At most one estimate in twenty may be, and the evidence is divided between all M; of 200 none or one is."""
    denied = 0
    for seed in range(200):
        rng, found = np.random.default_rng(seed), ThresholdSearch(CONFIG)
        share = KnownLearner(40.0, 2.0, 0.1).share
        runs = [Run(m, k, Judgement(bool(rng.random() < share(m)), 1, 1, False)) for m in (32, 45) for k in range(60)]
        denied += summed_up(found, runs).state == "no threshold"
    assert denied <= 3
