"""Scores of pairs against the plain formula, and their gradients against finite differences."""

from __future__ import annotations

import pytest
import torch

from nar_bench.model.blocks import blocks
from nar_bench.model.pairs import Rectified, pair_scores


def arguments(features: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3, 3, features), (4, features), (2, 3, 4), (2, 3, 4), (4,)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("features", [0, 1, 3])
def test_scores_are_those_of_the_formula(features: int) -> None:
    v, w, row, column, u = arguments(features)
    expected = torch.maximum(column[:, None], v @ w.T + row[:, :, None]) @ u
    torch.testing.assert_close(pair_scores(v, w, row, column, u), expected)


@pytest.mark.parametrize(("batch", "nodes"), [(1, 1), (7, 3), (5, 40), (2, 1100)])
def test_blocks_cover_every_pair_once_in_order(batch: int, nodes: int) -> None:
    pairs = torch.arange(batch * nodes**2).view(batch, nodes, nodes)
    made = blocks(pairs)
    assert torch.equal(torch.cat([pairs.view(-1)[block.flat] for block in made]), pairs.view(-1))
    for graphs, rows, flat in made:
        assert torch.equal(pairs[graphs, rows].flatten(), pairs.view(-1)[flat])
        assert flat.stop - flat.start <= made[0].flat.stop <= max(2048, nodes)


def test_without_gradients_parts_of_a_batch_give_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(5, 50, 50, 2), (4, 2), (5, 50, 4), (5, 50, 4), (4,)]
    tensors = [torch.randn(shape, generator=generator) for shape in shapes]
    assert len(blocks(tensors[0])) > 5
    with torch.no_grad():
        parts = pair_scores(*tensors)
    torch.testing.assert_close(parts, pair_scores(*tensors))


@pytest.mark.parametrize("features", [0, 2])
def test_gradients_are_those_of_finite_differences(features: int) -> None:
    assert torch.autograd.gradcheck(pair_scores, arguments(features))


def with_rectified(graphs: int, nodes: int, dtype: torch.dtype) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(graphs, nodes, nodes, 2), (4, 2), (graphs, nodes, 4), (graphs, nodes, 4), (4,)]
    shapes += [(graphs, nodes, nodes, 3), (5, 3), (5,), (4, 5)]
    return [torch.randn(shape, generator=generator, dtype=dtype, requires_grad=True) for shape in shapes]


def scores_with_rectified(*tensors: torch.Tensor) -> torch.Tensor:
    return pair_scores(*tensors[:5], Rectified(*tensors[5:]))


def test_a_rectified_term_is_that_of_the_formula() -> None:
    tensors = with_rectified(2, 3, torch.float64)
    v, w, row, column, u, t, o, bias, p = tensors
    joint = v @ w.T + row[:, :, None] + (t @ o.T + bias).relu() @ p.T
    torch.testing.assert_close(scores_with_rectified(*tensors), torch.maximum(column[:, None], joint) @ u)
    assert torch.autograd.gradcheck(scores_with_rectified, tensors)


def test_parts_of_a_batch_give_the_same_with_and_without_gradients_and_alone() -> None:
    tensors = with_rectified(5, 40, torch.float32)
    together = scores_with_rectified(*tensors)
    gradients = torch.autograd.grad(together.square().sum(), tensors)
    with torch.no_grad():
        torch.testing.assert_close(scores_with_rectified(*tensors), together)
    batched, total = (0, 2, 3, 5), [torch.zeros_like(tensor) for tensor in tensors]
    for graph in range(5):
        at = [tensor[graph : graph + 1] if i in batched else tensor for i, tensor in enumerate(tensors)]
        alone = scores_with_rectified(*at)
        torch.testing.assert_close(alone, together[graph : graph + 1])
        for sum_, gradient in zip(total, torch.autograd.grad(alone.square().sum(), tensors), strict=True):
            sum_ += gradient
    for sum_, gradient in zip(total, gradients, strict=True):
        torch.testing.assert_close(sum_, gradient, rtol=1e-4, atol=1e-3)
