"""The contrastive loss over whole trajectories of ideas."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nar_bench.plugin.contracts import Level

Similarity = Callable[..., Tensor]
"""phi or s, as a `nar_bench.plugin.contracts.Similarity` builds it."""

StepWeights = str | tuple[float, ...]
"""See `TrainConfig.step_weights`."""


def trajectory_similarity(
    ideas: Float[Tensor, "M S K"],
    steps: Int[Tensor, " M"],
    phi: Similarity,
    *,
    level: Level = Level.STEP,
    step_weights: StepWeights = "uniform",
) -> Float[Tensor, "M M"]:
    """Return s(X, Y) for every pair of rows: sum_t w_t phi(M_t^X, M_t^Y) over the steps that both have.

    A similarity of whole trajectories is s itself, and may pair steps as it likes.

    Args:
        ideas: ideas[x, t] is M_(t+1) of input x.
        steps: number of ideas of each row, in [1, S]; what stands beyond is not read.
        phi: similarity of two ideas, or s.
        level: which of the two.
        step_weights: w_t, see `TrainConfig.step_weights`; "uniform" is w_t = 1. Similarities of trajectories have none.

    Raises:
        ValueError: the weights are not known, or given for a similarity of trajectories.
    """
    own = torch.arange(ideas.shape[1], device=ideas.device) < steps[:, None]
    # Padding is zeroed before phi, not only after: 0 * NaN would leak a NaN into the sum and every gradient.
    clean = torch.where(own[..., None], ideas, 0.0)
    if level is Level.TRAJECTORY:
        if step_weights != "uniform":
            raise ValueError(f"got step_weights={step_weights!r} for a similarity of trajectories; allowed: 'uniform'.")
        return phi(clean[:, None], steps[:, None], clean[None], steps[None])
    both: Bool[Tensor, "M M S"] = own[:, None] & own[None]
    stepwise = phi(clean[:, None], clean[None])
    if step_weights != "uniform":
        stepwise = stepwise * _weights(step_weights, torch.minimum(steps[:, None], steps[None]), ideas)
    return torch.where(both, stepwise, 0.0).sum(dim=-1)


def _weights(
    kind: StepWeights, common: Int[Tensor, "M M"], ideas: Float[Tensor, "M S K"]
) -> Float[Tensor, "M M S"] | Float[Tensor, " S"]:
    """Return w_t; what it is beyond the common steps is of no consequence."""
    steps = ideas.shape[1]
    t = torch.arange(1, steps + 1, device=ideas.device, dtype=ideas.dtype)
    T = common[..., None].to(ideas.dtype)
    if isinstance(kind, tuple):
        given = torch.full_like(t, kind[-1])
        for place, weight in enumerate(kind[:steps]):
            given[place].fill_(weight)  # not copied from the host, for which a GPU would have to wait
        return given
    if kind == "mean":
        return (1 / T).expand(*common.shape, steps)
    if kind == "late":
        return 2 * t / (T + 1)
    if kind == "early":
        return 2 * (T + 1 - t) / (T + 1)
    raise ValueError(f"got step_weights={kind!r}; allowed: 'uniform', 'mean', 'late', 'early' or a tuple of numbers.")


class Pairs(NamedTuple):
    """Which inputs of a batch are similar, and which are not."""

    positive: Bool[Tensor, "M M"]
    negative: Bool[Tensor, "M M"]


def contrastive_trajectory_loss(
    ideas: Float[Tensor, "M S K"],
    steps: Int[Tensor, " M"],
    positive: Bool[Tensor, "M M"],
    negative: Bool[Tensor, "M M"],
    phi: Similarity,
    *,
    level: Level = Level.STEP,
    step_weights: StepWeights = "uniform",
    temperature: float = 1.0,
    reduction: str = "sum",
    hardest: int = 0,
) -> Float[Tensor, ""]:
    """Pull the ideas of similar inputs together, step by step, and push those of others apart.

        L = - sum_X sum_{Xa ~ X} log[ e^{s(X,Xa)} / ( e^{s(X,Xa)} + sum_{Xb not ~ X} e^{s(X,Xb)} ) ]
        s(X, Y) = sum_{t=1..T} phi(M_t^X, M_t^Y)

    X runs over the M inputs of the batch. M_t^X in R^K is the idea that the processor wrote at step t on X (row X of
    `ideas`, at t - 1), T the number of steps (`steps`; a pair is summed over the steps that both have). Xa runs over
    the inputs with X ~ Xa (row X of `positive`; X itself is none of them: that pair says nothing), Xb over those with
    X not ~ Xb (row X of `negative`). phi scores two ideas. An X with no Xa adds nothing; one with no Xb adds
    log 1 = 0.

    The options default to the formula. Others weight its steps, s = sum_t w_t phi; divide s by a temperature; put
    another s in its place, one that scores whole trajectories; or contrast projected ideas g(M_t), which is a phi of
    its own (`nar_bench.training.projection.Projected`).

    Args:
        ideas: see `trajectory_similarity`, as are steps, level and step_weights.
        steps: number of ideas of each row, in [1, S].
        positive: row X names its Xa; False on the diagonal.
        negative: row X names its Xb; False on the diagonal and where `positive` is True. A pair that is in neither is
            not contrasted.
        phi: similarity of two ideas, or s where the level is that of trajectories.
        level: what `phi` scores.
        step_weights: w_t.
        temperature: s is divided by it; positive, 1 is the formula.
        reduction: "sum" is the formula; "mean" divides by the number of pairs (X, Xa), so that the loss does not
            grow with the batch.
        hardest: where above 0, of the Xb of each X only so many are, those of greatest s; 0 is the formula.

    Returns:
        scalar, in nats.

    Raises:
        ValueError: an option is not allowed.
    """
    if temperature <= 0 or reduction not in ("sum", "mean"):
        raise ValueError(f"got temperature={temperature}, reduction={reduction!r}; allowed: > 0, and 'sum' or 'mean'.")
    s = trajectory_similarity(ideas, steps, phi, level=level, step_weights=step_weights) / temperature
    if hardest:
        negative = _greatest(s.detach(), negative, hardest)
    # log sum_{Xb} e^{s(X,Xb)} of each row; finfo.min instead of -inf keeps the gradient of a row without any Xb finite.
    others = s.masked_fill(~negative, torch.finfo(s.dtype).min).logsumexp(dim=1)
    # -log[e^a / (e^a + e^b)] = softplus(b - a), which cannot overflow.
    losses = torch.nn.functional.softplus(others[:, None] - s)
    total = torch.where(positive, losses, 0.0).sum()
    return total / positive.sum().clamp(min=1) if reduction == "mean" else total


def _greatest(s: Float[Tensor, "M M"], among: Bool[Tensor, "M M"], count: int) -> Bool[Tensor, "M M"]:
    """Return for each row the `count` of greatest s; fewer where there are no more."""
    places = s.masked_fill(~among, -torch.inf).topk(min(count, len(s)), dim=1).indices
    return torch.zeros_like(among).scatter(1, places, True) & among
