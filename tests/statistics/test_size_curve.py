"""N90 and the area under the curve, on curves whose truth is planted."""

from __future__ import annotations

import numpy as np
import pytest

from nar_bench.errors import StatisticsError
from nar_bench.statistics.size_curve import Reach, area, n90

SIZES = (8, 16, 32, 64, 128, 256)


def curve(means: list[float], deviation: float, seeds: int, rng: np.random.Generator) -> dict[int, list[float]]:
    return {n: (m + deviation * rng.standard_normal(seeds)).tolist() for n, m in zip(SIZES, means, strict=True)}


def test_a_planted_reach_is_found() -> None:
    rng = np.random.default_rng(0)
    means = [0.99, 0.97, 0.95, 0.93, 0.80, 0.5]  # 90 % of 0.97 is 0.873
    found = [n90(curve(means, 0.02, 5, rng), 16) for _ in range(200)]
    assert sum(one == Reach(64, 128) for one in found) >= 190


def test_a_reach_that_is_too_long_is_rare_however_many_sizes_there_are() -> None:
    rng = np.random.default_rng(0)
    means = [1.0, 1.0, 0.95, 0.95, 0.8999, 0.8999]  # just below what is kept from 128 on
    found = [n90(curve(means, 0.03, 4, rng), 16).size or 0 for _ in range(2000)]
    assert np.mean(np.array(found) > 64) <= 0.06


def test_a_curve_that_never_drops_is_censored() -> None:
    one = n90({16: [0.9, 0.92, 0.91], 64: [0.91, 0.9, 0.92], 256: [0.9, 0.9, 0.91]}, 16)
    assert (one.size, one.next_size, one.is_censored, str(one)) == (256, None, True, ">=256")


def test_a_curve_that_comes_back_has_dropped() -> None:
    one = n90({16: [1.0, 0.99], 32: [0.5, 0.51], 64: [1.0, 0.99]}, 16)
    assert (one.size, one.next_size, str(one)) == (16, 32, "16")


def test_one_seed_shows_nothing_and_equal_seeds_are_taken_at_their_word() -> None:
    assert n90({16: [1.0], 32: [1.0]}, 16) == Reach(None, 16, "one seed has no lower bound")
    assert str(n90({16: [1.0], 32: [1.0]}, 16)) == "-"
    assert n90({16: [1.0, 1.0], 32: [1.0, 1.0], 64: [0.8, 0.8]}, 16) == Reach(32, 64)


def test_seeds_that_vary_too_much_show_nothing() -> None:
    one = n90({16: [1.0, 0.1], 32: [1.0, 0.1]}, 16)
    assert one.size is None
    assert "vary too much" in one.reason


def test_a_curve_without_the_size_or_with_a_seed_missing_is_an_error() -> None:
    with pytest.raises(StatisticsError, match="a curve with the size 16 .* got the sizes"):
        n90({32: [1.0, 1.0]}, 16)
    with pytest.raises(StatisticsError, match="as many seeds at every size"):
        n90({16: [1.0, 1.0], 32: [1.0]}, 16)
    with pytest.raises(StatisticsError, match="two sizes or more"):
        area({16: [1.0, 1.0]})


def test_the_area_is_a_mean_over_doublings() -> None:
    assert area({16: [1.0, 1.0], 64: [1.0, 1.0]}).value == 1.0
    one = area({16: [1.0, 0.8], 32: [1.0, 0.8], 128: [0.0, 0.2]})  # one doubling at 1, two from 1 to 0
    assert one.value == pytest.approx(np.mean([(1 + 2 * 0.5) / 3, (0.8 + 2 * 0.5) / 3]))
    assert one.low is not None
    assert one.low >= 0
