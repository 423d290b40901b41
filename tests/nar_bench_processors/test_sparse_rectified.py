"""Largest rectified messages against the plain formula, with equal ones and ones of 0."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nar_bench_processors import sparse_rectified as module
from nar_bench_processors.sparse_rectified import max_rectified
from sparse_graphs import union
from torch import Tensor
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph

HIDDEN = 5


def graph(nodes: int, seed: int) -> SparseGraph:
    half = torch.rand(2, nodes, nodes, generator=torch.Generator().manual_seed(seed)) < 0.5
    return union(half | half.transpose(1, 2) | torch.eye(nodes, dtype=torch.bool))


def arguments(on: SparseGraph, seed: int, features: int, levels: float) -> list[Tensor]:
    """Return random arguments; levels of few values make equal ones."""
    draws = torch.Generator().manual_seed(seed)
    shapes = (on.V, HIDDEN), (on.E, features), (HIDDEN, features), (HIDDEN,)
    drawn = [torch.randn(*shape, generator=draws, dtype=torch.float64) for shape in shapes]
    return [((one * levels).round() / levels if levels else one).requires_grad_() for one in drawn]


def ours(on: SparseGraph, given: list[Tensor]) -> Tensor:
    x, values, weight, bias = given
    return max_rectified(on, x, EdgeVectors(values, weight, bias))


def plain(on: SparseGraph, given: list[Tensor]) -> Tensor:
    x, values, weight, bias = given
    messages = F.relu(x[on.source] + values @ weight.T + bias)
    return torch.stack([messages[on.target == v].amax(0) for v in range(on.V)])


def check(on: SparseGraph, given: list[Tensor]) -> None:
    found = [one(on, given) for one in (ours, plain)]
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-10)
    weights = torch.arange(1.0, found[0].numel() + 1, dtype=torch.float64).view(found[0].shape).sin()
    for one, other in zip(*(torch.autograd.grad((made * weights).sum(), given) for made in found), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@given(st.integers(1, 6), st.integers(0, 99), st.integers(0, 2), st.sampled_from([0, 1]))
@settings(max_examples=30, deadline=None)
def test_values_and_gradients_are_those_of_the_formula(nodes: int, seed: int, features: int, levels: float) -> None:
    on = graph(nodes, seed)
    check(on, arguments(on, seed, features, levels))


def test_elsewhere_the_plain_operations_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOPED", ())
    on = graph(6, 3)
    check(on, arguments(on, 4, 2, 0))


def test_nan_comes_through() -> None:
    on = graph(4, 1)
    given = arguments(on, 2, 1, 0)
    with torch.no_grad():
        given[0][3, 2] = torch.nan
    reached = torch.zeros(on.V, dtype=torch.bool).index_fill(0, on.target[on.source == 3], True)
    assert torch.equal(ours(on, given)[:, 2].isnan(), reached)
