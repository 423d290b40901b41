"""How often one method beats another."""

from __future__ import annotations

import numpy as np
import pytest

from nar_bench.statistics.improvement import probability_of_improvement
from nar_bench.statistics.solve_rate import wilson


def test_ties_count_half_and_algorithms_equally() -> None:
    differences = {"a": [0.1, -0.1, 0.0, 0.2], "b": [0.3, 0.1]}
    assert probability_of_improvement(differences, shared_seeds=False).value == pytest.approx((0.625 + 1) / 2)


def test_pairs_are_trials_but_for_shared_seeds() -> None:
    differences = {"a": [0.1, 0.1, 0.1], "b": [0.3, 0.1, 0.2]}
    assert probability_of_improvement(differences, shared_seeds=False) == wilson(6, 6)
    assert probability_of_improvement(differences, shared_seeds=True) == wilson(3, 3)


@pytest.mark.parametrize("winning", [[0.5, 0.5, 0.5], [0.9, 0.6, 0.3], [0.95, 0.95, 0.95]])
def test_the_interval_holds_the_truth(winning: list[float]) -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        signs = np.where(rng.random((3, 5)) < np.array(winning)[:, None], 0.1, -0.1)
        one = probability_of_improvement({str(i): row for i, row in enumerate(signs.tolist())}, shared_seeds=False)
        held += one.low <= np.mean(winning) <= one.high
    assert held / 1000 >= 0.93
