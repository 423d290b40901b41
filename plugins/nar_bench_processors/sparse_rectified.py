"""The largest of max(0, x_i + W v_e + b) over the edges e into each node, from node i, without the vectors of edges.

Shapes: V nodes and E edges, of F features; H columns.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from nar_bench.model.autocast import lowered
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.loops import LOOPED, run
from nar_bench.model.segments import max_into_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench_processors import sparse_loops


def max_rectified(on: SparseGraph, x: Float[Tensor, "V H"], edge: EdgeVectors) -> Float[Tensor, "V H"]:
    """Return the largest message into each node; 0 where there is none. Where it is 0 no gradient goes back."""
    x, values, weight, bias = (lowered(one) for one in (x, edge.values, edge.weight, edge.bias))
    if x.device.type != "cpu" or x.dtype not in LOOPED:
        return max_into_nodes(on, F.relu(x.index_select(0, on.source) + F.linear(values, weight, bias)))
    largest: Tensor = _MaxRectified.apply(x, values, weight, bias, on)  # type: ignore[no-untyped-call]
    return largest


class _MaxRectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, values: Tensor, weight: Tensor, bias: Tensor, on: SparseGraph) -> Tensor:
        x, values, across = x.contiguous(), values.contiguous(), weight.T.contiguous()
        largest = torch.empty_like(x)
        chosen = torch.empty(x.shape, dtype=torch.int32)
        run(sparse_loops.rectified_largest, x, values, across, bias, on.source, on.offsets, largest, chosen)
        ctx.on = on
        ctx.save_for_backward(x, values, across, bias, largest, chosen)
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        on, (x, values, across, bias, largest, chosen) = ctx.on, ctx.saved_tensors
        to_x, to_across, to_bias = torch.zeros_like(x), torch.zeros_like(across), torch.zeros_like(bias)
        # Of each edge, what its message gets.
        to_edges = x.new_empty(on.E if ctx.needs_input_grad[1] else 0, x.shape[1])
        read = x, values, across, bias, on.source, on.offsets, largest, chosen, gradient.contiguous()
        run(sparse_loops.rectified_back, *read, to_x, to_across, to_bias, to_edges)
        to_values = to_edges @ across.T if ctx.needs_input_grad[1] else None
        return to_x, to_values, to_across.T, to_bias, None
