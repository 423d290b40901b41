"""The pairs of nodes of a batch, split into blocks whose numbers stay in a CPU's caches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import NamedTuple, TypeVar

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

_PAIRS_AT_ONCE = 2048

_Part = TypeVar("_Part")


class Block(NamedTuple):
    """Whole graphs, or some rows of one graph: what is worked on at once of a tensor [B, N, N, ...]."""

    graphs: slice
    rows: slice
    """Along the second axis."""
    flat: slice
    """The same pairs along the first three axes flattened, where they lie side by side."""


def blocks(pairs: Shaped[Tensor, "B N N ..."]) -> list[Block]:
    """Split the pairs of a batch into blocks of about two thousand, the largest first.

    On a CPU a block's numbers stay in its caches, which at 64 nodes saves a quarter of the time of going over a whole
    graph once for each operation; elsewhere there is one block. What needs a sum or a maximum over the rows of a graph
    has to add up the blocks, of which one graph may have several.
    """
    batch, nodes = pairs.shape[:2]
    at_once = _PAIRS_AT_ONCE if pairs.device.type == "cpu" else batch * nodes**2
    graphs, rows = max(1, at_once // nodes**2), min(nodes, max(1, at_once // nodes))
    made = []
    for graph in range(0, batch, graphs):
        many = min(graphs, batch - graph)
        for row in range(0, nodes, rows):
            end = min(row + rows, nodes)
            start = (graph * nodes + row) * nodes
            flat = slice(start, start + many * (end - row) * nodes)
            made.append(Block(slice(graph, graph + many), slice(row, end), flat))
    return made


def scratch(like: Float[Tensor, "B N N F"], width: int) -> Float[Tensor, "R W"]:
    """Return memory for vectors of the pairs of the largest block."""
    largest = blocks(like)[0].flat
    return like.new_empty(largest.stop - largest.start, width)


def on_threads(work: Callable[[Iterator[_Part]], None], parts: Sequence[_Part]) -> None:
    """Have each of torch's threads take one part after the other, until none is left.

    Threads that share each operation wait for each other at its end, which on two busy cores doubles the processor time
    of a block's products. Automatic differentiation is off in `work`. It must not call MKL, whose threads torch sets
    for all callers at once: `nar_bench.model.maps` without `out` does not.

    Args:
        work: takes an iterator over what is left, which all threads share.
        parts: what there is to work on, in any order.
    """
    threads = torch.get_num_threads()
    if threads == 1 or len(parts) < 2 * threads:
        with torch.no_grad():
            work(iter(parts))
        return
    left = iter(parts)
    list(_pool(threads, os.getpid()).map(torch.no_grad()(work), [left] * threads))


@cache
def _pool(threads: int, _process: int) -> ThreadPoolExecutor:
    """Return threads on each of which torch's operations have one; a forked process has none of its parent's."""
    pool, all_started = ThreadPoolExecutor(threads, "nar-bench-blocks"), Barrier(threads)

    def start(_: int) -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()  # torch reads the number that is set now, once for each thread
        all_started.wait()  # so that no thread starts twice

    list(pool.map(start, range(threads)))
    torch.set_num_threads(threads)
    return pool
