"""Scores of all pairs of nodes, with a backward pass written by hand.

Automatic differentiation would keep several tensors [B, N, N, H] at each step and pass over each more than once; this
keeps one.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

_PAIRS_AT_ONCE = 4096


def pair_scores(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    row: Float[Tensor, "B N H"],
    column: Float[Tensor, "B N H"],
    score: Float[Tensor, " H"],
) -> Float[Tensor, "B N N"]:
    """Return u . max(c_j, W v_ij + r_i) for each pair [i, j].

    Args:
        values: v, the features of each pair.
        weight: W.
        row: r.
        column: c.
        score: u.
    """
    if torch.is_grad_enabled():
        scores: Tensor = _PairScores.apply(values, weight, row, column, score)  # type: ignore[no-untyped-call]
        return scores
    parts = zip(*(in_parts(tensor, values.shape[1]) for tensor in (values, row, column)), strict=True)
    return torch.cat([_joint(v, weight, r, c) @ score for v, r, c in parts])


def in_parts(tensor: Float[Tensor, "B ..."], nodes: int) -> tuple[Tensor, ...]:
    """Split a batch into parts of a few thousand pairs of nodes, to be worked on one after the other.

    Without gradients nothing [B, N, N, H] need be kept. On a CPU a part's numbers then stay in its caches, which is two
    to three times faster at 64 nodes; elsewhere the batch stays whole.
    """
    graphs = max(1, _PAIRS_AT_ONCE // nodes**2) if tensor.device.type == "cpu" else len(tensor)
    return tensor.split(graphs)  # type: ignore[no-untyped-call, no-any-return]


def _joint(values: Tensor, weight: Tensor, row: Tensor, column: Tensor) -> Float[Tensor, "B N N H"]:
    joint = (values.flatten(0, 2) @ weight.T).view(*values.shape[:3], len(weight)).add_(row[:, :, None])
    return torch.maximum(joint, column[:, None], out=joint)


class _PairScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, row: Tensor, column: Tensor, score: Tensor) -> Tensor:
        joint = _joint(values, weight, row, column)
        ctx.save_for_backward(values, weight, joint, column, score)
        return joint @ score

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, joint, column, score = ctx.saved_tensors
        rows = values.flatten(0, 2)
        # The larger side takes all of the gradient; `score` is multiplied in last, where tensors are small. The mask is
        # of floats, because bool ones are several times slower.
        from_sum = torch.gt(joint, column[:, None], out=torch.empty_like(joint))
        to_sum = from_sum.mul_(gradient[..., None])
        to_column = gradient.sum(dim=1)[..., None] - to_sum.sum(dim=1)
        flat = to_sum.view(len(rows), -1)
        return (
            (flat @ (score[:, None] * weight)).view(values.shape) if ctx.needs_input_grad[0] else None,
            score[:, None] * (rows.T @ flat).T,
            score * to_sum.sum(dim=2),
            score * to_column,
            joint.view(len(rows), -1).T @ gradient.reshape(-1),
        )
