"""Learners: the kernel against networks of many units, and networks against what they can and cannot represent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nar_bench_learners.ntk import kernel

from nar_bench.data.random import Stream
from nar_bench.errors import AlignmentError
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Learner, Objects, Target, without_pairs
from nar_bench.plugin.registry import registry


def loaded(name: str, **options: Any) -> tuple[Learner, Any]:
    learner: Learner = registry().load(Kind.LEARNER, name)
    return learner, learner.config(**options)


def test_the_kernel_is_that_of_a_wide_first_layer() -> None:
    """H(x, x') = E_w[ x . x' 1(w . x >= 0) 1(w . x' >= 0) ], by a million random units."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    units = rng.normal(size=(1_000_000, 3))
    on_x, on_y = units @ x.T >= 0, units @ y.T >= 0
    expected = (x @ y.T) * (on_x.T.astype(np.float64) @ on_y) / len(units)
    assert kernel(x, y) == pytest.approx(expected, abs=0.01)


def test_the_limit_goes_through_its_examples() -> None:
    learner, config = loaded("ntk", bias=True)
    objects = without_pairs(Stream(0).uniform(30, 3, 1))
    values = np.sin(objects.flat()).sum(1, keepdims=True)
    assert learner.fit(config, objects, values, False, 0)(objects) == pytest.approx(values, abs=1e-3)


def test_the_limit_cannot_learn_odd_powers_above_one() -> None:
    """Why Theorem 1 speaks of p = 1 and even p alone: x^3 on the circle is x in part, and the rest stays unlearned."""
    learner, config = loaded("ntk")
    angles = 2 * np.pi * Stream(1).uniform(400)
    points = np.stack([np.cos(angles), np.sin(angles)], 1)[:, :, None]
    wanted, known = points[:, 0] ** 3, points[:, 0] ** 2
    for values, learned in ((known, True), (wanted, False)):
        predict = learner.fit(config, without_pairs(points[:200]), values[:200], False, 0)
        error = np.abs(predict(without_pairs(points[200:])) - values[200:]).mean()
        assert (error < 0.02) == learned


def test_a_graph_network_with_the_least_learns_what_one_with_means_does_not() -> None:
    target: Target = registry().load(Kind.TARGET, "bellman_ford_step")
    errors = {}
    for how in ("min", "mean"):
        learner, config = loaded("gnn", aggregate=how)
        seen, asked = (target.sample(None, Stream(seed), 4, 64) for seed in (0, 1))
        predict = learner.fit(config, seen, target.value(None, seen), True, 0)
        errors[how] = float(np.abs(predict(asked) - target.value(None, asked)).mean())
    assert errors["min"] < 0.6 * errors["mean"]


def test_rounds_of_messages_have_weights_of_their_own() -> None:
    learner, config = loaded("gnn", rounds=2, steps=5)
    objects = without_pairs(Stream(0).uniform(8, 3, 2))
    assert learner.fit(config, objects, objects.nodes.sum((1, 2))[:, None], False, 0)(objects).shape == (8, 1)


def test_pairs_are_read_in_their_direction() -> None:
    """What is known of (u, v) reaches v and not u."""
    learner, config = loaded("gnn", aggregate="sum", steps=200)
    stream = Stream(0)
    objects = Objects(np.zeros((64, 3, 1)), stream.uniform(64, 3, 3, 1))
    predict = learner.fit(config, objects, objects.pairs[..., 0].sum(1), True, 0)
    asked = Objects(np.zeros((1, 3, 1)), np.full((1, 3, 3, 1), 0.5))
    moved = Objects(asked.nodes, asked.pairs.copy())
    moved.pairs[0, 0, 2] = 1.0
    change = predict(moved)[0] - predict(asked)[0]
    assert abs(change[2]) > 0.2
    assert np.abs(change[:2]).max() < 1e-6


@pytest.mark.parametrize("name", ["LinearRegression", "KNeighborsRegressor", "ExtraTreesRegressor"])
def test_any_regressor_of_scikit_learn_can_be_taken(name: str) -> None:
    learner, config = loaded("sklearn", regressor=name)
    objects = without_pairs(Stream(0).uniform(40, 3, 1))
    values = objects.flat() @ np.array([[1.0], [2.0], [3.0]])
    found = learner.fit(config, objects, values, False, 0)(objects)
    assert np.corrcoef(found[:, 0], values[:, 0])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"regressor": "LinearRegresion"}, "Did you mean 'LinearRegression'"),
        ({"regressor": "LinearRegression", "options": {"alpha": 3}}, "does not take"),
    ],
)
def test_what_scikit_learn_does_not_have_is_told(options: dict[str, Any], says: str) -> None:
    learner, config = loaded("sklearn", **options)
    with pytest.raises(AlignmentError, match=says):
        learner.fit(config, without_pairs(np.zeros((2, 1, 1))), np.zeros((2, 1)), False, 0)
