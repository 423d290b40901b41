"""The search for the least M: where it runs, what its interval says, what it refuses."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nar_bench.alignment.threshold import Interval, SearchConfig, ThresholdSearch


def search_of(config: SearchConfig, succeeds: object) -> ThresholdSearch:
    search = ThresholdSearch(config)
    while (m := search.next()) is not None:
        search.add(m, bool(succeeds(m)))  # type: ignore[operator]
    return search


@given(st.floats(3.2, 11.9))
@settings(max_examples=15, deadline=None)
def test_a_step_is_found_within_the_ratio_asked_for(exponent: float) -> None:
    complexity = 2**exponent
    search = search_of(SearchConfig(smallest=8, largest=4096, ratio=1.5, runs=60), lambda m: m >= complexity)
    found, value = search.interval(), search.value()
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert value is not None
    assert found.low < complexity <= found.high
    assert found.low <= value <= found.high
    assert found.high <= 1.5 * found.low


def test_it_begins_at_the_smallest_and_doubles_until_a_run_succeeds() -> None:
    search = ThresholdSearch(SearchConfig(smallest=8, largest=4096))
    tried = []
    for _ in range(5):
        m = search.next()
        assert m is not None
        tried.append(m)
        search.add(m, m >= 128)
    assert tried == [8, 16, 32, 64, 128]
    assert search.next() != 256


def test_what_is_never_learned_is_censored_at_the_largest() -> None:
    search = search_of(SearchConfig(smallest=8, largest=256), lambda m: False)
    assert search.interval() == Interval(256, None)
    assert search.value() is None


def test_what_is_always_learned_is_censored_at_the_smallest() -> None:
    search = search_of(SearchConfig(smallest=8, largest=256), lambda m: True)
    assert search.interval() == Interval(None, 8)
    assert search.value() is None


def test_a_few_runs_say_nothing() -> None:
    search = search_of(SearchConfig(runs=2), lambda m: m >= 16)
    assert search.interval() == Interval(None, None)


@given(st.lists(st.booleans(), max_size=30))
@settings(max_examples=30, deadline=None)
def test_the_interval_is_in_order_and_of_the_grid_whatever_the_outcomes(outcomes: list[bool]) -> None:
    search = ThresholdSearch(SearchConfig(smallest=4, largest=64, runs=40))
    for outcome in outcomes:
        m = search.next()
        if m is None:
            break
        search.add(m, outcome)
    found = search.interval()
    if found is not None and found.low is not None and found.high is not None:
        assert found.low < found.high
        assert {found.low, found.high} <= set(search.config.grid)


def test_the_grid_is_geometric_and_ends_at_the_largest() -> None:
    assert SearchConfig(smallest=8, largest=100, per_octave=2).grid == (8, 11, 16, 23, 32, 45, 64, 91, 100)
    assert SearchConfig(smallest=1, largest=4, per_octave=8).grid == (1, 2, 3, 4)


def test_one_surprise_costs_a_bet_and_no_more() -> None:
    search = ThresholdSearch(SearchConfig(smallest=8, largest=64))
    for _ in range(200):
        search.add(8, False)
    assert search.chance(8) == pytest.approx(0.02)
    before = search._log_evidence.copy()
    search.add(8, True)
    assert (before - search._log_evidence).max() == pytest.approx(math.log(25))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"smallest": 0}, "smallest"),
        ({"smallest": 8, "largest": 8}, "largest"),
        ({"per_octave": 0}, "per_octave"),
        ({"ratio": 1.0}, "ratio"),
        ({"runs": 0}, "runs"),
        ({"level": 1.0}, "level"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, float], field: str) -> None:
    assert [name for name, _ in SearchConfig(**options).faults()] == [field]  # type: ignore[arg-type]
