"""Messages along the edges of sparse graphs and their maximum, with a backward pass written by hand.

    m_e = U relu(V relu(W v_e + s_i + r_j) + c) + d        or, with one layer less,   U relu(W v_e + s_i + r_j) + d

On a CPU the edges into some nodes are worked on at a time, so that what there is of them stays in the caches, and what
is no product of matrices is in loops that numba compiles.

Shapes: V nodes and E edges, D wide inside, messages H wide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model import segment_loops
from nar_bench.model.autocast import lowered
from nar_bench.model.blocks import on_threads
from nar_bench.model.loops import LOOPED, arrays, fast, run
from nar_bench.model.maps import mapped
from nar_bench.model.segments import max_into_nodes, sum_of_ends
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench_processors import sparse_loops

_EDGES_AT_ONCE = 2048


def max_sparse_messages(
    values: Float[Tensor, "E F"],
    weight: Float[Tensor, "D F"],
    sender: Float[Tensor, "V D"],
    receiver: Float[Tensor, "V D"],
    inner: nn.Linear | None,
    outer: nn.Linear,
    on: SparseGraph,
) -> Float[Tensor, "V H"]:
    """Return the largest message into each node; d where there is none.

    Args:
        values: v, the features of each edge.
        weight: W.
        sender: s.
        receiver: r.
        inner: D -> D, V and c; None for one layer less.
        outer: D -> H, U and d.
    """
    values, weight, sender, receiver = (lowered(one) for one in (values, weight, sender, receiver))
    v, c = (None, None) if inner is None else (lowered(inner.weight), lowered(inner.bias))
    tensors: list[Any] = [values, weight, sender, receiver, v, c, lowered(outer.weight)]
    if not torch.is_grad_enabled():
        # Weights would say that they need a gradient, and messages would be kept for it.
        tensors = [None if one is None else one.detach() for one in tensors]
    if sender.device.type == "cpu" and sender.dtype in LOOPED:
        largest: Tensor = _MaxSparseMessages.apply(*tensors, on)  # type: ignore[no-untyped-call]
    else:
        largest = _plain(tensors, on)
    return largest + outer.bias


def _plain(tensors: list[Any], on: SparseGraph) -> Tensor:
    values, weight, sender, receiver, v, c, u = tensors
    hidden = F.relu(sum_of_ends(on, sender, receiver) + values @ weight.T)
    if v is not None:
        hidden = F.relu(F.linear(hidden, v, c))
    return max_into_nodes(on, F.linear(hidden, u))


class _Block(NamedTuple):
    """What is kept of the edges into the nodes from `start` to `stop`."""

    start: int
    stop: int
    offsets: Int[Tensor, " M+1"]
    """Of the edges into these nodes alone."""
    first: Float[Tensor, "E' D"]
    second: Float[Tensor, "E' D"] | None
    messages: Float[Tensor, "E' H"] | None
    """Only where several edges brought the largest message of a node and column."""


def _blocks(on: SparseGraph) -> Iterator[tuple[int, int]]:
    """Yield ranges of nodes with about `_EDGES_AT_ONCE` edges into them, or one node with more."""
    if on.E <= _EDGES_AT_ONCE:
        yield 0, on.V
        return
    cuts = torch.searchsorted(
        on.offsets, torch.arange(_EDGES_AT_ONCE, on.E, _EDGES_AT_ONCE, device=on.offsets.device)
    ).tolist()
    borders = sorted({0, *cuts, on.V})
    yield from itertools.pairwise(borders)


class _MaxSparseMessages(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor,
        sender: Tensor,
        receiver: Tensor,
        v: Tensor | None,
        c: Tensor | None,
        u: Tensor,
        on: SparseGraph,
    ) -> Tensor:
        keeps = any(ctx.needs_input_grad)
        features = weight.shape[1]
        across = F.pad(weight.T, (0, 0, 0, -features % sparse_loops.WIDE if features else sparse_loops.WIDE))
        values, sender, receiver, across = (one.contiguous() for one in (values, sender, receiver, across))
        largest = sender.new_empty(on.V, len(u))
        chosen = largest.new_empty(largest.shape if keeps else (0, 0), dtype=torch.int32)
        ctx.on, ctx.blocks = on, []
        ranges = list(_blocks(on))
        most = max(int(on.offsets[stop] - on.offsets[start]) for start, stop in ranges)
        every = torch.arange(most, device=on.offsets.device)
        # There are many blocks, so what is the same for all is prepared once.
        fill_ends = fast(sparse_loops.ends, free_sums=True)
        ends = arrays(sender, receiver, values, across, on.source, on.offsets)
        find_largest = fast(segment_loops.largest)
        borders, rows, maxima = arrays(on.offsets, every, largest)

        def work(left: Iterator[tuple[int, int]]) -> None:
            # Memory that the system has to hand out anew for each block costs as much time as the loops.
            memory = None if keeps else sender.new_empty(most, sender.shape[1])
            for start, stop in left:
                edges = int(borders[stop] - borders[start])
                first = sender.new_empty(edges, sender.shape[1]) if memory is None else memory[:edges]
                fill_ends(*ends, first.numpy(), start)
                second = None if v is None else mapped(first, v, c, rectified=True)
                messages = mapped(first if second is None else second, u)
                if not keeps:
                    # The maxima of a part of the nodes, whose edges begin at 0.
                    here = borders[start : stop + 1] - borders[start]
                    find_largest(messages.numpy(), rows, here, maxima[start:stop], 0, stop - start)
                    continue
                offsets, of = on.offsets[start : stop + 1] - on.offsets[start], chosen[start:stop]
                run(segment_loops.largest_and_edge, messages, every, offsets, largest[start:stop], of, 0, stop - start)
                tied = bool((of == segment_loops.TIED).any())
                ctx.blocks.append(_Block(start, stop, offsets, first, second, messages if tied else None))

        if keeps:
            work(iter(ranges))
        else:
            on_threads(work, ranges)
        ctx.save_for_backward(values, weight, v, u, largest, chosen)
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        on, (values, weight, v, u, largest, chosen) = ctx.on, ctx.saved_tensors
        gradient, u = gradient.contiguous(), u.contiguous()
        to_sender, to_receiver = (gradient.new_zeros(on.V, u.shape[1]) for _ in range(2))
        to_u, to_across = torch.zeros_like(u), weight.new_zeros(weight.shape[1], weight.shape[0])
        to_v = to_c = to_values = None
        if v is not None:
            to_v, to_c = torch.zeros_like(v), v.new_zeros(len(v))
        if ctx.needs_input_grad[0]:
            to_values = torch.empty_like(values)
        for start, stop, offsets, first, second, messages in ctx.blocks:
            here = slice(start, stop)
            read = first if second is None else second
            given = chosen[here], gradient[here]
            to_read = torch.empty_like(read)
            run(sparse_loops.to_weight, *given, read, to_u)
            run(sparse_loops.to_rows, *given, u, offsets, to_read)
            if messages is not None:
                equal = messages, read, u, offsets, to_u, to_read
                run(sparse_loops.to_equal, chosen[here], largest[here], gradient[here], *equal)
            to_first = to_read
            if second is not None and to_v is not None:
                run(sparse_loops.rectify, second, to_first, to_c)
                to_v.addmm_(to_first.T, first)
                to_first = to_first @ v
            ends = values, on.source, on.offsets, to_sender, to_receiver, to_across
            run(sparse_loops.to_ends, first, to_first, *ends, start, stop)
            if to_values is not None:
                torch.mm(to_first, weight, out=to_values[int(on.offsets[start]) : int(on.offsets[stop])])
        return to_values, to_across.T, to_sender, to_receiver, to_v, to_c, to_u, None
