"""The random numbers: against an independent implementation, in law, and the same in bulk and one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nar_bench.data.random import Stream, bits, choice, derive_seed, integer, permutation, sample_key, uniform, uniforms

MASK = 2**64 - 1


def splitmix(x: int) -> int:
    """The output function of SplitMix64 on Python's own integers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def rng(seed: int, index: int = 0) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array([sample_key(np.uint64(seed), np.uint64(index)), 0], np.uint64)


@pytest.fixture(autouse=True)
def _wrap_around() -> object:
    with np.errstate(over="ignore"):
        yield


@given(seed=st.integers(0, 2**63 - 1), index=st.integers(0, 2**63 - 1))
def test_words_are_those_of_an_independent_implementation(seed: int, index: int) -> None:
    golden = 0x9E3779B97F4A7C15
    with np.errstate(over="ignore"):
        state = rng(seed, index)
        key = splitmix(splitmix((seed + golden) & MASK) ^ ((index * golden) & MASK))
        assert [int(bits(state)) for _ in range(3)] == [splitmix((key + k * golden) & MASK) for k in (1, 2, 3)]


@given(seed=st.integers(0, 2**63 - 1), index=st.integers(0, 1000), count=st.integers(1, 20))
def test_a_stream_draws_the_same_numbers_in_bulk(seed: int, index: int, count: int) -> None:
    with np.errstate(over="ignore"):
        state = rng(seed, index)
        one_by_one = [uniform(state) for _ in range(count)]
        after = bits(state)
        state = rng(seed, index)
        many = uniforms(state, count)
    np.testing.assert_array_equal(Stream(seed, index).uniform(count), one_by_one)
    np.testing.assert_array_equal(many, one_by_one)
    with np.errstate(over="ignore"):
        assert bits(state) == after


def test_the_words_of_the_first_sample_stay_what_they_are() -> None:
    assert [hex(word) for word in Stream(7, 3).bits(2).tolist()] == GOLDEN_7_3


GOLDEN_7_3 = ["0x30f4da1b159c1df7", "0x3973a7e2dc4ced1c"]


def test_uniforms_are_uniform_and_unrelated_to_their_neighbours() -> None:
    draws = np.stack([Stream(1, index).uniform(64) for index in range(500)])
    assert stats.kstest(draws.ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws[:-1].ravel(), draws[1:].ravel())[0, 1]) < 0.02  # between samples
    assert abs(np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())[0, 1]) < 0.02  # between draws


@pytest.mark.parametrize("high", [1, 2, 3, 7, 1000])
def test_integers_are_uniform(high: int) -> None:
    state = rng(2)
    draws = [integer(state, high) for _ in range(20 * high + 500)]
    assert min(draws) >= 0
    assert max(draws) < high
    if high > 1:
        assert stats.chisquare(np.bincount(draws, minlength=high)).pvalue > 1e-3


def test_integers_reject_what_would_bias_them() -> None:
    # With high = 3 * 2^30 an unrejected product would make every third number twice as likely as the others.
    state = rng(3)
    high = 3 * 2**30
    draws = np.array([integer(state, high) for _ in range(30_000)])
    assert stats.chisquare(np.bincount(draws % 3, minlength=3)).pvalue > 1e-3
    assert stats.kstest(draws / high, "uniform").pvalue > 1e-3


def test_permutations_are_uniform() -> None:
    state = rng(4)
    counts = dict.fromkeys(itertools.permutations(range(4)), 0)
    for _ in range(2400):
        counts[tuple(permutation(state, 4).tolist())] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_a_single_choice_costs_no_draw() -> None:
    state = rng(5)
    assert choice(state, np.array([0.5])) == 0.5
    assert state[1] == 0
    assert {choice(state, np.array([1.0, 2.0])) for _ in range(50)} == {1.0, 2.0}


def test_derived_seeds_depend_on_every_name_their_types_and_their_order() -> None:
    seeds = {
        derive_seed(1, "a"),
        derive_seed("a", 1),
        derive_seed("1", "a"),
        derive_seed(1, "a", "b"),
        derive_seed(1, "ab"),
    }
    assert len(seeds) == 5
    assert all(0 <= seed < 2**63 for seed in seeds)
