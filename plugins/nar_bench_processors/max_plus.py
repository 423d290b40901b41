"""Max-plus matrix products, with a backward pass written by hand.

The sums of all triples are worked out a few at a time, in the backward pass again, and never kept. On a CPU the forward
pass is a compiled loop, which keeps them in registers: torch would write them to memory and read them back, which takes
four times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from nar_bench.model.autocast import lowered
from nar_bench.model.loops import arrays, fast

_TRIPLES_AT_ONCE = 1 << 19
_TRIPLES_OF_A_THREAD = 1 << 22
"""Fewer take less time than it takes to start a thread and wait for it."""


def max_plus(left: Float[Tensor, "G I J"], right: Float[Tensor, "G I K"]) -> Float[Tensor, "G J K"]:
    """Return max_i left_ij + right_ik for each of G pairs of matrices; equal maxima share the gradient."""
    product: Tensor = _MaxPlus.apply(lowered(left), lowered(right))  # type: ignore[no-untyped-call]
    return product


def _parts(left: Tensor, right: Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield (matrices, columns of `left`) to work on one after the other."""
    groups, summed, columns = left.shape
    of_a_column = summed * right.shape[2]
    at_once = max(1, min(columns, _TRIPLES_AT_ONCE // of_a_column))
    groups_at_once = max(1, _TRIPLES_AT_ONCE // (of_a_column * columns))
    for group in range(0, groups, groups_at_once):
        for column in range(0, columns, at_once):
            yield slice(group, group + groups_at_once), slice(column, column + at_once)


class _MaxPlus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor) -> Tensor:
        if left.device.type == "cpu":
            product = _on_threads(left, right)
        else:
            product = left.new_empty(len(left), left.shape[2], right.shape[2])
            for group, column in _parts(left, right):
                sums = left[group, :, column, None] + right[group, :, None]
                torch.amax(sums, dim=1, out=product[group, column])
        ctx.save_for_backward(left, right, product)
        return product

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        left, right, product = ctx.saved_tensors
        to_left, to_right = torch.empty_like(left), torch.zeros_like(right)
        for group, column in _parts(left, right):
            sums = left[group, :, column, None] + right[group, :, None]
            chosen = sums.eq_(product[group, None, column])
            shared = chosen.mul_((gradient[group, column] / chosen.sum(dim=1))[:, None])
            torch.sum(shared, dim=3, out=to_left[group, :, column])
            to_right[group] += shared.sum(dim=2)
        return to_left, to_right


def _on_threads(left: Tensor, right: Tensor) -> Float[Tensor, "G J K"]:
    # numpy has no bfloat16. Rounding keeps order, so the largest sum, rounded, is the largest of the rounded sums.
    wide = torch.promote_types(left.dtype, torch.float32)
    factors = [factor.detach().to(wide).contiguous() for factor in (left, right)]
    product = factors[0].new_empty(len(left), left.shape[2], right.shape[2])
    whole, fill = arrays(*factors, product), fast(_fill)
    groups, threads = len(left), torch.get_num_threads()
    at_once = max(1, _TRIPLES_OF_A_THREAD // max(1, left[0].numel() * right.shape[2]))
    if threads == 1 or groups <= at_once:
        fill(*whole)
    else:
        parts = ([array[start : start + at_once] for array in whole] for start in range(0, groups, at_once))
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, *zip(*parts, strict=True)))
    return product.to(left.dtype)


def _fill(left: NDArray[Any], right: NDArray[Any], product: NDArray[Any]) -> None:
    """Fill in the product [G, J, K] of arrays [G, I, J] and [G, I, K]; plain Python that numba compiles.

    Four rows are taken at a time, so that the maxima so far are fetched and put back less often. Where fewer are left,
    the last is taken again.
    """
    groups, summed, columns = left.shape
    last = summed - 1
    for g in range(groups):
        for j in range(columns):
            largest = product[g, j]
            largest[:] = -np.inf
            for i in range(0, summed, 4):
                i1, i2, i3 = min(i + 1, last), min(i + 2, last), min(i + 3, last)
                a0, a1, a2, a3 = left[g, i, j], left[g, i1, j], left[g, i2, j], left[g, i3, j]
                b0, b1, b2, b3 = right[g, i], right[g, i1], right[g, i2], right[g, i3]
                for k in range(len(largest)):
                    pair, other = max(a0 + b0[k], a1 + b1[k]), max(a2 + b2[k], a3 + b3[k])
                    largest[k] = max(largest[k], max(pair, other))
