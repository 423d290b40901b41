"""One run is judged by exact bounds, with as few inputs as it takes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nar_bench.alignment.binomial import clopper_pearson
from nar_bench.alignment.judge import JudgeConfig, Judgement, judge


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (10, 10), (3, 17), (250, 1000), (0, 1)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_bounds_are_those_of_scipy(hits: int, count: int, level: float) -> None:
    expected = stats.binomtest(hits, count).proportion_ci(level, method="exact")
    assert clopper_pearson(hits, count, level) == pytest.approx((expected.low, expected.high))


def test_of_no_draws_nothing_is_known() -> None:
    assert clopper_pearson(0, 0, 0.95) == (0.0, 1.0)


def judged(share: float, seed: int, delta: float = 0.1, **options: float) -> Judgement:
    rng = np.random.default_rng(seed)
    return judge(lambda first, count: int(rng.binomial(count, share)), delta, JudgeConfig(**options))  # type: ignore[arg-type]


def test_clear_runs_are_judged_by_few_inputs() -> None:
    assert judged(1.0, 0) == Judgement(True, 250, 250, False)
    assert judged(0.3, 0).count == 250
    assert not judged(0.3, 0).success


def test_a_run_on_the_edge_takes_all_inputs_and_says_so() -> None:
    found = judged(0.9, 1, most=1000)
    assert (found.count, found.close) == (1000, True)
    assert found.success == (found.hits >= 900)


@pytest.mark.parametrize("share", [0.88, 0.92])
def test_wrong_judgements_are_as_rare_as_promised(share: float) -> None:
    wrong = [judged(share, seed, level=0.95).success != (share >= 0.9) for seed in range(300)]
    assert np.mean(wrong) <= 0.05


def test_the_inputs_are_asked_for_one_after_another() -> None:
    asked: list[tuple[int, int]] = []

    def hits_of(first: int, count: int) -> int:
        asked.append((first, count))
        return round(0.9 * count)

    judge(hits_of, 0.1, JudgeConfig(first=100, most=700))
    assert asked == [(0, 100), (100, 100), (200, 200), (400, 300)]


def test_options_out_of_range_are_named() -> None:
    assert [name for name, _ in JudgeConfig(first=0, most=-1, level=0).faults()] == ["first", "most", "level"]
