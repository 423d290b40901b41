"""Plain loops that numba compiles, run on the memory of tensors of a CPU."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from nar_bench.compiler import compiled_function

LOOPED = (torch.float32, torch.float64)
"""What numpy knows, and loses nothing."""
NUMBERS_OF_A_THREAD = 1 << 22
"""Fewer take less time than it takes to start a thread and wait for it."""


def run(loop: Callable[..., None], *arguments: Tensor | int | None, free_sums: bool = False) -> None:
    """Run a loop.

    Args:
        free_sums: whether its sums may be rounded differently, for speed.
    """
    fast(loop, free_sums)(*(one.detach().numpy() if isinstance(one, Tensor) else one for one in arguments))


def arrays(*tensors: Tensor) -> list[NDArray[Any]]:
    """Return the memory of tensors as a loop takes it, for those who run one many times."""
    return [tensor.detach().numpy() for tensor in tensors]


def parts_of(numbers: int, most: int) -> int:
    """Return on how many threads to work: as many as torch has where there is that much to do."""
    return max(1, min(torch.get_num_threads(), numbers // NUMBERS_OF_A_THREAD, most))


def split(loop: Callable[..., None], count: int, numbers: int, *tensors: Tensor, free_sums: bool = False) -> None:
    """Run a loop, which takes a first and a last of `count`, on several threads where there are numbers enough."""
    parts = parts_of(numbers, count)
    on_threads(loop, [count * part // parts for part in range(parts + 1)], *tensors, free_sums=free_sums)


def on_threads(loop: Callable[..., None], borders: Sequence[int], *tensors: Tensor, free_sums: bool = False) -> None:
    """Run a loop from each border to the next, each on a thread."""
    if len(borders) == 2:
        run(loop, *tensors, *borders, free_sums=free_sums)
        return
    with ThreadPoolExecutor(len(borders) - 1) as pool:
        list(
            pool.map(
                lambda ends: run(loop, *tensors, *ends, free_sums=free_sums),
                itertools.pairwise(borders),
            )
        )


@cache
def fast(loop: Callable[..., None], free_sums: bool = False) -> Callable[..., None]:
    """Return the loop itself, which takes arrays; `free_sums` as in `run`."""
    function: Callable[..., None] = compiled_function(loop, free_sums=free_sums)
    return function
