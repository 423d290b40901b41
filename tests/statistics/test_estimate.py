"""Intervals over seeds, beside scipy's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nar_bench.statistics.estimate import mean_over_seeds, t_estimate

SCORES = st.lists(st.floats(0, 1).map(lambda x: round(x, 6)), min_size=2, max_size=10)


@given(SCORES.filter(lambda values: np.ptp(values) > 1e-6), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_and_p_are_scipys(values: list[float], level: float) -> None:
    one = mean_over_seeds(values, level)
    theirs = stats.ttest_1samp(values, 0)
    interval = theirs.confidence_interval(level)
    assert (one.value, one.low, one.high) == pytest.approx((np.mean(values), interval.low, interval.high), abs=1e-9)
    assert one.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    assert one.df == len(values) - 1


def test_one_seed_has_no_interval() -> None:
    one = mean_over_seeds([0.7], bounds=(0, 1))
    assert (one.value, one.low, one.high, one.p) == (0.7, None, None, None)
    assert one.reason == "one seed has no interval"
    assert not one.differs_from_zero


def test_equal_seeds_claim_no_certainty() -> None:
    assert mean_over_seeds([0.1, 0.1, 0.1]).low is None
    assert mean_over_seeds([0.1 + 0.2, 0.3, 0.3]).reason == "all 3 seeds are equal"
    perfect = mean_over_seeds([1.0] * 5, bounds=(0, 1))
    # With probability 0.95, not all of 5 seeds would be alike if more than 1 - 0.05^(1/5) = 0.451 of seeds differed.
    assert perfect.high == 1.0
    assert perfect.low == pytest.approx(1 - stats.binomtest(0, 5).proportion_ci(0.9, "exact").high)


def test_intervals_end_at_the_bounds() -> None:
    one = mean_over_seeds([1.0, 0.9, 1.0], bounds=(0, 1))
    assert one.high == 1.0
    assert one.low == mean_over_seeds([1.0, 0.9, 1.0]).low


def test_an_interval_that_leaves_out_zero_says_so() -> None:
    assert t_estimate(0.1, 0.01, 5).differs_from_zero
    assert t_estimate(-0.1, 0.01, 5).differs_from_zero
    assert not t_estimate(0.01, 0.01, 5).differs_from_zero
