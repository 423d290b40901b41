"""Decoders: hidden vectors to raw predictions of hints and outputs.

Source: Velickovic et al. 2022 (CLRS-30) and its code; permutations as in Ibarz et al. 2022.

Raw predictions: scalars as they are; masks as logits; mask_one [B, N], categorical [..., C] and pointer as logits, of
pointers on nodes [B, N, N] (row: the node that points), on edges [B, N, N, N], on the graph [B, N]; permutation_pointer
as the logarithm of a doubly stochastic [B, N, N].
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from nar_bench.model.edges import EdgeVectors, WrittenEdges
from nar_bench.model.linear import linear
from nar_bench.model.nodes import Beside, node_map
from nar_bench.model.pairs import Rectified, pair_scores
from nar_bench.model.triples import triple_scores
from nar_bench.spec import Feature, Location, Type


class Hidden(NamedTuple):
    """What a decoder reads at one step; D = 3 H."""

    node: Float[Tensor, "B N D"] | Beside
    """The encoded node, the hidden vector before the step and the one after it."""
    edge: EdgeVectors
    written: Float[Tensor, "B N N H"] | WrittenEdges | None
    """Edge vectors that the processor wrote at this step; decoders read [edge, written]."""
    graph: Float[Tensor, "B H"]
    adjacency: Bool[Tensor, "B N N"] | None = None
    """Where given, pointers on nodes and masks on edges answer only along it."""


def _along_edges(logits: Float[Tensor, "B N N"], hidden: Hidden) -> Float[Tensor, "B N N"]:
    """Set logits off the adjacency below all others of their graph, to -1 at most (the reference's `inf_bias`)."""
    if hidden.adjacency is None:
        return logits
    least = logits.amin(dim=(1, 2), keepdim=True)
    return torch.where(hidden.adjacency, logits, (least - 1).clamp(max=-1))


def _largest(node: Float[Tensor, "B N D"] | Beside) -> Float[Tensor, "B D"]:
    """Return the maximum over nodes."""
    return (node.dense() if isinstance(node, Beside) else node).amax(dim=1)


class NodeDecoder(nn.Module):
    """Scalar, mask, mask_one [B, N] or categorical [B, N, C] on nodes: one linear map."""

    def __init__(self, node_width: int, classes: int, generator: Generator) -> None:
        super().__init__()
        self.map = linear(node_width, max(classes, 1), generator)
        self._squeeze = classes == 0

    def forward(self, hidden: Hidden) -> Tensor:
        """Decode one step."""
        decoded: Tensor = node_map(self.map, hidden.node)
        return decoded[..., 0] if self._squeeze else decoded


class EdgeDecoder(nn.Module):
    """Scalar, mask [B, N, N] or categorical [B, N, N, C] on edges: sender + receiver + edge."""

    def __init__(
        self, node_width: int, edge_width: int, classes: int, generator: Generator, *, mask: bool = False
    ) -> None:
        super().__init__()
        width = max(classes, 1)
        self.sender = linear(node_width, width, generator)
        self.receiver = linear(node_width, width, generator)
        self.edge = linear(edge_width, width, generator)
        self._squeeze, self._mask = classes == 0, mask

    def forward(self, hidden: Hidden) -> Tensor:
        """Decode one step."""
        sender, receiver = node_map(self.sender, hidden.node), node_map(self.receiver, hidden.node)
        decoded: Tensor = _edges(self.edge, hidden).dense() + sender[:, :, None] + receiver[:, None]
        if self._mask:
            return _along_edges(decoded[..., 0], hidden)
        return decoded[..., 0] if self._squeeze else decoded


class EdgePointerDecoder(nn.Module):
    """Pointer on edges: logit[i, j, k] that [i, j] points at k is a linear map of max(q_ij, r_k).

    q is an `EdgeDecoder` of width H, r a linear map of nodes.
    """

    def __init__(self, node_width: int, edge_width: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.sender = linear(node_width, hidden, generator)
        self.receiver = linear(node_width, hidden, generator)
        self.edge = linear(edge_width, hidden, generator)
        self.target = linear(node_width, hidden, generator)
        self.score = linear(hidden, 1, generator)

    def forward(self, hidden: Hidden) -> Float[Tensor, "B N N N"]:
        """Decode one step."""
        sender, receiver = node_map(self.sender, hidden.node), node_map(self.receiver, hidden.node)
        pairs = _edges(self.edge, hidden).dense() + sender[:, :, None] + receiver[:, None]
        return triple_scores(pairs, node_map(self.target, hidden.node), self.score.weight[0]) + self.score.bias


class GraphPointerDecoder(nn.Module):
    """Pointer on the graph [B, N]: a score of each node added to what the graph's decoder says."""

    def __init__(self, node_width: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.pooled = linear(node_width, 1, generator)
        self.graph = linear(hidden, 1, generator)
        self.target = linear(node_width, 1, generator)

    def forward(self, hidden: Hidden) -> Float[Tensor, "B N"]:
        """Decode one step."""
        pooled = self.pooled(_largest(hidden.node)) + self.graph(hidden.graph)
        decoded: Tensor = pooled + node_map(self.target, hidden.node)[..., 0]
        return decoded


class GraphDecoder(nn.Module):
    """Scalar, mask [B] or categorical [B, C] on the graph: the maximum over nodes, and the graph vector."""

    def __init__(self, node_width: int, hidden: int, classes: int, generator: Generator) -> None:
        super().__init__()
        width = max(classes, 1)
        self.node = linear(node_width, width, generator)
        self.graph = linear(hidden, width, generator)
        self._squeeze = classes == 0

    def forward(self, hidden: Hidden) -> Tensor:
        """Decode one step."""
        decoded: Tensor = self.node(_largest(hidden.node)) + self.graph(hidden.graph)
        return decoded[..., 0] if self._squeeze else decoded


class PointerDecoder(nn.Module):
    """Pointer on nodes: logit[i, j] that i points at j is a linear map of max(p1_i, p2_j + p3_ji)."""

    def __init__(self, node_width: int, edge_width: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.source = linear(node_width, hidden, generator)
        self.target = linear(node_width, hidden, generator)
        self.edge = linear(edge_width, hidden, generator)
        self.score = linear(hidden, 1, generator)

    def forward(self, hidden: Hidden) -> Float[Tensor, "B N N"]:
        """Decode one step."""
        written: Rectified | None = None
        if isinstance(hidden.written, WrittenEdges):
            encoded, from_written = _split(self.edge, hidden.written.weight.shape[0])
            edges = hidden.edge.through(encoded, self.edge.bias)
            written = Rectified(hidden.written.values, hidden.written.weight, hidden.written.bias, from_written)
        else:
            edges = _edges(self.edge, hidden)
        target = node_map(self.target, hidden.node) + edges.bias
        # Worked out at [j, i], where the edge from j to i lies, and transposed when only one number per pair is left.
        scores = pair_scores(
            edges.values, edges.weight, target, node_map(self.source, hidden.node), self.score.weight[0], written
        )
        return _along_edges((scores + self.score.bias).transpose(1, 2), hidden)


class PermutationDecoder(nn.Module):
    """Scores of predecessors [B, N, N], before log-Sinkhorn, and logits of the first node [B, N]."""

    def __init__(self, node_width: int, edge_width: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.pointer = PointerDecoder(node_width, edge_width, hidden, generator)
        self.first = NodeDecoder(node_width, 0, generator)

    def forward(self, hidden: Hidden) -> tuple[Float[Tensor, "B N N"], Float[Tensor, "B N"]]:
        """Decode one step."""
        return self.pointer(hidden), self.first(hidden)


def _edges(layer: nn.Linear, hidden: Hidden) -> EdgeVectors:
    """Return layer([edge, written])."""
    if hidden.written is None:
        return hidden.edge.through(layer.weight, layer.bias)
    written = hidden.written.dense() if isinstance(hidden.written, WrittenEdges) else hidden.written
    from_encoded, from_written = _split(layer, written.shape[-1])
    encoded = hidden.edge.through(from_encoded, layer.bias)
    return EdgeVectors(
        values=torch.cat([encoded.values, written], dim=-1),
        weight=torch.cat([encoded.weight, from_written], dim=1),
        bias=encoded.bias,
    )


def _split(layer: nn.Linear, width: int) -> tuple[Tensor, Tensor]:
    """Return the weights for encoded edges and those for written ones, of that width."""
    first = layer.in_features - width
    return layer.weight[:, :first], layer.weight[:, first:]


def make_decoder(feature: Feature, node_width: int, edge_width: int, hidden: int, generator: Generator) -> nn.Module:
    """Return the decoder for a feature."""
    if feature.type is Type.PERMUTATION_POINTER:
        return PermutationDecoder(node_width, edge_width, hidden, generator)
    if feature.type is Type.POINTER:
        if feature.location is Location.EDGE:
            return EdgePointerDecoder(node_width, edge_width, hidden, generator)
        if feature.location is Location.GRAPH:
            return GraphPointerDecoder(node_width, hidden, generator)
        return PointerDecoder(node_width, edge_width, hidden, generator)
    if feature.location is Location.NODE:
        return NodeDecoder(node_width, feature.classes, generator)
    if feature.location is Location.EDGE:
        mask = feature.type is Type.MASK
        return EdgeDecoder(node_width, edge_width, feature.classes, generator, mask=mask)
    return GraphDecoder(node_width, hidden, feature.classes, generator)
