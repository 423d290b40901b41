"""All pairs at once say what one pair at a time does, to the last digits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nar_bench.statistics.all_pairs import all_pairs
from nar_bench.statistics.mean_difference import equal_weights, on_these_algorithms, with_shared_seeds
from nar_bench.statistics.ranks import rank_methods


@given(
    seed=st.integers(0, 2**32 - 1),
    methods=st.integers(2, 6),
    algorithms=st.integers(1, 4),
    seeds=st.integers(1, 4),
    rounded=st.booleans(),
    weighted=st.booleans(),
    shared=st.booleans(),
)
def test_it_is_one_pair_at_a_time(
    seed: int, methods: int, algorithms: int, seeds: int, rounded: bool, weighted: bool, shared: bool
) -> None:
    rng = np.random.default_rng(seed)
    names = [f"a{i}" for i in range(algorithms)]
    count = {name: seeds if shared else int(rng.integers(1, 5)) for name in names}
    # Rounded scores have equal differences, for which there is no interval.
    tables = [
        {name: rng.random(count[name]).round(1 if rounded else 9).tolist() for name in names} for _ in range(methods)
    ]
    raw = rng.random(algorithms) + 0.1 if weighted else np.ones(algorithms)
    weights = dict(zip(names, (raw / raw.sum()).tolist(), strict=True))
    found = all_pairs(tables, weights, shared_seeds=shared)
    for place, (a, b) in enumerate(itertools.combinations(tables, 2)):
        differences = {name: [x - y for x, y in zip(a[name], b[name], strict=True)] for name in names}
        one = (with_shared_seeds if shared else on_these_algorithms)(differences, weights=weights)
        assert found.value[place] == pytest.approx(one.value, abs=1e-12)
        assert found.p[place] == pytest.approx(1.0 if one.p is None else one.p, rel=1e-6, abs=1e-12)


def test_weights_count() -> None:
    scores = {
        "wide": {"a": {0: 1.0, 1: 0.98}, "b": {0: 0.2, 1: 0.21}, "c": {0: 0.2, 1: 0.19}},
        "deep": {"a": {0: 0.5, 1: 0.51}, "b": {0: 0.6, 1: 0.59}, "c": {0: 0.6, 1: 0.61}},
    }
    assert [row.method for row in rank_methods(scores).rows] == ["deep", "wide"]
    by_category = rank_methods(scores, weights={"a": 0.5, "b": 0.25, "c": 0.25})
    assert [row.method for row in by_category.rows] == ["wide", "deep"]
    assert by_category.rows[0].mean == pytest.approx(0.5 * 0.99 + 0.5 * 0.2)
    assert on_these_algorithms({"a": [1.0, 1.2], "b": [0.0, 0.1]}, weights=equal_weights("ab")) == on_these_algorithms(
        {"a": [1.0, 1.2], "b": [0.0, 0.1]}
    )
