"""Scores of all pairs of nodes, with a backward pass written by hand.

Automatic differentiation would keep several tensors [B, N, N, H] at each step and pass over each more than once; this
keeps one. What is not kept is worked out in memory that is taken once for all parts of a batch: where the system has to
hand it out anew for each, that costs as much time as the products.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from nar_bench.model.autocast import lowered
from nar_bench.model.blocks import Block, blocks, on_threads, scratch
from nar_bench.model.maps import mapped
from nar_bench.model.passes import can_score_alone, larger_scores, scores_alone, terms


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
    values, weight, row, column, score = (lowered(one) for one in (values, weight, row, column, score))
    rectified = None if rectified is None else Rectified(*(lowered(term) for term in rectified))
    terms = (None,) * 4 if rectified is None else rectified
    if torch.is_grad_enabled():
        scores: Tensor = _PairScores.apply(values, weight, row, column, score, *terms)  # type: ignore[no-untyped-call]
        return scores
    return _score(values, weight, row, column, score, rectified, None)


def _score(
    values: Tensor,
    weight: Tensor,
    row: Tensor,
    column: Tensor,
    score: Tensor,
    rectified: Rectified | None,
    joint: Float[Tensor, "BNN H"] | None,
) -> Float[Tensor, "B N N"]:
    """Return the scores; leave the larger side of each pair in `joint`, where it is given."""
    of = terms(values, weight, row, column)
    if joint is None and rectified is None and can_score_alone(values, row):
        return scores_alone(of, score)
    scores = row.new_empty(values.shape[:3])

    def work(left: Iterator[Block]) -> None:
        memory = scratch(values, len(weight)) if joint is None and rectified is None else None
        inner = None if joint is None or rectified is None else scratch(values, len(rectified.weight))
        for block in left:
            flat = block.flat
            here = joint[flat] if joint is not None else None if memory is None else memory[: flat.stop - flat.start]
            if rectified is not None:
                here = mapped(_rectify(rectified, flat, inner), rectified.outer, out=here)
            assert here is not None
            larger_scores(block, of, score, here, scores, onto=rectified is not None)

    if joint is None:
        on_threads(work, blocks(values))
    else:
        work(iter(blocks(values)))
    return scores


def _rectify(rectified: Rectified, flat: slice, out: Tensor | None) -> Tensor:
    values = rectified.values.flatten(0, 2)[flat]
    out = None if out is None else out[: len(values)]
    return mapped(values, rectified.weight, rectified.bias, rectified=True, out=out)


class _PairScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, row: Tensor, column: Tensor, score: Tensor, *terms: Tensor | None
    ) -> Tensor:
        joint = row.new_empty(values.shape[:3].numel(), len(weight))
        rectified = None if terms[0] is None else Rectified(*terms)  # type: ignore[arg-type]
        ctx.save_for_backward(values, weight, joint, column, score, *terms)
        return _score(values, weight, row, column, score, rectified, joint)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, joint, column, score, *terms = ctx.saved_tensors
        rectified = None if terms[0] is None else Rectified(*terms)
        memory = scratch(values, len(weight))
        flat_values, flat_gradient = values.flatten(0, 2), gradient.reshape(-1)
        to_values = torch.empty_like(flat_values) if ctx.needs_input_grad[0] else None
        to_weight, to_score = torch.zeros_like(weight.T), torch.zeros_like(score)
        to_row = torch.empty_like(column)
        to_column = gradient.sum(dim=1)[..., None].expand_as(column).contiguous()
        # `score` is multiplied in last, where tensors are small.
        scored_weight = score[:, None] * weight
        to_terms: list[Tensor] = []
        if rectified is not None:
            inner, to_inner = (scratch(values, len(rectified.weight)) for _ in range(2))
            scored_outer = score[:, None] * rectified.outer
            to_terms = [torch.empty_like(rectified.values), *(torch.zeros_like(term) for term in rectified[1:])]
        for graphs, rows, flat in blocks(values):
            here, own = joint[flat], flat_gradient[flat]
            to_here = memory[: len(here)]
            pairs = to_here.view(graphs.stop - graphs.start, rows.stop - rows.start, values.shape[2], -1)
            # The larger side takes all of the gradient. The mask is of floats, because bool ones are several times
            # slower.
            torch.gt(here.view(pairs.shape), column[graphs, None], out=pairs)
            to_here.mul_(own[:, None])
            to_column[graphs].sub_(pairs.sum(dim=1))
            torch.sum(pairs, dim=2, out=to_row[graphs, rows])
            to_score.addmv_(here.T, own)
            to_weight.addmm_(flat_values[flat].T, to_here)
            if to_values is not None:
                torch.mm(to_here, scored_weight, out=to_values[flat])
            if rectified is not None:
                middle, to_middle = _rectify(rectified, flat, inner), to_inner[: len(here)]
                torch.mm(to_here, scored_outer, out=to_middle)
                torch.ops.aten.threshold_backward.grad_input(to_middle, middle, 0, grad_input=to_middle)
                torch.mm(to_middle, rectified.weight, out=to_terms[0].flatten(0, 2)[flat])
                to_terms[1].addmm_(to_middle.T, rectified.values.flatten(0, 2)[flat])
                to_terms[2].add_(to_middle.sum(dim=0))
                to_terms[3].addmm_(to_here.T, middle)
        if rectified is not None:
            to_terms[3].mul_(score[:, None])
        return (
            None if to_values is None else to_values.view(values.shape),
            score[:, None] * to_weight.T,
            to_row.mul_(score),
            to_column.mul_(score),
            to_score,
            *(to_terms or (None,) * 4),
        )
