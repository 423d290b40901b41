"""What nodes of a sparse graph make of the vectors that come in along edges, and graphs of those of their nodes.

Shapes: V nodes and E edges of all graphs of a batch, B graphs, H columns. The edges into a node, and the nodes of a
graph, lie side by side, so every reduction is over a segment of rows. Where there is none (a node without edges, a
graph without nodes), sums, means and maxima are 0, as DGL's `update_all` has it, and carry no gradient. Equal maxima
share the gradient, as in the dense layout and in torch's `amax`; DGL would give all of it to one. NaN comes through.

`gather_*` never make the [E, H] rows that they reduce. On a CPU all are loops that numba compiles
(`nar_bench.model.segment_loops`), since torch's own are several times slower (docs/reference/sparse_speed.md);
elsewhere they are `scatter_reduce` and `index_add`. Halves are worked out in float32 and rounded. Gradients are of the
first order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from nar_bench.model import segment_loops as loops
from nar_bench.model.loops import on_threads, parts_of, split
from nar_bench.model.sparse_graph import SparseGraph

_EDGES_AT_ONCE = 4096


class _Segments(NamedTuple):
    """What is reduced: entry i takes row rows[i], and offsets[s] to offsets[s + 1] are the entries of segment s."""

    rows: Int[Tensor, " E"] | None
    """None where entry i is row i."""
    offsets: Int[Tensor, " V+1"]
    of: Int[Tensor, " E"]
    """The segment of each entry."""


def max_into_nodes(graph: SparseGraph, messages: Float[Tensor, "E H"]) -> Float[Tensor, "V H"]:
    """Return the largest message into each node, for each column alone."""
    return _largest(messages, _into_nodes(graph))


def sum_into_nodes(graph: SparseGraph, messages: Float[Tensor, "E H"]) -> Float[Tensor, "V H"]:
    """Return the sum of the messages into each node."""
    return _summed(messages, _into_nodes(graph))


def mean_into_nodes(graph: SparseGraph, messages: Float[Tensor, "E H"]) -> Float[Tensor, "V H"]:
    """Return the mean of the messages into each node."""
    return _mean(messages, _into_nodes(graph))


def gather_max(graph: SparseGraph, x: Float[Tensor, "V H"]) -> Float[Tensor, "V H"]:
    """Return the largest x of the sources of the edges into each node."""
    return _largest(x, _from_sources(graph))


def gather_sum(
    graph: SparseGraph, x: Float[Tensor, "V H"], weights: Float[Tensor, "E heads"] | None = None
) -> Float[Tensor, "V H"]:
    """Return the sum of x of the sources of the edges into each node.

    Args:
        weights: what each edge multiplies by; heads divides H, and head k has the k-th part of the columns.
    """
    if weights is None:
        return _summed(x, _from_sources(graph))
    if x.shape[1] % weights.shape[1]:
        raise ValueError(f"gather_sum: got {weights.shape[1]} heads for {x.shape[1]} columns; they must divide them.")
    if not _on_cpu(x):
        taken = x.index_select(0, graph.source).view(graph.E, weights.shape[1], -1)
        return sum_into_nodes(graph, (taken * weights[..., None]).flatten(1))
    common = torch.promote_types(x.dtype, weights.dtype)
    summed: Tensor = _WeightedSum.apply(x.to(common), weights.to(common), graph)  # type: ignore[no-untyped-call]
    return summed


def softmax_over_incoming(graph: SparseGraph, logits: Float[Tensor, "E heads"]) -> Float[Tensor, "E heads"]:
    """Return the softmax of each edge's logits among the edges into the same node."""
    if _on_cpu(logits):
        shares: Tensor = _Softmax.apply(logits, graph.offsets)  # type: ignore[no-untyped-call]
        return shares
    peaks = max_into_nodes(graph, logits.detach())
    powers = (logits - peaks.index_select(0, graph.target)).exp()
    return powers / sum_into_nodes(graph, powers).index_select(0, graph.target)


