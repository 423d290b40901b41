"""Exponents and their intervals, against scipy; and whether a bound predicts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nar_bench.alignment.bounds import theorem_1_bound, theorem_1_complexity
from nar_bench.alignment.exponents import fit_exponent, judge_bound
from nar_bench.errors import AlignmentError
from nar_bench.plugin.learnability import Term


def test_it_is_the_regression_of_scipy() -> None:
    rng = np.random.default_rng(0)
    x = np.array([2.0, 3, 4, 5, 6, 8])
    y = 3 * x**1.7 * np.exp(rng.normal(0, 0.2, 6))
    expected = stats.linregress(np.log(x), np.log(y))
    half = stats.t.ppf(0.975, 4) * expected.stderr
    found = fit_exponent(x.tolist(), y.tolist())
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.slope, expected.slope - half, expected.slope + half)
    )
    assert found.scale == pytest.approx(np.exp(expected.intercept))


def test_the_interval_holds_the_exponent_as_often_as_it_says() -> None:
    rng, x = np.random.default_rng(1), np.array([2.0, 3, 4, 6, 8])
    held = [fit_exponent(x.tolist(), (x**2 * np.exp(rng.normal(0, 0.3, 5))).tolist()).holds(2) for _ in range(400)]
    assert 0.92 <= np.mean(held) <= 0.98


def test_two_points_have_no_interval() -> None:
    with pytest.raises(AlignmentError, match="takes 3 points with unlike x; got 2"):
        fit_exponent([2.0, 4.0, 4.0], [1.0, 2.0, 3.0])


def test_theorem_1_is_what_the_paper_says() -> None:
    terms = (Term(-2.0, (0.0, 3.0), 1), Term(0.5, (1.0, 0.0), 4))
    assert theorem_1_complexity(terms) == 1 * 2 * 3 + 4 * 0.5 * 1
    assert theorem_1_bound(8.0, 0.1, 0.05) == pytest.approx((8 + np.log(20)) / 0.01)
    assert theorem_1_bound(8.0, 0.1, 0.05, outputs=2) == pytest.approx((8 + np.log(40)) / 0.05**2)


def test_a_bound_that_is_right_up_to_its_constant_is_seen_to_be() -> None:
    bounds = [10.0, 40.0, 90.0, 160.0, 250.0, 360.0]
    found = judge_bound(bounds, [0.3 * one for one in bounds])
    assert found.constant == pytest.approx(0.3)
    assert found.factor == pytest.approx(1.0)
    assert found.plain_factor > 2
    assert found.covered == 1.0


def test_a_bound_that_does_not_predict_is_no_better_than_none() -> None:
    rng = np.random.default_rng(0)
    bounds = np.exp(rng.uniform(0, 6, 40)).tolist()
    found = judge_bound(bounds, np.exp(rng.normal(3, 0.2, 40)).tolist())
    assert found.factor > 2 * found.plain_factor


def test_three_targets_are_too_few() -> None:
    with pytest.raises(AlignmentError, match="at least four targets; got 3"):
        judge_bound([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
