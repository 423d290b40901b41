"""Scores of edges against the plain formula, with equal numbers, on threads and elsewhere."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sparse_graphs import union
from torch import Tensor

from nar_bench.model import loops
from nar_bench.model import sparse_pointers as module
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_pointers import pointer_scores

HIDDEN = 5


def graph(nodes: int, seed: int) -> SparseGraph:
    half = torch.rand(2, nodes, nodes, generator=torch.Generator().manual_seed(seed)) < 0.5
    return union(half | half.transpose(1, 2) | torch.eye(nodes, dtype=torch.bool))


def arguments(on: SparseGraph, seed: int, features: int, levels: float) -> list[Tensor]:
    """Return random arguments; levels of few values make equal ones."""
    draws = torch.Generator().manual_seed(seed)
    shapes = (on.V, HIDDEN), (on.V, HIDDEN), (on.E, features), (HIDDEN, features), (HIDDEN,), (HIDDEN,)
    drawn = [torch.randn(*shape, generator=draws, dtype=torch.float64) for shape in shapes]
    return [((one * levels).round() / levels if levels else one).requires_grad_() for one in drawn]


def ours(on: SparseGraph, given: list[Tensor]) -> Tensor:
    pointing, pointed, values, weight, bias, score = given
    return pointer_scores(on, pointing, pointed, EdgeVectors(values, weight, bias), score)


def plain(on: SparseGraph, given: list[Tensor]) -> Tensor:
    pointing, pointed, values, weight, bias, score = given
    return torch.maximum(pointing[on.target], pointed[on.source] + values @ weight.T + bias) @ score


def check(on: SparseGraph, given: list[Tensor]) -> None:
    found = [one(on, given) for one in (ours, plain)]
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-10)
    weights = torch.arange(1.0, on.E + 1, dtype=torch.float64).sin()
    for one, other in zip(*(torch.autograd.grad((made * weights).sum(), given) for made in found), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@given(st.integers(1, 6), st.integers(0, 99), st.integers(0, 2), st.sampled_from([0, 1]))
@settings(max_examples=30, deadline=None)
def test_values_and_gradients_are_those_of_the_formula(nodes: int, seed: int, features: int, levels: float) -> None:
    on = graph(nodes, seed)
    check(on, arguments(on, seed, features, levels))


@pytest.mark.parametrize("path", ["threads", "elsewhere"])
def test_other_paths_do_the_same(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "NUMBERS_OF_A_THREAD", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    if path == "elsewhere":
        monkeypatch.setattr(module, "LOOPED", ())
        monkeypatch.setattr(module, "_EDGES_AT_ONCE", 4)
    on = graph(6, 3)
    given = arguments(on, 4, 2, 0)
    check(on, given)
    with torch.no_grad():
        torch.testing.assert_close(ours(on, given), plain(on, given))


def test_nan_comes_through_from_either_side() -> None:
    on = graph(4, 1)
    for side in (0, 1):
        given = arguments(on, 2, 1, 0)
        with torch.no_grad():
            given[side][3, 2] = torch.nan
        ends = on.target if side == 0 else on.source
        assert torch.equal(ours(on, given).isnan(), ends == 3)