def sum_of_ends(
    graph: SparseGraph, sender: Float[Tensor, "V H"], receiver: Float[Tensor, "V H"]
) -> Float[Tensor, "E H"]:
    """Return sender of the source of each edge plus receiver of its target."""
    if not _on_cpu(sender):
        return sender.index_select(0, graph.source) + receiver.index_select(0, graph.target)
    ends: Tensor = _SumOfEnds.apply(sender, receiver, graph)  # type: ignore[no-untyped-call]
    return ends


def pool_nodes(graph: SparseGraph, x: Float[Tensor, "V H"], how: Literal["mean", "max"]) -> Float[Tensor, "B H"]:
    """Return the mean or the largest x of the nodes of each graph."""
    nodes = _Segments(None, graph.node_offsets, graph.graph_of_node)
    return _mean(x, nodes) if how == "mean" else _largest(x, nodes)


def _into_nodes(graph: SparseGraph) -> _Segments:
    return _Segments(None, graph.offsets, graph.target)


def _from_sources(graph: SparseGraph) -> _Segments:
    return _Segments(graph.source, graph.offsets, graph.target)


def _on_cpu(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu"


def _mean(values: Tensor, segments: _Segments) -> Tensor:
    counts = segments.offsets.diff().clamp(min=1).to(values.dtype)
    return _summed(values, segments) / counts[:, None]


def _largest(values: Tensor, segments: _Segments) -> Tensor:
    if _on_cpu(values):
        largest: Tensor = _Largest.apply(values, segments)  # type: ignore[no-untyped-call]
        return largest
    taken = values if segments.rows is None else values.index_select(0, segments.rows)
    out = values.new_zeros(len(segments.offsets) - 1, values.shape[1])
    return out.scatter_reduce(0, segments.of[:, None].expand_as(taken), taken, "amax", include_self=False)


def _summed(values: Tensor, segments: _Segments) -> Tensor:
    if _on_cpu(values):
        summed: Tensor = _Summed.apply(values, segments)  # type: ignore[no-untyped-call]
        return summed
    taken = values if segments.rows is None else values.index_select(0, segments.rows)
    return values.new_zeros(len(segments.offsets) - 1, values.shape[1]).index_add(0, segments.of, taken)


class _Largest(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, segments: _Segments) -> Tensor:
        rows, offsets = _rows(segments), segments.offsets
        wide = _wide(values)
        out = wide.new_empty(len(offsets) - 1, wide.shape[1])
        if ctx.needs_input_grad[0]:
            chosen = torch.empty(out.shape, dtype=torch.int32)
            _by_node(loops.largest_and_edge, offsets, wide, rows, offsets, out, chosen)
            ctx.save_for_backward(wide, rows, offsets, out, chosen)
        else:
            _by_node(loops.largest, offsets, wide, rows, offsets, out)
        return out.to(values.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        values, rows, offsets, out, chosen = ctx.saved_tensors
        to_values = torch.zeros_like(values)
        given = _wide(gradient)
        _by_column(loops.add_to_largest, len(rows), values, rows, offsets, out, chosen, given, to_values)
        return to_values.to(gradient.dtype), None


class _Summed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, segments: _Segments) -> Tensor:
        offsets, wide = segments.offsets, _wide(values)
        ctx.segments, ctx.shape = segments, values.shape
        out = wide.new_empty(len(offsets) - 1, wide.shape[1])
        _by_node(loops.add_up, offsets, wide, _rows(segments), offsets, out)
        return out.to(values.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        segments = ctx.segments
        if segments.rows is None:
            return gradient.index_select(0, segments.of), None
        given = _wide(gradient)
        to_values = given.new_zeros(ctx.shape)
        _by_column(loops.add_back, len(segments.rows), given, segments.rows, segments.offsets, to_values)
        return to_values.to(gradient.dtype), None


class _WeightedSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weights: Tensor, graph: SparseGraph) -> Tensor:
        wide, by = _wide(values), _wide(weights)
        ctx.graph = graph
        ctx.save_for_backward(wide, by)
        out = wide.new_empty(graph.V, wide.shape[1])
        _by_node(loops.add_up_weighted, graph.offsets, wide, graph.source, graph.offsets, by, out)
        return out.to(values.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        graph, given = ctx.graph, _wide(gradient)
        values, weights = ctx.saved_tensors
        to_values = to_weights = None
        if ctx.needs_input_grad[0]:
            to_values = torch.zeros_like(values)
            _by_head(loops.add_back_weighted, graph.E, given, graph.source, graph.offsets, weights, to_values)
            to_values = to_values.to(gradient.dtype)
        if ctx.needs_input_grad[1]:
            to_weights = torch.empty_like(weights)
            for start in range(0, graph.E, _EDGES_AT_ONCE):
                some = slice(start, start + _EDGES_AT_ONCE)
                products = values.index_select(0, graph.source[some]) * given.index_select(0, graph.target[some])
                torch.sum(products.unflatten(1, (weights.shape[1], -1)), dim=2, out=to_weights[some])
            to_weights = to_weights.to(gradient.dtype)
        return to_values, to_weights, None


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, offsets: Tensor) -> Tensor:
        wide = _wide(logits)
        shares = torch.empty_like(wide)
        _by_node(loops.softmax, offsets, wide, offsets, shares)
        ctx.save_for_backward(shares, offsets)
        return shares.to(logits.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        shares, offsets = ctx.saved_tensors
        to_logits = torch.empty_like(shares)
        _by_node(loops.softmax_back, offsets, shares, offsets, _wide(gradient), to_logits)
        return to_logits.to(gradient.dtype), None


class _SumOfEnds(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sender: Tensor, receiver: Tensor, graph: SparseGraph) -> Tensor:
        ctx.graph = graph
        return sender.index_select(0, graph.source).add_(receiver.index_select(0, graph.target))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        graph, given = ctx.graph, _wide(gradient)
        to_sender, to_receiver = (given.new_zeros(graph.V, given.shape[1]) for _ in range(2))
        # An edge gives to one row, its source's: that of a sum over segments of one.
        one = torch.arange(graph.E + 1)
        _by_column(loops.add_back, graph.E, given, graph.source, one, to_sender)
        _by_node(loops.add_up, graph.offsets, given, one, graph.offsets, to_receiver)
        return to_sender.to(gradient.dtype), to_receiver.to(gradient.dtype), None


def _rows(segments: _Segments) -> Int[Tensor, " E"]:
    return torch.arange(len(segments.of)) if segments.rows is None else segments.rows


def _wide(tensor: Tensor) -> Tensor:
    """Return it contiguous and as numpy knows it, which has no bfloat16."""
    return tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32)).contiguous()


def _by_node(loop: Callable[..., None], offsets: Tensor, values: Tensor, *others: Tensor) -> None:
    """Run a loop over nodes, on as many threads as torch has where there is that much to do."""
    nodes, edges = len(offsets) - 1, int(offsets[-1])
    parts = parts_of(edges * values.shape[1], nodes)
    # Nodes differ in how many edges they have: the cuts are where so many edges and nodes are done.
    cuts = [(edges + nodes) * part // parts for part in range(1, parts)]
    borders = torch.searchsorted(offsets + torch.arange(nodes + 1), torch.tensor(cuts)).tolist() if cuts else []
    on_threads(loop, [0, *borders, nodes], values, *others)


def _by_column(loop: Callable[..., None], edges: int, values: Tensor, *others: Tensor) -> None:
    columns = values.shape[1]
    split(loop, columns, edges * columns, values, *others)


def _by_head(loop: Callable[..., None], edges: int, gradient: Tensor, rows: Tensor, *others: Tensor) -> None:
    weights = others[1]
    split(loop, weights.shape[1], edges * gradient.shape[1], gradient, rows, *others)
