"""Linear maps of many rows against the plain formula."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nar_bench.model.maps import mapped


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_rows_are_those_of_the_formula(dtype: torch.dtype, rectified: bool, biased: bool, given: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    rows, weight, bias = (torch.randn(shape, generator=generator, dtype=dtype) for shape in [(70, 9), (5, 9), (5,)])
    expected = rows @ weight.T + (bias if biased else 0)
    out = torch.empty(70, 5, dtype=dtype) if given else None
    got = mapped(rows, weight, bias if biased else None, rectified=rectified, out=out)
    torch.testing.assert_close(got, expected.relu() if rectified else expected)
    assert out is None or got.data_ptr() == out.data_ptr()


class Fused(TorchDispatchMode):
    """Keeps the factors of oneDNN's products."""

    def __init__(self) -> None:
        super().__init__()
        self.factors: list[torch.Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ == "_linear_pointwise":
            self.factors += args[:2]
        return func(*args, **(kwargs or {}))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")
def test_factors_are_laid_side_by_side_for_products_that_are_slow_without() -> None:
    rows, weight = torch.randn(12, 20), torch.randn(5, 20)
    with Fused() as fused:
        got = mapped(rows[:, 10:], weight[:, 10:])
    assert len(fused.factors) == 2
    assert all(factor.is_contiguous() for factor in fused.factors)
    torch.testing.assert_close(got, rows[:, 10:] @ weight[:, 10:].T)
