"""How well each edge answers where the node it leads to points: a . max(p_i, q_j + W v_e + b), of the edge from j to i.

On a CPU the vectors [E, H] are made of one edge at a time, in compiled loops; elsewhere, and of halves, of some
thousand at a time where no gradient is wanted.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from nar_bench.model import pointer_loops
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.loops import LOOPED, run, split
from nar_bench.model.sparse_graph import SparseGraph

_EDGES_AT_ONCE = 65_536
"""32 MiB at a width of 128."""


def pointer_scores(
    on: SparseGraph,
    pointing: Float[Tensor, "V H"],
    pointed: Float[Tensor, "V H"],
    edge: EdgeVectors,
    score: Float[Tensor, " H"],
) -> Float[Tensor, " E"]:
    """Return the score of each edge.

    Args:
        pointing: p.
        pointed: q.
        edge: v, W and b, of width H.
        score: a.
    """
    tensors = pointing, pointed, edge.values, edge.weight, edge.bias, score
    if (
        pointing.device.type == "cpu"
        and all(one.dtype is pointing.dtype for one in tensors)
        and pointing.dtype in LOOPED
    ):
        scores: Tensor = _Scores.apply(*tensors, on)  # type: ignore[no-untyped-call]
        return scores
    at_once = on.E if torch.is_grad_enabled() else _EDGES_AT_ONCE
    found = []
    for start in range(0, on.E, at_once):
        part = slice(start, start + at_once)
        own = pointing.index_select(0, on.target[part])
        other = F.linear(edge.values[part], edge.weight, edge.bias) + pointed.index_select(0, on.source[part])
        found.append(F.linear(torch.maximum(own, other), score[None])[:, 0])
    return torch.cat(found)


class _Scores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        pointing: Tensor,
        pointed: Tensor,
        values: Tensor,
        weight: Tensor,
        bias: Tensor,
        score: Tensor,
        on: SparseGraph,
    ) -> Tensor:
        read = [one.detach().contiguous() for one in (pointing, pointed, values, weight.T, bias, score)]
        out = pointing.new_empty(on.E)
        numbers = on.E * len(score)
        split(pointer_loops.scores, on.E, numbers, *read, on.source, on.target, out, free_sums=True)
        ctx.on = on
        ctx.save_for_backward(*read)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        on, read = ctx.on, ctx.saved_tensors
        pointing, pointed, _, across, bias, score = read
        sums = [torch.zeros_like(one) for one in (pointing, pointed, across, bias, score)]
        to_others = bias.new_empty(on.E if ctx.needs_input_grad[2] else 0, len(bias))
        run(pointer_loops.back, *read, on.source, on.target, gradient.contiguous(), *sums, to_others)
        to_pointing, to_pointed, to_across, to_bias, to_score = sums
        to_values = to_others @ across.T if ctx.needs_input_grad[2] else None
        return to_pointing, to_pointed, to_values, to_across.T, to_bias, to_score, None
