"""The contrastive loss over nodes: what a node is at a step, it is in every input with the same trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable


def node_contrastive_loss(
    nodes: Sequence[Float[Tensor, "M N H"]],
    steps: Int[Tensor, " M"],
    *,
    temperature: float = 1.0,
    reduction: str = "sum",
) -> Float[Tensor, ""]:
    """Pull each node to the same node of the similar input, and push it from that input's other nodes, step by step.

        L = - sum_X sum_t sum_i log[ e^{<x_i^t, x'_i^t> / tau} / sum_j e^{<x_i^t, x'_j^t> / tau} ]

    X runs over the first half of the batch, X' is its similar input in the second half, x_i^t in R^H the hidden vector
    of node i after step t, t runs over the steps that both runs have, i and j over the N nodes of one graph. Nodes of
    other inputs are no negatives.

    Source: the no-hint regulariser of Rodionov and Prokhorenkova 2023 (arXiv:2306.13411), of which only the abstract
    and summaries could be read: a contrastive term that makes node representations invariant over inputs with the same
    execution trajectory. Not checked, for neither its equations nor a repository of its code were found: whether f in
    <f(x), f(x')> has a projection or a norm (here f(x) = x), which negatives, temperature, weight and reduction they
    take, and at which steps. What is here - dot products, the other nodes of the same graph, a temperature of 1, a
    mean - is what the public code of DEAR (github.com/HekpoMaH/DEAR at a3187b8, `get_contrastive_loss`) has, which
    does it at the last step only.

    Args:
        nodes: nodes[t - 1] holds x_i^t; what stands beyond a row's own steps is not read.
        steps: number of steps of each row, in [1, S].
        temperature: tau; positive.
        reduction: "sum" is the formula; "mean" divides by the number of its terms, so that long runs weigh more than
            short ones, as in the loss of hints, and the loss does not grow with the batch.

    Returns:
        scalar, in nats; with "mean" a network that tells no nodes apart has log N.

    Raises:
        ValueError: an option is not allowed.
    """
    if temperature <= 0 or reduction not in ("sum", "mean"):
        raise ValueError(f"got temperature={temperature}, reduction={reduction!r}; allowed: > 0, and 'sum' or 'mean'.")
    originals = len(steps) // 2
    common = torch.minimum(steps[:originals], steps[originals:])
    total: Tensor = _Summed.apply(common, temperature, *nodes)  # type: ignore[no-untyped-call]
    return total / (common.sum() * nodes[0].shape[1]) if reduction == "mean" else total


class _Scored(NamedTuple):
    own: Float[Tensor, "B N H"]
    similar: Float[Tensor, "B N H"]
    scores: Float[Tensor, "B N N"]
    live: Bool[Tensor, " B"]


def _score(states: Float[Tensor, "M N H"], common: Int[Tensor, " B"], step: int, temperature: float) -> _Scored:
    """Score all nodes of each input against all of its similar one; both are zero where one of the runs is over."""
    live = step < common
    # Zeroed before the product, for 0 * NaN would leak a NaN; and the gradients of both are zero where both are.
    own, similar = (torch.where(live[:, None, None], half, 0.0) for half in states.chunk(2))
    return _Scored(own, similar, own @ similar.transpose(1, 2) / temperature, live)


class _Summed(torch.autograd.Function):
    """The sum over inputs, steps and nodes.

    Scores are made again for the gradients, because to keep them would take [T, B, N, N].
    """

    @staticmethod
    def forward(ctx: Any, common: Tensor, temperature: float, *nodes: Tensor) -> Tensor:
        ctx.save_for_backward(common, *nodes)
        ctx.temperature = temperature
        total = nodes[0].new_zeros(())
        for step, states in enumerate(nodes):
            _, _, scores, live = _score(states, common, step, temperature)
            terms = scores.logsumexp(dim=2) - scores.diagonal(dim1=1, dim2=2)
            total = total + torch.where(live[:, None], terms, 0.0).sum()
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        common, *nodes = ctx.saved_tensors
        gradients = []
        for step, states in enumerate(nodes):
            own, similar, scores, _ = _score(states, common, step, ctx.temperature)
            # d/ds_ij of logsumexp_j(s_ij) - s_ii is softmax_j(s_ij) - [i = j].
            slope = scores.softmax(dim=2)
            slope.diagonal(dim1=1, dim2=2).sub_(1.0)
            slope.mul_(upstream / ctx.temperature)
            gradients.append(torch.cat([slope @ similar, slope.transpose(1, 2) @ own]))
        return None, None, *gradients
