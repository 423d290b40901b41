"""Compiled passes against torch's operations in float64, whose numbers they do not take."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nar_bench.compiler import compiles
from nar_bench.model.blocks import blocks, scratch
from nar_bench.model.passes import (
    can_score_alone,
    compiled,
    larger_scores,
    rectified_sums,
    row_maxima,
    scores_alone,
    terms,
)


def case(features: int, nodes: int, width: int = 20) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    pairs, ends = (3, nodes, nodes), (3, nodes, width)
    shapes = [(*pairs, features), (width, features), ends, ends, (width,), (*pairs, width)]
    return tuple(torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes)


def results(tensors: tuple[Tensor, ...], *, onto: bool) -> list[Tensor]:
    *parts, score, start = tensors
    of, memory = terms(*parts), scratch(parts[0], len(score))
    sums, joints = torch.empty_like(start), torch.empty_like(start)
    scores, maxima = start.new_empty(start.shape[:3]), torch.empty_like(parts[2])
    for block in blocks(start):
        here = memory[: block.flat.stop - block.flat.start]
        rectified_sums(block, of, here)
        row_maxima(block, here, maxima)
        sums.flatten(0, 2)[block.flat] = here
        here.copy_(start.flatten(0, 2)[block.flat])
        larger_scores(block, of, score, here, scores, onto=onto)
        joints.flatten(0, 2)[block.flat] = here
    return [sums, maxima, joints, scores]


@pytest.mark.parametrize("onto", [True, False])
@pytest.mark.parametrize("nodes", [1, 2, 5, 50])
@pytest.mark.parametrize("features", [0, 1, 4, 9])
def test_passes_compute_what_the_operations_do(features: int, nodes: int, onto: bool) -> None:
    wide = case(features, nodes)
    narrow = tuple(tensor.float() for tensor in wide)
    assert compiled(narrow[0]) is compiles()
    assert not compiled(wide[0])
    for ours, expected in zip(results(narrow, onto=onto), results(wide, onto=onto), strict=True):
        torch.testing.assert_close(ours, expected.float(), rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not compiles(), reason="numba compiles nothing")
@pytest.mark.parametrize("width", [1, 2, 7, 20])
@pytest.mark.parametrize("nodes", [1, 5, 16, 50])
@pytest.mark.parametrize("features", [0, 1, 3, 4])
def test_scores_alone_are_those_that_leave_the_larger_side(features: int, nodes: int, width: int) -> None:
    *wide, _ = case(features, nodes, width)
    *parts, score = (tensor.float() for tensor in wide)
    assert can_score_alone(parts[0], parts[2])
    scores = scores_alone(terms(*parts), score)
    values, weight, row, column, u = wide
    expected = torch.maximum(column[:, None], values @ weight.T + row[:, :, None]) @ u
    torch.testing.assert_close(scores, expected.float(), rtol=1e-5, atol=1e-5)


def test_scores_alone_are_not_for_many_features_nor_for_other_numbers() -> None:
    values, like = torch.zeros(1, 2, 2, 5), torch.zeros(1, 2, 4)
    assert not can_score_alone(values, like)
    assert not can_score_alone(values[..., :4], like.double())
