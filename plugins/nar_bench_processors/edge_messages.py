"""Messages along the edges of a sparse graph and their maximum, with a backward pass written by hand.

The same mathematics as `nar_bench_processors.messages`, on a list of E edges in place of all B N^2 pairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nar_bench.model.maps import mapped

_FEW = 0.6
"""Density of the adjacency up to which a list of edges is faster than all pairs; gathering costs some passes."""
_EDGES_AT_ONCE = 4096


class Edges(NamedTuple):
    """Where each edge lies."""

    pair: Int[Tensor, " E"]
    """Row (b N + i) N + j in the features of all pairs."""
    sender: Int[Tensor, " E"]
    """Row b N + i."""
    receiver: Int[Tensor, " E"]
    """Row b N + j."""


def few_edges(adjacency: Bool[Tensor, "B N N"]) -> bool:
    """Return whether messages should be worked out edge by edge.

    Only on a CPU: elsewhere the number of edges, on which shapes would depend, is not known without waiting.
    """
    return adjacency.device.type == "cpu" and int(adjacency.count_nonzero()) <= _FEW * adjacency.numel()


def max_edge_messages(
    values: Float[Tensor, "B N N F"],
    weight: Float[Tensor, "H F"],
    sender: Float[Tensor, "B N H"],
    receiver: Float[Tensor, "B N H"],
    v: Float[Tensor, "H H"],
    c: Float[Tensor, " H"],
    u: Float[Tensor, "H H"],
    adjacency: Bool[Tensor, "B N N"],
) -> Float[Tensor, "B N H"]:
    """Return max_i U relu(V relu(W v_ij + s_i + r_j) + c) over the edges i -> j; -infinity where there are none."""
    batch, nodes = adjacency.shape[:2]
    pair = adjacency.flatten().nonzero()[:, 0]
    graph_and_sender = pair.div(nodes, rounding_mode="floor")
    graph = graph_and_sender.div(nodes, rounding_mode="floor")
    edges = Edges(pair, graph_and_sender, graph * nodes + (pair - graph_and_sender * nodes))
    weights = weight, v, c, u
    if torch.is_grad_enabled():
        largest: Tensor = _MaxEdgeMessages.apply(values, sender, receiver, *weights, edges)  # type: ignore[no-untyped-call]
        return largest
    largest = torch.full((batch * nodes, len(weight)), -torch.inf, dtype=sender.dtype, device=sender.device)
    for start in range(0, len(pair), _EDGES_AT_ONCE):
        some = Edges(*(rows[start : start + _EDGES_AT_ONCE] for rows in edges))
        _take_maximum(largest, _messages(values, sender, receiver, *weights, some)[3], some)
    return largest.view(sender.shape)


def _messages(
    values: Tensor, sender: Tensor, receiver: Tensor, weight: Tensor, v: Tensor, c: Tensor, u: Tensor, edges: Edges
) -> tuple[Float[Tensor, "E F"], Float[Tensor, "E H"], Float[Tensor, "E H"], Float[Tensor, "E H"]]:
    """Return the features, both hidden layers and the messages of each edge."""
    features = values.flatten(0, 2).index_select(0, edges.pair)
    first = features @ weight.T
    first.add_(sender.flatten(0, 1).index_select(0, edges.sender))
    first.add_(receiver.flatten(0, 1).index_select(0, edges.receiver)).relu_()
    second = mapped(first, v, c, rectified=True)
    return features, first, second, mapped(second, u)


def _take_maximum(largest: Float[Tensor, "BN H"], messages: Float[Tensor, "E H"], edges: Edges) -> None:
    # With an index that is one column, expanded, torch reduces row by row; `segment_reduce` is several times slower.
    largest.scatter_reduce_(0, edges.receiver[:, None].expand_as(messages), messages, "amax")


def _sum_by(rows: Int[Tensor, " E"], terms: Float[Tensor, "E H"], shape: torch.Size) -> Tensor:
    total = terms.new_zeros(shape)
    total.view(-1, shape[-1]).index_add_(0, rows, terms)
    return total


class _MaxEdgeMessages(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        sender: Tensor,
        receiver: Tensor,
        weight: Tensor,
        v: Tensor,
        c: Tensor,
        u: Tensor,
        edges: Edges,
    ) -> Tensor:
        features, first, second, messages = _messages(values, sender, receiver, weight, v, c, u, edges)
        largest = torch.full_like(receiver, -torch.inf)
        _take_maximum(largest.view(-1, len(weight)), messages, edges)
        ctx.save_for_backward(features, weight, first, second, messages, largest, v, u, *edges)
        ctx.shape = values.shape
        return largest

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, first, second, messages, largest, v, u, *rows = ctx.saved_tensors
        edges = Edges(*rows)
        shape = largest.shape
        # Equal messages share the gradient, as in the reference.
        largest_here = largest.view(-1, shape[-1]).index_select(0, edges.receiver)
        chosen = torch.eq(messages, largest_here, out=largest_here)
        share = gradient / _sum_by(edges.receiver, chosen, shape).clamp_(min=1)
        to_messages = chosen.mul_(share.view(-1, shape[-1]).index_select(0, edges.receiver))
        to_second = to_messages @ u
        torch.ops.aten.threshold_backward.grad_input(to_second, second, 0, grad_input=to_second)
        to_u = to_messages.T @ second
        # The gradient of the messages is spent, so its memory takes the next one.
        to_first = torch.mm(to_second, v, out=to_messages)
        torch.ops.aten.threshold_backward.grad_input(to_first, first, 0, grad_input=to_first)
        to_values = None
        if ctx.needs_input_grad[0]:
            to_values = features.new_zeros(ctx.shape)
            to_values.flatten(0, 2).index_copy_(0, edges.pair, to_first @ weight)
        return (
            to_values,
            _sum_by(edges.sender, to_first, shape),
            _sum_by(edges.receiver, to_first, shape),
            (features.T @ to_first).T,
            to_second.T @ first,
            to_second.sum(dim=0),
            to_u,
            None,
        )
