"""Fingerprints of inputs: two 64-bit numbers, one equal where inputs are equal, one where they are relabelled too.

Equal inputs have equal numbers; unequal ones have them by chance, with odds of pairs / 2^64, or, for relabelling, where
colour refinement cannot tell two graphs apart. So a meeting is a candidate, and `nar_bench.data_sets.leaks` looks at
the inputs themselves. The input `pos` only numbers the nodes and does not count.

Relabelled inputs are looked for where there is a graph: a feature on edges, or the sparse layout. In a string or a list
of keys the order of the nodes is what matters.

Source: colour refinement as of Weisfeiler and Leman 1968; the hash is SplitMix64's (`nar_bench.data.random`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.random import GOLDEN, mix
from nar_bench.data_sets.columns import EDGES
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Type
from nar_bench.trajectory import Array, Batch, SparseBatch

Words = NDArray[np.uint64]

_ROUNDS = 3
_AT_ONCE = 1 << 20
"""Pairs of nodes that are coloured at once; bounds the memory."""

_OUT, _IN = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)


def fingerprints(batch: Batch | SparseBatch) -> Words:
    """Return [B, 2]: of each input as it is, and whatever its nodes are called."""
    exact = _exact(batch)
    if not has_graph(batch.spec):
        return np.stack([exact, exact], axis=1)
    return np.stack([exact, _relabelled(batch)], axis=1)


def has_graph(spec: AlgorithmSpec) -> bool:
    """Return whether the nodes of an input may be called otherwise without changing the problem."""
    return spec.layout is Layout.SPARSE or any(feature.location is Location.EDGE for feature in spec.inputs)


def counted(spec: AlgorithmSpec) -> list[Feature]:
    """Return the inputs that tell one problem from another."""
    return [feature for feature in spec.inputs if feature.name != "pos"]


def node_colours(batch: Batch | SparseBatch) -> list[Words]:
    """Return for each input the colours [N] of its nodes after refinement; equal where nodes look alike."""
    if isinstance(batch, SparseBatch):
        whole = _sparse_colours(batch).reshape(len(batch), batch.nodes)
    else:
        whole = _dense_colours(batch)
    return list(whole)


def _words(values: Array) -> Words:
    """Return the values of an array as words, one for each."""
    values = np.ascontiguousarray(values)
    if values.dtype.kind == "f":
        return (values.astype(np.float64) + 0.0).view(np.uint64)  # + 0.0, since -0.0 equals 0.0
    return values.astype(np.int64).view(np.uint64)


def _exact(batch: Batch | SparseBatch) -> Words:
    made = np.full(len(batch), batch.nodes, np.uint64)
    with np.errstate(over="ignore"):
        for feature in counted(batch.spec):
            column = batch.inputs[feature.name]
            if isinstance(batch, SparseBatch) and feature.location is Location.EDGE:
                made = mix(made * _OUT + _ragged(_words(column), batch.edge_offsets))
            else:
                made = mix(made * _OUT + _ordered(_words(column).reshape(len(batch), -1)))
        if isinstance(batch, SparseBatch):
            ends = _words(batch.inputs[EDGES])
            made = mix(made * _OUT + _ragged(ends[:, 0] * np.uint64(batch.nodes) + ends[:, 1], batch.edge_offsets))
    return np.asarray(made)


def _ordered(words: Words) -> Words:
    """Return [B] of [B, K]: a hash in which the order counts."""
    places = np.arange(1, words.shape[1] + 1, dtype=np.uint64) * GOLDEN
    return np.asarray(mix(words + places).sum(axis=1, dtype=np.uint64))


def _ragged(words: Words, offsets: NDArray[np.int64]) -> Words:
    """Return [B] of rows laid end to end: a hash in which the order counts."""
    places = np.arange(len(words)) - np.repeat(offsets[:-1], np.diff(offsets)) + 1
    return _sums(mix(words + places.astype(np.uint64) * GOLDEN), offsets)


def _sums(words: Words, offsets: NDArray[np.int64]) -> Words:
    whole = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words, dtype=np.uint64)])
    return np.asarray(whole[offsets[1:]] - whole[offsets[:-1]])


def _relabelled(batch: Batch | SparseBatch) -> Words:
    with np.errstate(over="ignore"):
        if isinstance(batch, SparseBatch):
            colours = _sparse_colours(batch).reshape(len(batch), batch.nodes)
        else:
            at_once = max(1, _AT_ONCE // batch.nodes**2)
            parts = [
                _dense_colours(batch.select(np.arange(start, min(start + at_once, len(batch)))))
                for start in range(0, len(batch), at_once)
            ]
            colours = np.concatenate(parts)
        made = mix(mix(colours).sum(axis=1, dtype=np.uint64) + np.uint64(batch.nodes))
        for feature in counted(batch.spec):
            if feature.location is Location.GRAPH:
                made = mix(made * _OUT + _words(batch.inputs[feature.name]))
    return np.asarray(made)


def _first_colours(batch: Any) -> Words:
    """Return [B, N] what the features on nodes say of each."""
    colours = np.zeros((len(batch), batch.nodes), np.uint64)
    for feature in counted(batch.spec):
        if feature.location is Location.NODE:
            column = batch.inputs[feature.name]
            if feature.type is Type.MASK_ONE:
                column = column[:, None] == np.arange(batch.nodes)
            colours = mix(colours * _OUT + _words(column))
    return colours


def _dense_colours(batch: Batch) -> Words:
    with np.errstate(over="ignore"):
        colours = _first_colours(batch)
        pairs = np.zeros((len(batch), batch.nodes, batch.nodes), np.uint64)
        for feature in counted(batch.spec):
            if feature.location is Location.EDGE:
                pairs = mix(pairs * _OUT + _words(batch.inputs[feature.name]))
        for _ in range(_ROUNDS):
            seen = colours * GOLDEN
            to = mix(pairs + seen[:, None, :]).sum(axis=2, dtype=np.uint64)
            back = mix(pairs * _IN + seen[:, :, None]).sum(axis=1, dtype=np.uint64)
            colours = mix(colours * _OUT + mix(to) + mix(back) * _IN)
    return np.asarray(colours)


def _sparse_colours(batch: SparseBatch) -> Words:
    """Return [B N]; each edge is there both ways, so what leaves a node is what it touches."""
    count, nodes = len(batch), batch.nodes
    with np.errstate(over="ignore"):
        colours = _first_colours(batch).reshape(-1)
        base = np.repeat(np.arange(count) * nodes, np.diff(batch.edge_offsets))
        start = base + batch.inputs[EDGES][:, 0]
        end = base + batch.inputs[EDGES][:, 1]
        marks = np.zeros(len(start), np.uint64)
        for feature in counted(batch.spec):
            if feature.location is Location.EDGE:
                marks = mix(marks * _OUT + _words(batch.inputs[feature.name]))
        offsets = np.searchsorted(start, np.arange(count * nodes + 1))
        for _ in range(_ROUNDS):
            colours = mix(colours * _OUT + mix(_sums(mix(marks + (colours * GOLDEN)[end]), offsets)))
    return np.asarray(colours)
