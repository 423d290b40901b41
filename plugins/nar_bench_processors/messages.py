"""Messages between pairs of nodes and their maximum, with a backward pass written by hand.

Automatic differentiation would keep, copy and add a dozen tensors [B, N, N, H] at each step; this keeps three. Only the
largest message of each receiver and channel has a gradient. Where there are few edges, see
`nar_bench_processors.edge_messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.autocast import lowered
from nar_bench.model.blocks import Block, blocks, on_threads, scratch
from nar_bench.model.maps import mapped
from nar_bench.model.passes import rectified_sums, row_maxima, terms
from nar_bench_processors.edge_messages import few_edges, max_edge_messages

NONE = -1e6
"""What a receiver without any sender receives, as in the reference."""


def max_messages(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    sender: Float[Tensor, "B N H"],
    receiver: Float[Tensor, "B N H"],
    inner: nn.Linear,
    outer: nn.Linear,
    adjacency: Bool[Tensor, "B N N"] | None = None,
) -> Float[Tensor, "B N H"]:
    """Return max_i U relu(V relu(W v_ij + s_i + r_j) + c) + d for each receiver j.

    Args:
        values: v, the features of each pair, [b, sender i, receiver j].
        weight: W.
        sender: s.
        receiver: r.
        inner: H -> H, V and c.
        outer: H -> H, U and d.
        adjacency: the pairs [b, i, j] that count; None for all.
    """
    if adjacency is not None and few_edges(adjacency):
        return max_edge_messages(values, weight, sender, receiver, inner, outer, adjacency, NONE)
    values, weight, sender, receiver = (lowered(one) for one in (values, weight, sender, receiver))
    weights = lowered(inner.weight), lowered(inner.bias), lowered(outer.weight)
    largest = _largest(values, weight, sender, receiver, *weights, adjacency) + outer.bias
    return largest if adjacency is None else torch.where(adjacency.any(dim=1)[..., None], largest, NONE)


def _largest(
    values: Tensor,
    weight: Tensor,
    sender: Tensor,
    receiver: Tensor,
    v: Tensor,
    c: Tensor,
    u: Tensor,
    adjacency: Tensor | None,
) -> Float[Tensor, "B N H"]:
    # 0 where the pair counts: adding floats is several times faster than filling where a bool tensor says so.
    absent = None if adjacency is None else NONE * (~adjacency).transpose(1, 2).to(values.dtype)[..., None]
    if torch.is_grad_enabled():
        largest: Tensor = _MaxMessages.apply(values, weight, sender, receiver, v, c, u, absent)  # type: ignore[no-untyped-call]
        return largest
    return _run(values, weight, sender, receiver, v, c, u, absent, keep=False)[0]


def _run(
    values: Tensor,
    weight: Tensor,
    sender: Tensor,
    receiver: Tensor,
    v: Tensor,
    c: Tensor,
    u: Tensor,
    absent: Tensor | None,
    *,
    keep: bool,
) -> tuple[Float[Tensor, "B N H"], list[Float[Tensor, "BNN H"]]]:
    """Return the maxima and, where they are to be kept, both hidden layers and the messages, d left out.

    Pairs are sorted by receiver, so that a block has all messages of its receivers.
    """
    sums = terms(values.transpose(1, 2), weight, receiver, sender)
    pairs = values.shape[:3].numel()
    kept = [values.new_empty(pairs, len(weight)) for _ in range(3)] if keep else []
    largest = torch.empty_like(receiver)

    def work(left: Iterator[Block]) -> None:
        # Memory that the system has to hand out anew for each block costs as much time as the products.
        memory = scratch(values, len(weight))
        for block in left:
            graphs, receivers, flat = block
            part = memory[: flat.stop - flat.start]
            first, *others = (tensor[flat] for tensor in kept) if keep else (part, None, None)
            rectified_sums(block, sums, first)
            second = mapped(first, v, c, rectified=True, out=others[0])
            messages = mapped(second, u, out=others[1])
            if absent is not None:
                here = absent[graphs, receivers]
                messages.view(*here.shape[:3], -1).add_(here)
            row_maxima(block, messages, largest)

    if keep:
        work(iter(blocks(values)))
    else:
        on_threads(work, blocks(values))
    return largest, kept


class _MaxMessages(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor,
        sender: Tensor,
        receiver: Tensor,
        v: Tensor,
        c: Tensor,
        u: Tensor,
        absent: Tensor | None,
    ) -> Tensor:
        largest, kept = _run(values, weight, sender, receiver, v, c, u, absent, keep=True)
        ctx.save_for_backward(values, weight, *kept, largest, v, u)
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, first, second, messages, largest, v, u = ctx.saved_tensors
        by_receiver = values.transpose(1, 2).flatten(0, 2)
        memory = [scratch(values, len(weight)) for _ in range(2)]
        to_values = torch.empty_like(by_receiver) if ctx.needs_input_grad[0] else None
        to_weight, to_v, to_c, to_u = (torch.zeros_like(tensor) for tensor in (weight.T, v, v[0], u))
        to_sender, to_receiver = torch.zeros_like(largest), torch.empty_like(largest)
        for graphs, receivers, flat in blocks(values):
            shape = (graphs.stop - graphs.start, receivers.stop - receivers.start, values.shape[1], -1)
            to_messages, to_second = (tensor[: flat.stop - flat.start] for tensor in memory)
            # Equal messages share the gradient, as in the reference. A mask of floats: bool ones are several times
            # slower.
            of_receiver = largest[graphs, receivers, None]
            chosen = torch.eq(messages[flat].view(shape), of_receiver, out=to_messages.view(shape))
            chosen.mul_((gradient[graphs, receivers] / chosen.sum(dim=2))[:, :, None])
            torch.mm(to_messages, u, out=to_second)
            _through_relu(to_second, second[flat])
            to_u.addmm_(to_messages.T, second[flat])
            # The gradient of the messages is spent, so its memory takes the next one.
            to_first = torch.mm(to_second, v, out=to_messages)
            _through_relu(to_first, first[flat])
            to_v.addmm_(to_second.T, first[flat])
            to_c.add_(to_second.sum(dim=0))
            to_weight.addmm_(by_receiver[flat].T, to_first)
            if to_values is not None:
                torch.mm(to_first, weight, out=to_values[flat])
            to_sender[graphs].add_(to_first.view(shape).sum(dim=1))
            torch.sum(to_first.view(shape), dim=2, out=to_receiver[graphs, receivers])
        if to_values is not None:
            to_values = to_values.view(values.shape).transpose(1, 2)
        return to_values, to_weight.T, to_sender, to_receiver, to_v, to_c, to_u, None


def _through_relu(gradient: Tensor, activated: Tensor) -> None:
    """Zero the gradient in place where the activation is zero."""
    torch.ops.aten.threshold_backward.grad_input(gradient, activated, 0, grad_input=gradient)
