"""The contrastive loss over whole trajectories of ideas."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Similarity = Callable[[Tensor, Tensor], Tensor]


def trajectory_similarity(
    ideas: Float[Tensor, "M S K"], steps: Int[Tensor, " M"], phi: Similarity
) -> Float[Tensor, "M M"]:
    """Return s(X, Y) = sum_t phi(M_t^X, M_t^Y) for every pair of rows, over the steps that both have.

    Args:
        ideas: ideas[x, t] is M_(t+1) of input x.
        steps: number of ideas of each row, in [1, S]; what stands beyond is not read.
        phi: phi(a [..., K], b [..., K]) -> [...], leading axes broadcast.
    """
    own = torch.arange(ideas.shape[1], device=ideas.device) < steps[:, None]
    both: Bool[Tensor, "M M S"] = own[:, None] & own[None]
    # Padding is zeroed before phi, not only after: 0 * NaN would leak a NaN into the sum and every gradient.
    clean = torch.where(own[..., None], ideas, 0.0)
    stepwise = phi(clean[:, None], clean[None])
    return torch.where(both, stepwise, 0.0).sum(dim=-1)


def contrastive_trajectory_loss(
    ideas: Float[Tensor, "M S K"],
    steps: Int[Tensor, " M"],
    groups: Int[Tensor, " M"],
    phi: Similarity,
    *,
    temperature: float = 1.0,
    reduction: str = "sum",
) -> Float[Tensor, ""]:
    """Pull the ideas of similar inputs together, step by step, and push those of others apart.

        L = - sum_X sum_{Xa ~ X} log[ e^{s(X,Xa)} / ( e^{s(X,Xa)} + sum_{Xb not ~ X} e^{s(X,Xb)} ) ]
        s(X, Y) = sum_{t=1..T} phi(M_t^X, M_t^Y)

    X runs over the M inputs of the batch. M_t^X in R^K is the idea that the processor wrote at step t on X (row X of
    `ideas`, at t - 1), T the number of steps (`steps`; a pair is summed over the steps that both have). X ~ Y where
    both stand in one group; Xa runs over the other inputs of X's group (X is not similar to itself here: that pair
    says nothing), Xb over all inputs of other groups. phi scores two ideas. An X with no Xa adds nothing; one with
    no Xb adds log 1 = 0.

    Args:
        ideas: see `trajectory_similarity`.
        steps: number of ideas of each row, in [1, S].
        groups: rows with equal numbers are similar.
        phi: similarity of two ideas.
        temperature: s is divided by it; positive, 1 is the formula.
        reduction: "sum" is the formula; "mean" divides by the number of pairs (X, Xa), so that the loss does not
            grow with the batch.

    Returns:
        scalar, in nats.

    Raises:
        ValueError: temperature or reduction is not allowed.
    """
    if temperature <= 0 or reduction not in ("sum", "mean"):
        raise ValueError(f"got temperature={temperature}, reduction={reduction!r}; allowed: > 0, and 'sum' or 'mean'.")
    s = trajectory_similarity(ideas, steps, phi) / temperature
    same = groups[:, None] == groups[None]
    positive = same & ~torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    # log sum_{Xb} e^{s(X,Xb)} of each row; finfo.min instead of -inf keeps the gradient of a row without any Xb finite.
    others = s.masked_fill(same, torch.finfo(s.dtype).min).logsumexp(dim=1)
    # -log[e^a / (e^a + e^b)] = softplus(b - a), which cannot overflow.
    losses = torch.nn.functional.softplus(others[:, None] - s)
    total = torch.where(positive, losses, 0.0).sum()
    return total / positive.sum().clamp(min=1) if reduction == "mean" else total
