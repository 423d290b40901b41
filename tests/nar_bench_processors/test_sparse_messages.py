"""Messages along sparse edges against the plain formula: in blocks and whole, with ties, without gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nar_bench_processors import sparse_messages as module
from nar_bench_processors.sparse_messages import max_sparse_messages
from sparse_graphs import union
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.sparse_graph import SparseGraph

INNER, OUTER, FEATURES = 6, 4, 2


def graph(nodes: int, seed: int, batch: int = 2) -> SparseGraph:
    half = torch.rand(batch, nodes, nodes, generator=torch.Generator().manual_seed(seed)) < 0.4
    return union(half | half.transpose(1, 2) | torch.eye(nodes, dtype=torch.bool))


class Case:
    """Random arguments; levels of few values make ties."""

    def __init__(self, on: SparseGraph, seed: int, levels: float = 0, *, inner: bool = True) -> None:
        draws = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            made = torch.randn(*shape, generator=draws, dtype=torch.float64)
            return ((made * levels).round() / levels if levels else made).requires_grad_()

        self.on = on
        shapes = (on.E, FEATURES), (INNER, FEATURES), (on.V, INNER), (on.V, INNER)
        self.tensors = [normal(*shape) for shape in shapes]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.inner = nn.Linear(INNER, INNER).double() if inner else None
            self.outer = nn.Linear(INNER, OUTER).double()
            if levels:
                for layer in (self.inner, self.outer):
                    for parameter in layer.parameters() if layer else ():
                        parameter.data = (parameter * 2 * levels).round() / levels
        self.learned = [*self.tensors, *(self.inner.parameters() if self.inner else ()), *self.outer.parameters()]

    def ours(self) -> Tensor:
        return max_sparse_messages(*self.tensors, self.inner, self.outer, self.on)

    def plain(self) -> Tensor:
        values, weight, sender, receiver = self.tensors
        hidden = F.relu(values @ weight.T + sender[self.on.source] + receiver[self.on.target])
        messages = self.outer(hidden if self.inner is None else F.relu(self.inner(hidden)))
        return torch.stack([messages[self.on.target == v].amax(0) for v in range(self.on.V)])

    def check(self) -> None:
        ours, expected = self.ours(), self.plain()
        torch.testing.assert_close(ours, expected, rtol=1e-10, atol=1e-10)
        weights = torch.arange(1.0, ours.numel() + 1, dtype=torch.float64).view(ours.shape).sin()
        pairs = zip(
            torch.autograd.grad((ours * weights).sum(), self.learned),
            torch.autograd.grad((expected * weights).sum(), self.learned),
            strict=True,
        )
        for one, other in pairs:
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("at_once", [1, 7, 2048])
@pytest.mark.parametrize("inner", [True, False])
def test_values_and_gradients_are_those_of_the_formula(
    inner: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_EDGES_AT_ONCE", at_once)
    Case(graph(7, 0), 1, inner=inner).check()


@given(nodes=st.integers(1, 6), seed=st.integers(0, 99), at_once=st.sampled_from([1, 5, 2048]), inner=st.booleans())
@settings(max_examples=30, deadline=None)
def test_equal_messages_share_the_gradient_on_any_graph(nodes: int, seed: int, at_once: int, inner: bool) -> None:
    before, module._EDGES_AT_ONCE = module._EDGES_AT_ONCE, at_once
    try:
        Case(graph(nodes, seed), seed, levels=1, inner=inner).check()
    finally:
        module._EDGES_AT_ONCE = before


def test_without_gradients_the_same_comes_out_and_nothing_is_kept() -> None:
    case = Case(graph(6, 2), 3)
    with torch.no_grad():
        torch.testing.assert_close(case.ours(), case.plain(), rtol=1e-12, atol=1e-12)


def test_elsewhere_and_in_bfloat16_the_plain_operations_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(graph(6, 4), 5)
    expected = case.ours()
    monkeypatch.setattr(module, "LOOPED", ())
    case.check()
    torch.testing.assert_close(case.ours(), expected, rtol=1e-12, atol=1e-12)


def test_a_weight_that_is_fixed_gets_no_gradient_and_changes_no_other() -> None:
    case = Case(graph(5, 6), 7)
    whole = torch.autograd.grad(case.ours().sum(), case.learned)
    case.tensors[0].requires_grad_(False)
    case.outer.weight.requires_grad_(False)
    kept = [one for one in case.learned if one.requires_grad]
    for one, gradient in zip(kept, torch.autograd.grad(case.ours().sum(), kept), strict=True):
        place = next(i for i, other in enumerate(case.learned) if other is one)
        torch.testing.assert_close(gradient, whole[place], rtol=1e-12, atol=1e-12)
