"""Scores of all pairs of nodes, with a backward pass written by hand.

Automatic differentiation would keep several tensors [B, N, N, H] at each step and pass over each more than once; this
keeps one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_PAIRS_AT_ONCE = 4096


class Rectified(NamedTuple):
    """A term P relu(O t_ij + o) of each pair."""

    values: Float[Tensor, "B N N G"]
    """t."""
    weight: Float[Tensor, "K G"]
    """O."""
    bias: Float[Tensor, " K"]
    """o."""
    outer: Float[Tensor, "H K"]
    """P."""


def pair_scores(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    row: Float[Tensor, "B N H"],
    column: Float[Tensor, "B N H"],
    score: Float[Tensor, " H"],
    rectified: Rectified | None = None,
) -> Float[Tensor, "B N N"]:
    """Return u . max(c_j, W v_ij + r_i) for each pair [i, j].

    Args:
        values: v, the features of each pair.
        weight: W.
        row: r.
        column: c.
        score: u.
        rectified: a term to add to W v_ij + r_i.
    """
    terms = (None,) * 4 if rectified is None else rectified
    if torch.is_grad_enabled():
        scores: Tensor = _PairScores.apply(values, weight, row, column, score, *terms)  # type: ignore[no-untyped-call]
        return scores
    return torch.cat(
        [_joint(v, weight, r, c, t, *terms[1:])[0] @ score for v, r, c, t in _parts(values, row, column, terms[0])]
    )


def in_parts(tensor: Float[Tensor, "B ..."], nodes: int) -> tuple[Tensor, ...]:
    """Split a batch into parts of a few thousand pairs of nodes, to be worked on one after the other.

    Without gradients nothing [B, N, N, H] need be kept. On a CPU a part's numbers then stay in its caches, which is two
    to three times faster at 64 nodes; elsewhere the batch stays whole.
    """
    graphs = max(1, _PAIRS_AT_ONCE // nodes**2) if tensor.device.type == "cpu" else len(tensor)
    return tensor.split(graphs)  # type: ignore[no-untyped-call, no-any-return]


def _parts(values: Tensor, *others: Tensor | None) -> list[tuple[Any, ...]]:
    """Split tensors [B, ...] alike; None stays None."""
    nodes, whole = values.shape[1], in_parts(values, values.shape[1])
    split = [[None] * len(whole) if other is None else in_parts(other, nodes) for other in others]
    return list(zip(whole, *split, strict=True))


def _joint(
    values: Tensor,
    weight: Tensor,
    row: Tensor,
    column: Tensor,
    inner_values: Tensor | None,
    inner_weight: Tensor | None,
    inner_bias: Tensor | None,
    outer: Tensor | None,
) -> tuple[Float[Tensor, "B N N H"], Float[Tensor, "BNN K"] | None]:
    """Return the larger side of each pair, and relu(O t + o)."""
    joint = values.flatten(0, 2) @ weight.T
    inner = None
    if inner_values is not None:
        assert inner_weight is not None
        assert inner_bias is not None
        assert outer is not None
        inner = (inner_values.flatten(0, 2) @ inner_weight.T).add_(inner_bias).relu_()
        joint.addmm_(inner, outer.T)
    joint = joint.view(*values.shape[:3], len(weight)).add_(row[:, :, None])
    return torch.maximum(joint, column[:, None], out=joint), inner


class _PairScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, row: Tensor, column: Tensor, score: Tensor, *terms: Tensor | None
    ) -> Tensor:
        joint, inner = _joint(values, weight, row, column, *terms)
        ctx.save_for_backward(values, weight, joint, column, score, inner, *terms)
        return joint @ score

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, joint, column, score, inner, inner_values, inner_weight, _, outer = ctx.saved_tensors
        rows = values.flatten(0, 2)
        # The larger side takes all of the gradient; `score` is multiplied in last, where tensors are small. The mask is
        # of floats, because bool ones are several times slower.
        from_sum = torch.gt(joint, column[:, None], out=torch.empty_like(joint))
        to_sum = from_sum.mul_(gradient[..., None])
        to_column = gradient.sum(dim=1)[..., None] - to_sum.sum(dim=1)
        flat = to_sum.view(len(rows), -1)
        to_terms: tuple[Tensor | None, ...] = (None,) * 4
        if inner is not None:
            to_inner = flat @ (score[:, None] * outer)
            torch.ops.aten.threshold_backward.grad_input(to_inner, inner, 0, grad_input=to_inner)
            to_terms = (
                (to_inner @ inner_weight).view(inner_values.shape),
                to_inner.T @ inner_values.flatten(0, 2),
                to_inner.sum(dim=0),
                score[:, None] * (flat.T @ inner),
            )
        return (
            (flat @ (score[:, None] * weight)).view(values.shape) if ctx.needs_input_grad[0] else None,
            score[:, None] * (rows.T @ flat).T,
            score * to_sum.sum(dim=2),
            score * to_column,
            joint.view(len(rows), -1).T @ gradient.reshape(-1),
            *to_terms,
        )
