"""Messages between all pairs of nodes and their maximum, with a backward pass written by hand.

Automatic differentiation would keep, copy and add a dozen tensors [B, N, N, H] at each step; this keeps three. Only the
largest message of each receiver and channel has a gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nar_bench.model.pairs import in_parts


def max_messages(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    sender: Float[Tensor, "B N H"],
    receiver: Float[Tensor, "B N H"],
    inner: nn.Linear,
    outer: nn.Linear,
) -> Float[Tensor, "B N H"]:
    """Return max_i U relu(V relu(W v_ij + s_i + r_j) + c) + d for each receiver j.

    Args:
        values: v, the features of each pair, [b, sender i, receiver j].
        weight: W.
        sender: s.
        receiver: r.
        inner: H -> H, V and c.
        outer: H -> H, U and d.
    """
    weights = inner.weight, inner.bias, outer.weight
    if torch.is_grad_enabled():
        largest: Tensor = _MaxMessages.apply(values, weight, sender, receiver, *weights)  # type: ignore[no-untyped-call]
    else:
        parts = zip(*(in_parts(tensor, values.shape[1]) for tensor in (values, sender, receiver)), strict=True)
        largest = torch.cat([_messages(v, weight, s, r, *weights)[2].amax(dim=1) for v, s, r in parts])
    return largest + outer.bias


def _messages(
    values: Tensor, weight: Tensor, sender: Tensor, receiver: Tensor, v: Tensor, c: Tensor, u: Tensor
) -> tuple[Float[Tensor, "BNN H"], Float[Tensor, "BNN H"], Float[Tensor, "B N N H"]]:
    """Return both hidden layers and the messages, d left out."""
    shape = (*values.shape[:3], len(weight))
    first = values.flatten(0, 2) @ weight.T
    first.view(shape).add_(sender[:, :, None]).add_(receiver[:, None]).relu_()
    second = torch.addmm(c, first, v.T).relu_()
    return first, second, (second @ u.T).view(shape)


class _MaxMessages(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, sender: Tensor, receiver: Tensor, v: Tensor, c: Tensor, u: Tensor
    ) -> Tensor:
        first, second, messages = _messages(values, weight, sender, receiver, v, c, u)
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
        _through_relu(to_second, second)
        to_u = to_messages.T @ second
        # The gradient of the messages is spent, so its memory takes the next one.
        to_first = torch.mm(to_second, v, out=to_messages)
        _through_relu(to_first, first)
        to_pairs = to_first.view(shape)
        return (
            (to_first @ weight).view(values.shape) if ctx.needs_input_grad[0] else None,
            (values.flatten(0, 2).T @ to_first).T,
            to_pairs.sum(dim=2),
            to_pairs.sum(dim=1),
            to_second.T @ first,
            to_second.sum(dim=0),
            to_u,
        )


def _through_relu(gradient: Tensor, activated: Tensor) -> None:
    """Zero the gradient in place where the activation is zero."""
    torch.ops.aten.threshold_backward.grad_input(gradient, activated, 0, grad_input=gradient)
