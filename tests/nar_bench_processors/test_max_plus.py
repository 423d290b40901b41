"""Max-plus products against the plain formula, in parts and whole."""

from __future__ import annotations

import pytest
import torch
from nar_bench_processors import max_plus as module
from nar_bench_processors.max_plus import max_plus
from torch import Tensor


def plain(left: Tensor, right: Tensor) -> Tensor:
    return (left[..., None] + right[:, :, None]).amax(dim=1)


def case(groups: int, summed: int, rows: int, columns: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(groups, summed, rows), (groups, summed, columns)]
    return [torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("at_once", [1, 30, 100, 1 << 19])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 4, 5, 6), (7, 5, 5, 5)])
def test_values_and_gradients_are_those_of_the_formula(
    shape: tuple[int, int, int, int], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRIPLES_AT_ONCE", at_once)
    factors = case(*shape)
    ours, expected = max_plus(*factors), plain(*factors)
    torch.testing.assert_close(ours, expected, rtol=0, atol=0)
    weights = torch.randn_like(ours)
    for left, right in zip(
        torch.autograd.grad((ours * weights).sum(), factors),
        torch.autograd.grad((expected * weights).sum(), factors),
        strict=True,
    ):
        torch.testing.assert_close(left, right)


def test_gradients_are_those_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(max_plus, case(2, 3, 3, 3))


def test_equal_sums_share_the_gradient() -> None:
    left, right = torch.zeros(1, 4, 2, requires_grad=True), torch.zeros(1, 4, 3, requires_grad=True)
    to_left, to_right = torch.autograd.grad(max_plus(left, right).sum(), [left, right])
    torch.testing.assert_close(to_left, torch.full_like(left, 3 / 4))
    torch.testing.assert_close(to_right, torch.full_like(right, 2 / 4))
