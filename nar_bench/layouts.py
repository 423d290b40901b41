"""Trajectories from one layout to the other, without loss.

dense [B, N, N]                                        sparse, end to end (`SparseBatch`)
=====================================================  =================================================
input `edges`, a mask; or where an input on edges is   `edges` [E, 2]: these pairs and their reverses, so
not 0, in either direction                             self-loops too where there is such an input
feature on edges: its value at each pair               its value at each edge, and in `off_graph` the one
                                                       that it has at all other pairs
all else                                               the same columns

A sparse batch whose features on edges do not tell the graph gets the mask `edges` in its dense form: of breadth-first
search nothing else is on the edges.
"""

from __future__ import annotations

import numpy as np

from nar_bench.errors import InputError
from nar_bench.spec import GRAPH, AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array, Batch, Columns, SparseBatch, compact_dtype


def sparse_form(spec: AlgorithmSpec) -> AlgorithmSpec:
    """Return the spec of the sparse form of a dense spec that is `along_edges`; a sparse spec as it is."""
    if spec.layout is Layout.SPARSE:
        return spec
    return AlgorithmSpec(tuple(f for f in spec.features if f.name != GRAPH), Layout.SPARSE)


def dense_form(spec: AlgorithmSpec) -> AlgorithmSpec:
    """Return a spec of the dense form of a sparse spec, with the mask `edges`; a dense spec as it is."""
    if spec.layout is Layout.DENSE:
        return spec
    graph = Feature(GRAPH, Stage.INPUT, Location.EDGE, Type.MASK)
    return AlgorithmSpec((graph, *spec.features), along_edges=True)


def as_sparse(batch: Batch) -> SparseBatch:
    """Return a dense batch in the sparse layout.

    Raises:
        InputError: its spec is not `along_edges`, or a feature on edges has several values where there is no edge.
    """
    spec, count, nodes = batch.spec, len(batch), batch.nodes
    if not spec.along_edges:
        raise InputError(
            "as_sparse: the spec does not say that all is along the edges of its graph (along_edges), so that pairs "
            "without an edge may carry something."
        )
    graph = np.zeros((count, nodes, nodes), bool)
    for feature in spec.inputs:
        if feature.location is Location.EDGE:
            graph |= batch.inputs[feature.name] != 0
    graph |= graph.transpose(0, 2, 1)
    run, u, v = np.nonzero(graph)
    edge_offsets = np.searchsorted(run, np.arange(count + 1))
    off_graph: dict[str, int] = {}

    def taken(feature: Feature, column: Array) -> Array:
        """Return [sum of E] of inputs and outputs, [sum of T E] of hints."""
        rows = batch.offsets if feature.stage is Stage.HINT else np.arange(count + 1)
        parts = []
        for b in range(count):
            values, edges = column[rows[b] : rows[b + 1]], slice(edge_offsets[b], edge_offsets[b + 1])
            _note_off_graph(feature, values[:, ~graph[b]], off_graph)
            parts.append(values[:, u[edges], v[edges]].ravel())
        return np.concatenate(parts) if parts else column.reshape(-1)[:0]

    def columns(given: Columns, features: tuple[Feature, ...]) -> dict[str, Array]:
        return {
            f.name: taken(f, given[f.name]) if f.location is Location.EDGE else given[f.name]
            for f in features
            if f.name != GRAPH and f.name in given
        }

    return SparseBatch(
        spec=sparse_form(spec),
        nodes=nodes,
        inputs={GRAPH: np.stack([u, v], axis=1).astype(np.int32), **columns(batch.inputs, spec.inputs)},
        hints=columns(batch.hints, spec.hints),
        outputs=columns(batch.outputs, spec.outputs),
        offsets=batch.offsets,
        edge_offsets=edge_offsets,
        off_graph=off_graph,
    )


def _note_off_graph(feature: Feature, values: Array, seen: dict[str, int]) -> None:
    """Keep in `seen` the one value that a feature has where there is no edge."""
    if not values.size:
        return
    value = seen.setdefault(feature.name, int(values.flat[0]))
    if (values != value).any():
        other = values[values != value][0]
        raise InputError(
            f"as_sparse: {feature.stage} '{feature.name}' is {value:g} at a pair without an edge and {other:g} at "
            "another; one value everywhere off the graph is needed."
        )


def as_dense(batch: SparseBatch, spec: AlgorithmSpec | None = None) -> Batch:
    """Return a sparse batch in the dense layout; B N^2 numbers for each feature on edges.

    Args:
        spec: of the result, whose sparse form the batch has; by default `dense_form`.

    Raises:
        InputError: `spec` has other features, or none that tells of an edge.
    """
    spec = spec or dense_form(batch.spec)
    if sparse_form(spec) != batch.spec:
        raise InputError("as_dense: the sparse form of this spec has other features than the batch.")
    count, nodes, edges = len(batch), batch.nodes, batch.inputs[GRAPH]
    run = np.repeat(np.arange(count), np.diff(batch.edge_offsets))
    u, v = edges.T.astype(np.int64)

    def filled(feature: Feature, column: Array) -> Array:
        if feature.stage is not Stage.HINT:
            return on_pairs(feature, column, batch)
        dense = np.full((int(batch.offsets[-1]), nodes, nodes), batch.off(feature), compact_dtype(feature, nodes))
        start = 0
        for b in range(count):
            at, rows = slice(*batch.edge_offsets[b : b + 2]), slice(*batch.offsets[b : b + 2])
            shape = int(batch.lengths[b]), at.stop - at.start
            stop = start + shape[0] * shape[1]
            dense[rows, u[at], v[at]] = column[start:stop].reshape(shape)
            start = stop
        return dense

    def columns(given: Columns, features: tuple[Feature, ...]) -> dict[str, Array]:
        return {
            f.name: filled(f, np.ones(len(edges), np.int8) if f.name == GRAPH else given[f.name])
            if f.location is Location.EDGE
            else given[f.name]
            for f in features
            if f.name in given
        }

    inputs = columns(batch.inputs, spec.inputs)
    told = np.zeros((count, nodes, nodes), bool)
    for feature in spec.inputs:
        if feature.location is Location.EDGE:
            told |= inputs[feature.name] != 0
    untold = ~(told | told.transpose(0, 2, 1))[run, u, v]
    if untold.any():
        at = int(np.flatnonzero(untold)[0])
        raise InputError(
            f"as_dense: no input on edges tells of the edge from {u[at]} to {v[at]} of run {run[at]}; take the spec "
            "with the mask 'edges', which dense_form makes."
        )
    return Batch(
        spec=spec,
        nodes=nodes,
        inputs=inputs,
        hints=columns(batch.hints, spec.hints),
        outputs=columns(batch.outputs, spec.outputs),
        offsets=batch.offsets,
    )


def on_pairs(feature: Feature, values: Array, batch: SparseBatch) -> Array:
    """Return values on the edges of a batch, [..., sum of E], as those of all pairs, [..., B, N, N]."""
    run = np.repeat(np.arange(len(batch)), np.diff(batch.edge_offsets))
    shape = (*values.shape[:-1], len(batch), batch.nodes, batch.nodes)
    dense = np.full(shape, batch.off(feature), compact_dtype(feature, batch.nodes))
    dense[..., run, batch.inputs[GRAPH][:, 0], batch.inputs[GRAPH][:, 1]] = values
    return dense
