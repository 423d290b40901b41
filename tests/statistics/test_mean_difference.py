"""The mean over algorithms and seeds, beside independent computations of the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nar_bench.statistics.mean_difference import on_algorithms_like_these, on_these_algorithms, with_shared_seeds

RNG = np.random.default_rng(1)
UNEVEN = {"a": [0.1, 0.2, 0.15], "b": [-0.1, 0.0, 0.3, 0.2], "c": [0.5, 0.1]}


def test_one_algorithm_is_the_paired_t_test() -> None:
    x, y = RNG.random(6), RNG.random(6)
    one, theirs = on_these_algorithms({"a": (x - y).tolist()}), stats.ttest_rel(x, y)
    interval = theirs.confidence_interval()
    assert (one.low, one.high, one.p) == pytest.approx((interval.low, interval.high, theirs.pvalue))


def test_two_algorithms_are_welchs_test_of_one_against_the_others_negative() -> None:
    x, y = RNG.normal(0.1, 0.1, 4), RNG.normal(0.1, 0.5, 7)
    one, theirs = on_these_algorithms({"a": x.tolist(), "b": y.tolist()}), stats.ttest_ind(x, -y, equal_var=False)
    interval = theirs.confidence_interval()
    # Welch's is of the sum of the two means, ours of half of it.
    assert (one.low, one.high) == pytest.approx((interval.low / 2, interval.high / 2))
    assert (one.p, one.df) == pytest.approx((theirs.pvalue, theirs.df))


def test_algorithms_count_equally_whatever_their_seeds() -> None:
    expected = np.mean([np.mean(values) for values in UNEVEN.values()])
    for estimate in (on_these_algorithms, on_algorithms_like_these):
        assert estimate(UNEVEN).value == pytest.approx(expected)


def test_what_has_no_spread_has_no_interval() -> None:
    assert on_these_algorithms({"a": [0.1], "b": [0.1, 0.2]}).reason == "one seed on a"
    assert on_these_algorithms({"a": [0.1, 0.1], "b": [0.0, 0.0]}).low is None
    assert on_algorithms_like_these({"a": [0.1, 0.2]}).reason == "one algorithm says nothing of others"
    assert on_algorithms_like_these({"a": [0.1, 0.3], "b": [0.2, 0.2]}).low is None


def test_an_algorithm_without_spread_adds_no_width_and_no_freedom() -> None:
    alone = on_these_algorithms({"a": [0.1, 0.2, 0.15]})
    both = on_these_algorithms({"a": [0.1, 0.2, 0.15], "b": [0.0, 0.0, 0.0]})
    assert both.df == alone.df
    assert both.high - both.low == pytest.approx((alone.high - alone.low) / 2)


def test_shared_seeds_are_a_t_test_over_seeds() -> None:
    x = RNG.normal(0.1, 0.1, (3, 5))
    one, theirs = with_shared_seeds({str(i): row for i, row in enumerate(x.tolist())}), stats.ttest_1samp(x.mean(0), 0)
    assert (one.low, one.p) == pytest.approx((theirs.confidence_interval().low, theirs.pvalue))


def test_algorithms_like_these_are_a_t_test_over_algorithms() -> None:
    theirs = stats.ttest_1samp([np.mean(values) for values in UNEVEN.values()], 0)
    one = on_algorithms_like_these(UNEVEN)
    assert (one.low, one.p) == pytest.approx((theirs.confidence_interval().low, theirs.pvalue))
