"""Batches of runs to batched DGLGraphs and back, without loss.

    made = to_dgl(nar_bench.generate("bfs", size=16, count=8), along="adj")
    made.graph.ndata["pi"], made.graph.edata["A"], made.graph.batch_num_nodes()

A feature on nodes is in `ndata` and one on edges in `edata`, by its name: compact values (`nar_bench.trajectory`), a
mask_one as 1 at its node, a pointer as the index of a node within its own graph. Hints have a last axis of T steps, the
longest of the batch's, and are 0 beyond a run's own length. DGL has no place for what lies on the whole graph; it is
beside the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from nar_bench.errors import InputError
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array, Batch, SparseBatch, compact_dtype
from nar_bench_dgl.library import dgl


@dataclass(frozen=True)
class DglBatch:
    """B runs on graphs of equal size.

    Attributes:
        spec: the features.
        graph: a batched DGLGraph with the features on nodes and edges.
        on_graphs: name -> [B], hints [B, T].
        lengths: number of hints of each run.
    """

    spec: AlgorithmSpec
    graph: Any
    on_graphs: dict[str, Tensor]
    lengths: Int[Tensor, " B"]


def to_dgl(batch: Batch | SparseBatch, along: str = "") -> DglBatch:
    """Return the runs of a batch as graphs of DGL.

    Args:
        along: an input mask on edges: in the dense layout its pairs are the edges. "" for every pair, self included,
            which all of the dense layout have. In the sparse layout the edges are those of the batch.

    Raises:
        InputError: there is no run, `along` is no such mask, or a feature has a value on a pair that is none of its
            edges.
    """
    if not len(batch):
        raise InputError("to_dgl: got a batch of no runs; at least one is needed.")
    pairs = list(_pairs(batch, along))
    counts = torch.tensor([len(of_run) for of_run in pairs])
    starts = np.repeat(np.arange(len(batch)) * batch.nodes, counts)
    edges = np.concatenate(pairs) + starts[:, None]
    source, target = (torch.from_numpy(np.ascontiguousarray(ends)) for ends in edges.T)
    graph = dgl.graph((source, target), num_nodes=len(batch) * batch.nodes)
    graph.set_batch_num_nodes(torch.full((len(batch),), batch.nodes))
    graph.set_batch_num_edges(counts)
    made = DglBatch(batch.spec, graph, {}, torch.from_numpy(batch.lengths))
    places = {Location.NODE: graph.ndata, Location.EDGE: graph.edata, Location.GRAPH: made.on_graphs}
    for feature, columns in _columns(batch):
        values = [
            _laid_out(feature, column, pairs[run], batch.nodes, batch.spec.layout, f"'{feature.name}' of run {run}")
            for run, column in enumerate(columns)
        ]
        if feature.stage is Stage.HINT:
            longest = int(batch.lengths.max(initial=0))
            values = [np.pad(value, ((0, 0), (0, longest - value.shape[1]))) for value in values]
        places[feature.location][feature.name] = torch.from_numpy(np.concatenate(values))
    return made


def from_dgl(made: DglBatch) -> Batch | SparseBatch:
    """Return what `to_dgl` was given, whatever order the edges have now; the layout is that of the spec.

    Raises:
        InputError: graphs of unequal size, a feature without its values, or, in the sparse layout, an edge twice.
    """
    graph, spec = made.graph, made.spec
    sizes = graph.batch_num_nodes()
    if len(sizes) == 0 or (sizes != sizes[0]).any():
        raise InputError(f"from_dgl: got graphs of {sizes.tolist()} nodes; at least one is needed, all of equal size.")
    nodes, lengths = int(sizes[0]), made.lengths.numpy()
    source, target = (ends.numpy() for ends in graph.edges())
    order = np.lexsort((target, source))
    edges = np.stack([source, target], axis=1)[order]
    if spec.layout is Layout.SPARSE and (np.diff(edges, axis=0) == 0).all(axis=1).any():
        raise InputError("from_dgl: an edge is there twice; the sparse layout has each once.")
    edge_offsets = np.concatenate([[0], np.cumsum(np.bincount(source // nodes, minlength=len(sizes)))])
    pairs = np.split(edges % nodes, edge_offsets[1:-1])
    places = {Location.NODE: graph.ndata, Location.EDGE: graph.edata, Location.GRAPH: made.on_graphs}
    columns: dict[Stage, dict[str, Array]] = {stage: {} for stage in Stage}
    for feature in spec.features:
        if feature.name not in places[feature.location]:
            if feature.stage is Stage.HINT:  # a batch may be without its hints
                continue
            raise InputError(
                f"from_dgl: there are no values for the feature '{feature.name}' on its {feature.location}."
            )
        values = places[feature.location][feature.name].numpy()
        borders = {
            Location.NODE: np.arange(1, len(sizes)) * nodes,
            Location.EDGE: edge_offsets[1:-1],
            Location.GRAPH: np.arange(1, len(sizes)),
        }[feature.location]
        of_runs = np.split(values[order] if feature.location is Location.EDGE else values, borders)
        compact = [_compact(feature, of_run, pairs[run], nodes, spec.layout) for run, of_run in enumerate(of_runs)]
        if feature.stage is Stage.HINT:
            compact = [of_run[:length] for of_run, length in zip(compact, lengths, strict=True)]
        flat = spec.layout is Layout.SPARSE and feature.location is Location.EDGE
        if flat:
            compact = [of_run.reshape(-1) for of_run in compact]
        join = np.concatenate if flat or feature.stage is Stage.HINT else np.stack
        columns[feature.stage][feature.name] = join(compact).astype(compact_dtype(feature, nodes))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    inputs, hints, outputs = (columns[stage] for stage in (Stage.INPUT, Stage.HINT, Stage.OUTPUT))
    if spec.layout is Layout.DENSE:
        return Batch(spec, nodes, inputs, hints, outputs, offsets)
    inputs["edges"] = np.concatenate(pairs).astype(np.int32)
    return SparseBatch(spec, nodes, inputs, hints, outputs, offsets, edge_offsets)


def _pairs(batch: Batch | SparseBatch, along: str) -> Iterator[NDArray[np.int64]]:
    """Yield the edges of each run [E, 2], (from, to)."""
    if isinstance(batch, SparseBatch):
        if along:
            raise InputError(f"to_dgl: along='{along}' is for the dense layout; the sparse one has its own edges.")
        for run in range(len(batch)):
            yield batch.inputs["edges"][batch.edge_offsets[run] : batch.edge_offsets[run + 1]].astype(np.int64)
        return
    masks = [f.name for f in batch.spec.inputs if f.location is Location.EDGE and f.type is Type.MASK]
    if along and along not in masks:
        has = f"its masks on edges are {', '.join(masks)}" if masks else "it has no mask on edges"
        raise InputError(f"to_dgl: along='{along}' is no input mask on edges; {has}. Leave it away for every pair.")
    for run in range(len(batch)):
        mask = batch.inputs[along][run] == 1 if along else np.ones((batch.nodes, batch.nodes), bool)
        yield np.argwhere(mask)


def _columns(batch: Batch | SparseBatch) -> Iterator[tuple[Feature, list[Array]]]:
    """Yield each feature that has values, with those of each run: [*compact_shape], hints [T, *compact_shape]."""
    spec, runs = batch.spec, range(len(batch))
    ranges = [slice(batch.offsets[run], batch.offsets[run + 1]) for run in runs]
    sparse = isinstance(batch, SparseBatch)
    edges = np.diff(batch.edge_offsets) if isinstance(batch, SparseBatch) else np.zeros(len(batch), np.int64)
    cells = np.concatenate([[0], np.cumsum(batch.lengths * edges)])
    for columns in (batch.inputs, batch.hints, batch.outputs):
        for feature in spec.features:
            column = columns.get(feature.name)
            if column is None:
                continue
            on_sparse_edges = sparse and feature.location is Location.EDGE
            if feature.stage is Stage.HINT and on_sparse_edges:
                yield feature, [column[cells[r] : cells[r + 1]].reshape(-1, edges[r]) for r in runs]
            elif feature.stage is Stage.HINT:
                yield feature, [column[rows] for rows in ranges]
            elif on_sparse_edges:
                yield feature, np.split(column, np.cumsum(edges)[:-1])
            else:
                yield feature, [np.asarray(column[run]) for run in runs]


def _laid_out(
    feature: Feature, value: Array, pairs: NDArray[np.int64], nodes: int, layout: Layout, where: str
) -> Array:
    """Return values of one run [*compact_shape] or [T, *compact_shape] with its nodes, edges or graph as first axis."""
    if feature.location is Location.GRAPH:
        return value[None]
    if feature.type is Type.MASK_ONE:
        return np.moveaxis((value[..., None] == np.arange(nodes)).astype(np.int8), -1, 0)
    if feature.location is Location.EDGE and layout is Layout.DENSE:
        off = np.ones((nodes, nodes), bool)
        off[tuple(pairs.T)] = False
        if (wrong := np.argwhere((value != 0) & off)).size:
            i, j = wrong[0][-2:]
            raise InputError(
                f"to_dgl: {where} is {value[tuple(wrong[0])]} on the pair ({i}, {j}), which is no edge. Leave `along` "
                "away to keep every pair."
            )
        value = value[..., pairs[:, 0], pairs[:, 1]]
    return np.moveaxis(value, -1, 0)


def _compact(feature: Feature, values: Array, pairs: NDArray[np.int64], nodes: int, layout: Layout) -> Array:
    """Undo `_laid_out`."""
    if feature.location is Location.GRAPH:
        return np.asarray(values[0])
    if feature.type is Type.MASK_ONE:
        return np.asarray(values.argmax(axis=0))
    value = np.moveaxis(values, 0, -1)
    if feature.location is Location.EDGE and layout is Layout.DENSE:
        whole = np.zeros((*value.shape[:-1], nodes, nodes), values.dtype)
        whole[..., pairs[:, 0], pairs[:, 1]] = value
        return whole
    return value
