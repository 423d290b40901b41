"""Messages between the pairs of nodes that an adjacency lets through, where these are few: edge by edge.

The same mathematics as `nar_bench_processors.messages`, on a list of E edges in place of all B N^2 pairs, by what works
out messages on sparse graphs.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.model.sparse_graph import SparseGraph
from nar_bench_processors.sparse_messages import max_sparse_messages

_FEW = 0.6
"""Density of the adjacency up to which a list of edges is faster than all pairs; gathering costs some passes."""


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
    inner: nn.Linear,
    outer: nn.Linear,
    adjacency: Bool[Tensor, "B N N"],
    nobody: float,
) -> Float[Tensor, "B N H"]:
    """Return max_i U relu(V relu(W v_ij + s_i + r_j) + c) + d over the edges i -> j.

    Args:
        values: v, the features of each pair, [b, sender i, receiver j].
        weight: W.
        sender: s.
        receiver: r.
        inner: V and c.
        outer: U and d.
        adjacency: which pairs are edges.
        nobody: what a receiver without any sender receives.
    """
    on = SparseGraph.along(adjacency)
    pair = on.source * adjacency.shape[1] + on.target % adjacency.shape[1]
    features = values.flatten(0, 2).index_select(0, pair)
    ends = sender.flatten(0, 1), receiver.flatten(0, 1)
    largest = max_sparse_messages(features, weight, *ends, inner, outer, on)
    alone = on.offsets.diff() == 0
    if alone.any():
        largest = torch.where(alone[:, None], nobody, largest)
    return largest.view(receiver.shape)
