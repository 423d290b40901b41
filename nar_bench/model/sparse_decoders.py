"""Decoders on sparse graphs: the weights of `nar_bench.model.decoders`, on nodes and edges that there are.

Raw predictions are those of the dense layout, on other elements: [V] or [E] in place of [B, N] or [B, N, N], [V, C] of
classes on nodes. A mask_one and a pointer on the graph are [B, N]. A pointer on nodes is one logit for each edge [E]:
that the node which it leads to points at the node which it comes from.

Shapes: B graphs of N nodes each, V = B N nodes and E edges of all of them; D = 3 H.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from nar_bench.model.decoders import EdgeDecoder, GraphDecoder, GraphPointerDecoder, NodeDecoder, PointerDecoder
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_pointers import pointer_scores
from nar_bench.spec import Feature, Type


class SparseHidden(NamedTuple):
    """What a decoder reads at one step."""

    node: Float[Tensor, "V D"]
    """The encoded node, the hidden vector before the step and the one after it."""
    edge: EdgeVectors
    """Of `values` [E, F]."""
    graph: Float[Tensor, "B H"]
    on: SparseGraph
    nodes: int
    """N."""


def decode_sparse(feature: Feature, decoder: nn.Module, read: SparseHidden) -> Tensor:
    """Decode one feature of one step."""
    if isinstance(decoder, PointerDecoder):
        return _pointers(decoder, read)
    if isinstance(decoder, EdgeDecoder):
        return _on_edges(decoder, read)
    if isinstance(decoder, GraphDecoder | GraphPointerDecoder):
        return _on_graphs(decoder, read)
    assert isinstance(decoder, NodeDecoder)
    decoded: Tensor = decoder(read)
    return decoded.view(read.on.B, read.nodes) if feature.type is Type.MASK_ONE else decoded


def _on_graphs(decoder: GraphDecoder | GraphPointerDecoder, read: SparseHidden) -> Tensor:
    by_graph = read._replace(node=read.node.view(read.on.B, read.nodes, -1))
    decoded: Tensor = decoder(by_graph)
    return decoded


def _on_edges(decoder: EdgeDecoder, read: SparseHidden) -> Float[Tensor, " E"]:
    sender, receiver = decoder.sender(read.node), decoder.receiver(read.node)
    edges = read.edge.through(decoder.edge.weight, decoder.edge.bias).dense()
    decoded: Tensor = edges + sender.index_select(0, read.on.source) + receiver.index_select(0, read.on.target)
    return decoded[..., 0]


def _pointers(decoder: PointerDecoder, read: SparseHidden) -> Float[Tensor, " E"]:
    pointing, pointed = decoder.source(read.node), decoder.target(read.node)
    edges = read.edge.through(decoder.edge.weight, decoder.edge.bias)
    scores = pointer_scores(read.on, pointing, pointed, edges, decoder.score.weight[0])
    return scores + decoder.score.bias
