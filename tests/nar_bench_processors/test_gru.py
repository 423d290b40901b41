"""A step of a GRU is that of torch's cell, with its gradients."""

from __future__ import annotations

import pytest
import torch
from nar_bench_processors.gru import gru_step
from torch import Tensor, nn


@pytest.mark.parametrize("starts", [False, True])
def test_values_and_gradients_are_those_of_torch(starts: bool) -> None:
    torch.manual_seed(0)
    cell, x = nn.GRUCell(4, 6).double(), torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    hidden = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    read: list[Tensor] = [x, cell.weight_ih, cell.bias_ih, cell.bias_hh]
    if not starts:
        read += [hidden, cell.weight_hh]
    found = [gru_step(cell, x, None if starts else hidden), cell(x, None if starts else hidden)]
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-12)
    weights = torch.arange(30.0, dtype=torch.float64).view(5, 6).sin()
    for one, other in zip(*(torch.autograd.grad((made * weights).sum(), read) for made in found), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
