"""Messages against the plain formula, and their gradients against finite differences."""

from __future__ import annotations

import pytest
import torch
from nar_bench_processors.messages import max_messages
from torch import Tensor, nn


def case(features: int) -> tuple[list[Tensor], nn.Linear, nn.Linear]:
    torch.manual_seed(0)
    shapes = [(2, 3, 3, features), (4, features), (2, 3, 4), (2, 3, 4)]
    tensors = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    return tensors, nn.Linear(4, 4).double(), nn.Linear(4, 4).double()


def plain(
    values: Tensor, weight: Tensor, sender: Tensor, receiver: Tensor, inner: nn.Linear, outer: nn.Linear
) -> Tensor:
    messages = (values @ weight.T + sender[:, :, None] + receiver[:, None]).relu()
    return outer(inner(messages).relu()).amax(dim=1)


@pytest.mark.parametrize("features", [0, 1, 4])
def test_values_and_gradients_are_those_of_the_formula(features: int) -> None:
    tensors, inner, outer = case(features)
    parameters = [*tensors, *inner.parameters(), *outer.parameters()]
    ours, expected = (f(*tensors, inner, outer) for f in (max_messages, plain))
    torch.testing.assert_close(ours, expected)
    weights = torch.randn_like(ours)
    for left, right in zip(
        torch.autograd.grad((ours * weights).sum(), parameters),
        torch.autograd.grad((expected * weights).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(left, right)


def test_without_gradients_parts_of_a_batch_give_the_same() -> None:
    torch.manual_seed(0)
    tensors = [torch.randn(shape) for shape in [(5, 40, 40, 2), (4, 2), (5, 40, 4), (5, 40, 4)]]
    inner, outer = nn.Linear(4, 4), nn.Linear(4, 4)
    with torch.no_grad():
        parts = max_messages(*tensors, inner, outer)
    torch.testing.assert_close(parts, max_messages(*tensors, inner, outer))


def test_gradients_are_those_of_finite_differences() -> None:
    tensors, inner, outer = case(2)
    assert torch.autograd.gradcheck(lambda *args: max_messages(*args, inner, outer), tensors)


def test_equal_messages_share_the_gradient() -> None:
    tensors, inner, outer = case(0)
    same = torch.ones_like(tensors[2]).requires_grad_()
    max_messages(tensors[0], tensors[1], same, tensors[3], inner, outer).sum().backward()
    assert same.grad is not None
    for sender in (1, 2):
        torch.testing.assert_close(same.grad[:, sender], same.grad[:, 0])


def test_the_graph_can_be_used_twice() -> None:
    tensors, inner, outer = case(1)
    total = max_messages(*tensors, inner, outer).sum()
    first = torch.autograd.grad(total, tensors, retain_graph=True)
    for left, right in zip(first, torch.autograd.grad(total, tensors), strict=True):
        assert torch.equal(left, right)
