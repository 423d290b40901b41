"""Questions out of range are refused; a run is what its seed says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from nar_bench.alignment.judge import JudgeConfig
from nar_bench.alignment.problem import Problem, training_run
from nar_bench.errors import AlignmentError, Diverged
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Learner, NoChoice, Target
from nar_bench.plugin.registry import registry


def target(name: str = "pairwise_sum") -> Target:
    loaded: Target = registry().load(Kind.TARGET, name)
    return loaded


def problem(**changed: object) -> Problem:
    one = target()
    return Problem(**{"target": one, "config": one.config(), "size": 3, "eps": 0.25, "delta": 0.1, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"eps": 0}, "eps is 0; it must be above 0"),
        ({"eps": math.inf}, "eps is inf"),
        ({"eps": math.nan}, "eps is nan"),
        ({"delta": 0.0}, "delta is 0.0; it must be above 0 and below 1"),
        ({"delta": 1.0}, "delta is 1.0"),
        ({"size": 1}, "size is 1; it must be at least 2"),
        ({"unit": "sigma"}, "unit is 'sigma'; it must be one of deviation, absolute"),
    ],
)
def test_what_is_out_of_range_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(AlignmentError, match=says):
        problem(**changed)


def test_a_target_without_bounds_is_refused() -> None:
    endless = dataclasses.replace(target(), bounds=lambda config, size: (0.0, math.inf))
    with pytest.raises(AlignmentError, match="bounds are 0 to inf; values must be bounded"):
        problem(target=endless)


def test_eps_in_deviations_is_a_share_of_the_targets_own() -> None:
    assert problem(unit="absolute").absolute_eps == 0.25
    assert problem().absolute_eps == pytest.approx(0.25 * problem().deviation)
    # Var of 2 (a - b)^2 for a, b uniform in [-1, 1): E (a - b)^4 = 16/15, E (a - b)^2 = 2/3.
    assert problem(size=2).deviation == pytest.approx(2 * math.sqrt(16 / 15 - 4 / 9), rel=0.02)


def test_a_learner_that_cannot_is_refused() -> None:
    learner: Learner = registry().load(Kind.LEARNER, "deep_sets")
    step = target("bellman_ford_step")
    with pytest.raises(AlignmentError, match="deep_sets reads no pairs"):
        training_run(problem(target=step, config=step.config()), learner, learner.config(), JudgeConfig(), 0)


def constant(answer: float) -> Learner:
    def fit(config: object, objects: object, values: object, on_nodes: bool, seed: int) -> object:
        return lambda asked: np.full((len(asked), 1), answer)

    return Learner(name="constant", version=1, source="-", config=NoChoice, fit=fit)  # type: ignore[arg-type]


def test_answers_that_are_not_finite_are_a_run_that_diverged() -> None:
    run = training_run(problem(), constant(math.nan), NoChoice(), JudgeConfig(), 0)
    assert run(4, 0).judgement is None


def test_a_learner_that_says_it_diverged_is_a_run_that_diverged() -> None:
    def fit(*given: object) -> object:
        raise Diverged("the loss is nan.")

    learner = dataclasses.replace(constant(0.0), fit=fit)
    assert training_run(problem(), learner, NoChoice(), JudgeConfig(), 0)(4, 0).judgement is None


def test_a_great_learning_rate_diverges_and_is_no_number() -> None:
    learner: Learner = registry().load(Kind.LEARNER, "mlp")
    run = training_run(problem(), learner, learner.config(steps=20, learning_rate=1e30), JudgeConfig(), 0)
    assert run(8, 0).judgement is None


def test_equal_runs_are_equal_and_others_are_others() -> None:
    seen: list[np.ndarray] = []

    def fit(config: object, objects: object, values: np.ndarray, on_nodes: bool, seed: int) -> object:
        seen.append(values)
        return lambda asked: np.zeros((len(asked), 1))

    run = training_run(problem(), dataclasses.replace(constant(0.0), fit=fit), NoChoice(), JudgeConfig(), 0)  # type: ignore[arg-type]
    for m, number in ((4, 0), (4, 0), (4, 1)):
        run(m, number)
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
