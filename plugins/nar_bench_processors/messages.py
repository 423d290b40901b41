"""Messages between pairs of nodes and their maximum, with a backward pass written by hand.

Automatic differentiation would keep, copy and add a dozen tensors [B, N, N, H] at each step; this keeps three. Only the
largest message of each receiver and channel has a gradient. Where there are few edges, see
`nar_bench_processors.edge_messages`.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.pairs import in_parts
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
    weights = inner.weight, inner.bias, outer.weight
    if adjacency is None:
        return _largest(values, weight, sender, receiver, *weights, None) + outer.bias
    if few_edges(adjacency):
        largest = max_edge_messages(values, weight, sender, receiver, *weights, adjacency)
    else:
        largest = _largest(values, weight, sender, receiver, *weights, adjacency)
    return torch.where(adjacency.any(dim=1)[..., None], largest + outer.bias, NONE)


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
    absent = None if adjacency is None else NONE * (~adjacency).to(values.dtype)[..., None]
    if torch.is_grad_enabled():
        largest: Tensor = _MaxMessages.apply(values, weight, sender, receiver, v, c, u, absent)  # type: ignore[no-untyped-call]
        return largest
    nodes = values.shape[1]
    parts = zip(*(in_parts(tensor, nodes) for tensor in (values, sender, receiver)), strict=True)
    absents = None if absent is None else in_parts(absent, nodes)
    return torch.cat(
        [
            _messages(*part, weight, v, c, u, None if absents is None else absents[index])[2].amax(dim=1)
            for index, part in enumerate(parts)
        ]
    )


def _messages(
    values: Tensor,
    sender: Tensor,
    receiver: Tensor,
    weight: Tensor,
    v: Tensor,
    c: Tensor,
    u: Tensor,
    absent: Tensor | None,
) -> tuple[Float[Tensor, "BNN H"], Float[Tensor, "BNN H"], Float[Tensor, "B N N H"]]:
    """Return both hidden layers and the messages, d left out."""
    shape = (*values.shape[:3], len(weight))
    first = values.flatten(0, 2) @ weight.T
    first.view(shape).add_(sender[:, :, None]).add_(receiver[:, None]).relu_()
    second = (first @ v.T).add_(c).relu_()
    messages = (second @ u.T).view(shape)
    return first, second, messages if absent is None else messages.add_(absent)


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
        first, second, messages = _messages(values, sender, receiver, weight, v, c, u, absent)
        largest = messages.amax(dim=1)
        ctx.save_for_backward(values, weight, first, second, messages, largest, v, u)
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, first, second, messages, largest, v, u = ctx.saved_tensors
        shape, flat = messages.shape, first.shape
        # Equal messages share the gradient, as in the reference. A mask of floats: bool ones are several times slower.
        chosen = torch.eq(messages, largest[:, None], out=torch.empty_like(messages))
        to_messages = chosen.mul_((gradient / chosen.sum(dim=1))[:, None]).view(flat)
        to_second = to_messages @ u
        through_relu(to_second, second)
        to_u = to_messages.T @ second
        # The gradient of the messages is spent, so its memory takes the next one.
        to_first = torch.mm(to_second, v, out=to_messages)
        through_relu(to_first, first)
        to_pairs = to_first.view(shape)
        return (
            (to_first @ weight).view(values.shape) if ctx.needs_input_grad[0] else None,
            (values.flatten(0, 2).T @ to_first).T,
            to_pairs.sum(dim=2),
            to_pairs.sum(dim=1),
            to_second.T @ first,
            to_second.sum(dim=0),
            to_u,
            None,
        )


def through_relu(gradient: Tensor, activated: Tensor) -> None:
    """Zero the gradient in place where the activation is zero."""
    torch.ops.aten.threshold_backward.grad_input(gradient, activated, 0, grad_input=gradient)
