"""The matrices of similar and dissimilar inputs, by brute force over pairs."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from training.groups import pairs_of_groups

import nar_bench
from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.hint_distance import hint_distance
from nar_bench.training.pairs import Inputs, dissimilar_pairs, similar_pairs
from nar_bench.training.similar import with_similar

SIMILAR = {"bfs": "reweighted_edges", "dfs": "reweighted_edges", "insertion_sort": "same_order"}
RELATED = (("bfs", "dfs"), ("insertion_sort", "heapsort"))


@cache
def inputs(algorithm: str, count: int, *, paired: bool = True, seed: int = 0) -> Inputs:
    batch = nar_bench.generate(algorithm, 4, count, seed)
    if paired:
        similar = registry().load(Kind.SIMILAR_INPUT, SIMILAR[algorithm])
        batch = with_similar(nar_bench.algorithm(algorithm), batch, similar, 1, 0)
    return Inputs(algorithm, batch, paired)


def brute(parts: list[Inputs], contrast: ContrastConfig) -> list[list[bool]]:
    """Every pair by itself: row i of part p and row j of part q."""
    rows = [(p, i) for p, part in enumerate(parts) for i in range(len(part.batch))]
    distance = [hint_distance(part.batch) for part in parts]

    def made(p: int, i: int, j: int) -> bool:
        half = len(parts[p].batch) // 2
        return "similar_input" in contrast.positives and parts[p].paired and abs(i - j) == half

    def near(p: int, i: int, j: int) -> bool:
        if not contrast.close_count:
            return True
        others = [k for k in range(len(parts[p].batch)) if k != i and not made(p, i, k)]
        return j in sorted(others, key=lambda k: (distance[p][i, k], k))[: contrast.close_count]

    def similar(p: int, i: int, q: int, j: int) -> bool:
        if (p, i) == (q, j):
            return False
        names = {parts[p].algorithm, parts[q].algorithm}
        if p != q:
            return "related_algorithm" in contrast.positives and any(names <= set(group) for group in contrast.related)
        close = distance[p][i, j] <= contrast.close_within and (near(p, i, j) or near(p, j, i))
        kinds = {"similar_input": made(p, i, j), "close_trajectory": close, "same_algorithm": True}
        return any(kinds.get(kind, False) for kind in contrast.positives)

    return [[similar(*x, *y) for y in rows] for x in rows]


@settings(max_examples=120, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(SIMILAR)), min_size=1, max_size=3, unique=True),
    positives=st.lists(
        st.sampled_from(["similar_input", "close_trajectory", "same_algorithm", "related_algorithm"]),
        min_size=1,
        unique=True,
    ),
    within=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    count=st.integers(0, 3),
    paired=st.booleans(),
    seed=st.integers(0, 3),
)
def test_similar_pairs_are_those_of_brute_force(
    names: list[str], positives: list[str], within: float, count: int, paired: bool, seed: int
) -> None:
    parts = [inputs(name, 2 + index, paired=paired, seed=seed) for index, name in enumerate(names)]
    contrast = ContrastConfig(tuple(positives), within, count, RELATED, across=True)
    similar = similar_pairs(parts, contrast)
    assert similar.tolist() == brute(parts, contrast)
    assert (similar == similar.T).all()
    dissimilar = dissimilar_pairs(parts, similar, contrast, Stream(0))
    for x, y in itertools.product(range(len(similar)), repeat=2):
        assert bool(dissimilar[x, y]) == (x != y and not similar[x, y])


@pytest.mark.parametrize("count", [1, 3])
def test_by_default_they_are_the_groups_of_one_input_and_its_similar_one(count: int) -> None:
    part, contrast = inputs("bfs", count), ContrastConfig()
    similar = similar_pairs([part], contrast)
    expected = pairs_of_groups(torch.arange(count).repeat(2))
    assert np.array_equal(similar, expected.positive.numpy())
    assert np.array_equal(dissimilar_pairs([part], similar, contrast, Stream(0)), expected.negative.numpy())


@settings(max_examples=30, deadline=None)
@given(wanted=st.integers(1, 9), seed=st.integers(0, 3))
def test_the_nearest_that_are_not_similar_are_the_negatives(wanted: int, seed: int) -> None:
    part = inputs("bfs", 4, seed=seed)
    contrast = ContrastConfig(negatives="close_trajectory", negative_count=wanted)
    similar = similar_pairs([part], contrast)
    dissimilar = dissimilar_pairs([part], similar, contrast, Stream(0))
    distance = hint_distance(part.batch)
    for x in range(8):
        others = sorted((distance[x, y], y) for y in range(8) if y not in (x, (x + 4) % 8))
        assert np.flatnonzero(dissimilar[x]).tolist() == sorted(y for _, y in others[:wanted])


def test_random_negatives_are_as_many_as_wanted_and_depend_on_the_step_alone() -> None:
    part = inputs("insertion_sort", 6)
    contrast = ContrastConfig(negatives="random", negative_count=3)
    similar = similar_pairs([part], contrast)
    drawn = [dissimilar_pairs([part], similar, contrast, Stream(5, step)) for step in (0, 1, 0)]
    for one in drawn:
        assert (one.sum(axis=1) == 3).all()
        assert not (one & (similar | np.eye(12, dtype=bool))).any()
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])
    often = sum(dissimilar_pairs([part], similar, contrast, Stream(5, step)).astype(int) for step in range(300))
    assert often[~similar & ~np.eye(12, dtype=bool)].min() > 50  # of 300 * 3 / 10


def test_ideas_are_ranked_later_so_all_that_are_not_similar_are_asked_for() -> None:
    part = inputs("bfs", 3)
    contrast = ContrastConfig(negatives="similar_ideas", negative_count=1)
    similar = similar_pairs([part], contrast)
    assert (dissimilar_pairs([part], similar, contrast, Stream(0)).sum(axis=1) == 4).all()


@pytest.mark.parametrize("count", [1, 2])
def test_the_similar_input_is_not_counted_among_the_nearest(count: int) -> None:
    part = inputs("insertion_sort", 5)
    contrast = ContrastConfig(("similar_input", "close_trajectory"), close_within=1.0, close_count=count)
    similar = similar_pairs([part], contrast)
    assert similar.tolist() == brute([part], contrast)
    assert (similar.sum(axis=1) >= 1 + count).all()
