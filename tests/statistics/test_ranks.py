"""Rank intervals and tie groups: ties are grouped, planted winners stand alone, what is incomplete is not ranked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nar_bench.errors import StatisticsError
from nar_bench.statistics.ranks import Ranking, rank_methods


def scores(means: Sequence[float], rng: np.random.Generator, algorithms: int = 5, seeds: int = 5) -> dict:
    difficulty = rng.uniform(-0.2, 0, algorithms)
    return {
        f"method{i}": {
            f"algorithm{j}": dict(enumerate((mean + difficulty[j] + 0.05 * rng.standard_normal(seeds)).tolist()))
            for j in range(algorithms)
        }
        for i, mean in enumerate(means)
    }


def holds(ranking: Ranking, means: Sequence[float]) -> bool:
    """Whether every method's interval has all ranks that a true tie allows."""
    truth = np.array(means)
    return all(
        row.low <= 1 + np.sum(truth > truth[int(row.method[-1])])
        and row.high >= len(truth) - np.sum(truth < truth[int(row.method[-1])])
        for row in ranking.rows
    )


def test_ties_are_grouped() -> None:
    rng = np.random.default_rng(0)
    means = [0.8] * 5
    found = [rank_methods(scores(means, rng)) for _ in range(200)]
    assert np.mean([len(one.groups) == 1 and len(one.groups[0]) == 5 for one in found]) >= 0.9
    assert np.mean([holds(one, means) for one in found]) >= 0.93


def test_a_planted_winner_stands_alone_above_a_tie() -> None:
    rng = np.random.default_rng(1)
    means = [0.9, 0.8, 0.8, 0.8]
    found = [rank_methods(scores(means, rng)) for _ in range(200)]
    alone = [one.groups[0] == ("method0",) and (one.rows[0].low, one.rows[0].high) == (1, 1) for one in found]
    assert np.mean(alone) >= 0.9
    assert np.mean([holds(one, means) for one in found]) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
@pytest.mark.parametrize("means", [[0.8] * 8, [0.82, 0.8, 0.8, 0.78, 0.76, 0.76], [0.9, 0.7, 0.5]])
def test_all_intervals_hold_at_once(seeds: int, means: list[float]) -> None:
    rng = np.random.default_rng(seeds)
    found = [rank_methods(scores(means, rng, seeds=seeds)) for _ in range(500)]
    assert np.mean([holds(one, means) for one in found]) >= 0.93


def test_the_range_without_one_algorithm_is_of_the_means() -> None:
    rng = np.random.default_rng(0)
    means = {"best": (0.9, 0.1, 0.5), "middle": (0.4, 0.4, 0.5), "last": (0.1, 0.1, 0.1)}
    made = {
        method: {
            f"a{j}": dict(enumerate((mean + 0.001 * rng.standard_normal(4)).tolist())) for j, mean in enumerate(of)
        }
        for method, of in means.items()
    }
    ranking = rank_methods(made)
    assert [(row.method, row.rank, row.low, row.high) for row in ranking.rows] == [
        ("best", 1, 1, 1),
        ("middle", 2, 2, 2),
        ("last", 3, 3, 3),
    ]
    assert [row.without_one for row in ranking.rows] == [(1, 2), (1, 2), (3, 3)]  # without a0, middle is first
    assert [row.groups for row in ranking.rows] == [(0,), (1,), (2,)]


def test_a_method_that_lacks_a_cell_is_not_ranked_and_extra_seeds_are_not_counted() -> None:
    rng = np.random.default_rng(0)
    made = scores([0.9, 0.8, 0.7], rng)
    del made["method1"]["algorithm3"][2]
    made["method2"]["algorithm0"][99] = 0.0
    ranking = rank_methods(made)
    assert [row.method for row in ranking.rows] == ["method0", "method2"]
    assert ranking.unranked == {"method1": "lacks algorithm3 seed 2"}
    assert ranking.unused == {"method2": (("algorithm0", 99),)}


def test_groups_overlap_where_one_method_is_too_noisy_to_tell_from_either_neighbour() -> None:
    noise = {0: 0.3, 1: -0.3, 2: 0.2, 3: -0.2}
    small = {0: 0.001, 1: 0.002, 2: -0.002, 3: -0.001}
    ranking = rank_methods(
        {
            "high": {"bfs": {s: 0.82 + v for s, v in small.items()}},
            "noisy": {"bfs": {s: 0.8 + v for s, v in noise.items()}},
            "low": {"bfs": {s: 0.78 - v for s, v in small.items()}},
        }
    )
    assert ranking.groups == (("high", "noisy"), ("noisy", "low"))
    assert [(row.low, row.high, row.groups) for row in ranking.rows] == [(1, 2, (0,)), (1, 3, (0, 1)), (2, 3, (1,))]


def test_networks_that_are_shared_need_the_same_seeds_everywhere() -> None:
    made = {method: {"a": {0: 0.1, 1: 0.2}, "b": {0: 0.1}} for method in ("x", "y")}
    with pytest.raises(StatisticsError, match="all need the same seeds"):
        rank_methods(made, shared_seeds=True)


def test_one_seed_tells_nobody_apart() -> None:
    ranking = rank_methods(scores([0.9, 0.5, 0.1], np.random.default_rng(0), seeds=1))
    assert [(row.low, row.high) for row in ranking.rows] == [(1, 3)] * 3
    assert ranking.groups == (("method0", "method1", "method2"),)


def test_shared_seeds_take_the_seeds_for_the_evidence() -> None:
    """Two methods that differ by the seed alone, the same on all algorithms: many algorithms are no more evidence."""
    shift = {0: 0.05, 1: 0.06, 2: -0.02}
    a = {f"algorithm{j}": {s: 0.8 + v + 0.001 * j * (s - 1) for s, v in shift.items()} for j in range(9)}
    b = {f"algorithm{j}": dict.fromkeys(shift, 0.8) for j in range(9)}
    assert rank_methods({"a": a, "b": b}).rows[0].high == 1
    assert rank_methods({"a": a, "b": b}, shared_seeds=True).rows[0].high == 2


def test_no_methods_are_no_ranking() -> None:
    assert rank_methods({}) == Ranking((), (), {}, {})
