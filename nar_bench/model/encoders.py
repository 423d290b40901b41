"""Encoders: features to hidden vectors on nodes, edges and the graph.

Source: Velickovic et al. 2022 (CLRS-30); initialisation as in Ibarz et al. 2022
(`xavier_on_scalars`): a scalar has fan-in 1, which would give weights of order 1, so scalar hints use 1 / sqrt(H).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from nar_bench.model.edges import EdgeVectors
from nar_bench.model.linear import linear
from nar_bench.model.nodes import NodeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.tensors import first_of
from nar_bench.spec import Feature, Location, Stage, Type


class Encoded(NamedTuple):
    """Hidden vectors and the graph that they live on."""

    nodes: NodeVectors
    edge: EdgeVectors
    graph: Float[Tensor, "B H"]
    adjacency: Bool[Tensor, "B N N"]
    """Symmetric, with self-loops: input and hint edges and pointers, in either direction."""

    @property
    def node(self) -> Float[Tensor, "B N H"]:
        """The vectors of the nodes themselves, made anew each time."""
        return self.nodes.dense()


def empty(batch: int, nodes: int, hidden: int, like: Tensor) -> Encoded:
    """Return zero vectors, with the dtype and device of `like`, and the graph of self-loops."""
    return Encoded(
        nodes=NodeVectors(like.new_zeros(batch, nodes, 0), like.new_zeros(hidden, 0), like.new_zeros(hidden)),
        edge=EdgeVectors(like.new_zeros(batch, nodes, nodes, 0), like.new_zeros(hidden, 0), like.new_zeros(hidden)),
        graph=like.new_zeros(batch, hidden),
        adjacency=torch.eye(nodes, dtype=torch.bool, device=like.device).expand(batch, nodes, nodes),
    )


class SparseEncoded(NamedTuple):
    """Hidden vectors on sparse graphs; their edges are what there is."""

    node: Float[Tensor, "V H"]
    edge: EdgeVectors
    """Of `values` [E, F]."""
    graph: Float[Tensor, "B H"]


def sparse_empty(graph: SparseGraph, hidden: int, dtype: torch.dtype) -> SparseEncoded:
    """Return zero vectors."""
    zeros = torch.zeros(0, dtype=dtype, device=graph.source.device).new_zeros
    edge = EdgeVectors(zeros(graph.E, 0), zeros(hidden, 0), zeros(hidden))
    return SparseEncoded(zeros(graph.V, hidden), edge, zeros(graph.B, hidden))


class EdgePointerMaps(nn.Module):
    """The two maps of a pointer x [i, j, k] on edges, [i, j] pointing at k.

    Edge [j, k] gets the mean over i of the first map's vectors, edge [i, k] the mean over j of the second's. Both maps
    are linear, so the means are taken first, and nothing [B, N, N, N, H] is made.
    """

    def __init__(self, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.first = linear(1, hidden, generator)
        self.second = linear(1, hidden, generator)


class Encoder(nn.Module):
    """One linear map per feature; their results are summed.

    Args:
        features: inputs or hints.
        hidden: H.
        generator: source of the initial weights.
    """

    def __init__(self, features: tuple[Feature, ...], hidden: int, generator: Generator) -> None:
        super().__init__()
        self._features = features
        self.maps = nn.ModuleDict()
        for feature in features:
            scalar_hint = feature.type is Type.SCALAR and feature.stage is Stage.HINT
            scale = 1 / math.sqrt(hidden) if scalar_hint else None
            if feature.type is Type.POINTER and feature.location is Location.EDGE:
                self.maps[feature.name] = EdgePointerMaps(hidden, generator)
            else:
                self.maps[feature.name] = linear(max(feature.classes, 1), hidden, generator, scale)
            if feature.type is Type.PERMUTATION_POINTER:
                self.maps[first_of(feature.name)] = linear(1, hidden, generator)

    def forward(self, values: dict[str, Tensor], onto: Encoded) -> Encoded:
        """Add the encoding of `values` to `onto`.

        Args:
            values: dense floats, as `expand` and `reread` return them; pointers one-hot or soft, over nodes.
        """
        nodes, edge, graph, adjacency = onto
        for feature in self._features:
            value, layer = values[feature.name], self.maps[feature.name]
            if isinstance(layer, EdgePointerMaps):
                edge = edge.plus(value.mean(dim=1)[..., None], layer.first).plus(
                    value.mean(dim=2)[..., None], layer.second
                )
                continue
            assert isinstance(layer, nn.Linear)
            columns = value if feature.type is Type.CATEGORICAL else value[..., None]
            if feature.type is Type.PERMUTATION_POINTER:
                name = first_of(feature.name)
                first = self.maps[name]
                assert isinstance(first, nn.Linear)
                nodes = nodes.plus(values[name][..., None], first)
            pointer = feature.type in (Type.POINTER, Type.PERMUTATION_POINTER) and feature.location is Location.NODE
            if feature.location is Location.GRAPH and feature.type is Type.POINTER:
                nodes = nodes.plus(columns, layer)
            elif feature.location is Location.GRAPH:
                graph = graph + layer(columns)
            elif feature.location is Location.EDGE or pointer:
                edge = edge.plus(columns, layer)
            else:
                nodes = nodes.plus(columns, layer)
            # Thresholds as in the reference: a soft mask is positive everywhere, so that its graph becomes complete.
            if pointer:
                adjacency = adjacency | (value + value.transpose(1, 2) > 0.5)
            elif feature.location is Location.EDGE and feature.type is Type.MASK:
                adjacency = adjacency | (value + value.transpose(1, 2) > 0)
        return Encoded(nodes, edge, graph, adjacency)

    def sparse(self, values: dict[str, Tensor], onto: SparseEncoded) -> SparseEncoded:
        """Add the encoding of `values` on sparse graphs to `onto`; the graphs are not changed by what is encoded.

        Args:
            values: floats on the elements of the sparse layout, as `sparse_columns` and `sparse_reread` return them.
        """
        node, edge, graph = onto
        for feature in self._features:
            layer = self.maps[feature.name]
            assert isinstance(layer, nn.Linear)
            columns = values[feature.name] if feature.type is Type.CATEGORICAL else values[feature.name][..., None]
            if feature.location is Location.GRAPH and feature.type is not Type.POINTER:
                graph = graph + layer(columns)
            elif feature.location is Location.EDGE or (
                feature.location is Location.NODE and feature.type is Type.POINTER
            ):
                edge = edge.plus(columns, layer)
            else:
                node = node + layer(columns)
        return SparseEncoded(node, edge, graph)
