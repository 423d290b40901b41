"""The share of seeds that solve an algorithm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nar_bench.statistics.solve_rate import solve_rate, wilson


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_the_interval_is_scipys(counts: tuple[int, int], level: float) -> None:
    theirs = stats.binomtest(*counts).proportion_ci(level, "wilson")
    one = wilson(*counts, level)
    assert (one.low, one.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= one.low <= one.value <= one.high <= 1


def test_a_seed_that_reaches_the_threshold_has_solved_it() -> None:
    one = solve_rate([0.99, 1.0, 0.98, 0.2])
    assert one.value == 0.5
    assert (one.low, one.high) == (wilson(2, 4).low, wilson(2, 4).high)
    assert solve_rate([0.99, 1.0, 0.98, 0.2], threshold=0.9).value == 0.75
