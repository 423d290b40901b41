"""Scores of pairs against the plain formula, and their gradients against finite differences."""

from __future__ import annotations

import pytest
import torch

from nar_bench.model.pairs import in_parts, pair_scores


def arguments(features: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3, 3, features), (4, features), (2, 3, 4), (2, 3, 4), (4,)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("features", [0, 1, 3])
def test_scores_are_those_of_the_formula(features: int) -> None:
    v, w, row, column, u = arguments(features)
    expected = torch.maximum(column[:, None], v @ w.T + row[:, :, None]) @ u
    torch.testing.assert_close(pair_scores(v, w, row, column, u), expected)


def test_without_gradients_parts_of_a_batch_give_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(5, 40, 40, 2), (4, 2), (5, 40, 4), (5, 40, 4), (4,)]
    tensors = [torch.randn(shape, generator=generator) for shape in shapes]
    assert [len(part) for part in in_parts(tensors[0], 40)] == [2, 2, 1]
    with torch.no_grad():
        parts = pair_scores(*tensors)
    torch.testing.assert_close(parts, pair_scores(*tensors))


@pytest.mark.parametrize("features", [0, 2])
def test_gradients_are_those_of_finite_differences(features: int) -> None:
    assert torch.autograd.gradcheck(pair_scores, arguments(features))
