"""The input distributions equal the reference's in law: statistics against their closed forms, at a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nar_bench

N, COUNT = 16, 4000


def off_diagonal(A: np.ndarray) -> np.ndarray:
    return A[:, ~np.eye(N, dtype=bool)]


def upper(A: np.ndarray) -> np.ndarray:
    return A[:, np.triu(np.ones((N, N), bool), 1)]


def binomial_p_value(hits: np.ndarray, p: float) -> float:
    return float(stats.binomtest(int(hits.sum()), hits.size, p).pvalue)


@pytest.mark.parametrize("algorithm", ["bfs", "bellman_ford"])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_graphs_have_the_references_density(algorithm: str, p: float) -> None:
    A = nar_bench.generate(algorithm, N, COUNT, seed=1, p=p).inputs["A"]
    assert (A.transpose(0, 2, 1) == A).all()
    assert binomial_p_value(upper(A) != 0, p * p) > 1e-3
    assert binomial_p_value(np.diagonal(A, axis1=1, axis2=2) != 0, p) > 1e-3
    # What the density would be were both directions not needed; the test above must be able to fail.
    assert binomial_p_value(upper(A) != 0, p) < 1e-6


def test_weights_are_roots_of_products_of_two_uniforms() -> None:
    A = nar_bench.generate("bellman_ford", N, COUNT, seed=2).inputs["A"]
    weights = upper(A)
    weights = weights[weights != 0]
    # P(u v <= x) = x (1 - ln x); w = sqrt(u v + 1e-3).
    products = np.clip(weights**2 - 1e-3, 1e-15, None)
    assert stats.kstest(products * (1 - np.log(products)), "uniform").pvalue > 1e-3
    assert stats.kstest(weights, "uniform").pvalue < 1e-6
    loops = np.diagonal(A, axis1=1, axis2=2)
    loops = loops[loops != 0]
    assert stats.kstest(np.sqrt(np.clip(loops**2 - 1e-3, 0, None)), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("algorithm", ["bfs", "bellman_ford"])
def test_sources_are_uniform(algorithm: str) -> None:
    counts = np.bincount(nar_bench.generate(algorithm, N, COUNT, seed=3).inputs["s"], minlength=N)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_keys_are_uniform() -> None:
    key = nar_bench.generate("insertion_sort", N, COUNT, seed=4).inputs["key"]
    assert stats.kstest(key.ravel(), "uniform").pvalue > 1e-3


def test_training_draws_one_density_per_graph() -> None:
    bfs = nar_bench.algorithm("bfs")
    A = nar_bench.generate("bfs", N, COUNT, seed=5, **bfs.training).inputs["A"]
    densities = np.arange(1, 10) / 10
    got = (upper(A) != 0).mean(axis=1)
    assert abs(got.mean() - (densities**2).mean()) < 0.01
    # One density per graph spreads the graphs' densities far more than one density for all would.
    assert got.std() == pytest.approx((densities**2).std(), rel=0.1)


def test_random_positions_are_sorted_uniforms_and_ordered_ones_are_not() -> None:
    pos = nar_bench.generate("bfs", N, COUNT, seed=6, positions="random").inputs["pos"]
    assert (np.diff(pos, axis=1) >= 0).all()
    assert stats.kstest(pos.ravel(), "uniform").pvalue > 1e-3
    ordered = nar_bench.generate("bfs", N, 2, seed=6).inputs["pos"]
    np.testing.assert_array_equal(ordered, np.tile(np.arange(N) / N, (2, 1)))
