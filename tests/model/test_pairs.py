"""Scores of pairs against the plain formula, and their gradients against finite differences."""

from __future__ import annotations

import pytest
import torch

from nar_bench.model.pairs import pair_scores


def arguments(features: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3, 3, features), (4, features), (2, 3, 4), (2, 3, 4), (4,)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("features", [0, 1, 3])
def test_scores_are_those_of_the_formula(features: int) -> None:
    v, w, row, column, u = arguments(features)
    expected = torch.maximum(column[:, None], v @ w.T + row[:, :, None]) @ u
    torch.testing.assert_close(pair_scores(v, w, row, column, u), expected)


@pytest.mark.parametrize("features", [0, 2])
def test_gradients_are_those_of_finite_differences(features: int) -> None:
    assert torch.autograd.gradcheck(pair_scores, arguments(features))
