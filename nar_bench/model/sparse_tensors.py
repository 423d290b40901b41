"""A batch of trajectories on sparse graphs as torch tensors.

Shapes: B graphs of N nodes each, V = B N nodes and E edges of all of them, as `SparseGraph` has them; T steps.
Pointers on nodes are edges: that of node i at node j is the edge from j to i, one of the edges into i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from nar_bench.errors import InputError
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.tensors import WHOLE, Runs, TensorBatch, expand
from nar_bench.spec import GRAPH, AlgorithmSpec, Feature, Location, Type
from nar_bench.trajectory import Array, SparseBatch


@dataclass(frozen=True)
class SparseTensorBatch(Runs):
    """B trajectories: scalars and masks float32; classes, nodes and edges int64.

    Attributes:
        spec: the features, in the sparse layout.
        nodes: N.
        graph: the graphs.
        places: where the edges of the `SparseBatch` are among those of the graph; empty where nothing is on edges.
        inputs, outputs: name -> [V], [E] or [B] by location; a mask_one is a node index [B], as in the dense layout,
            and so is a pointer on the graph.
        hints: name -> the same after T, zero beyond each run's own length.
    """

    spec: AlgorithmSpec
    nodes: int
    graph: SparseGraph
    places: Int[Tensor, " M"]
    inputs: dict[str, Tensor]
    hints: dict[str, Tensor]
    outputs: dict[str, Tensor]
    lengths: Int[Tensor, " B"]


EitherBatch = TensorBatch | SparseTensorBatch
"""A batch in either layout."""


def to_sparse_tensors(
    batch: SparseBatch, device: str | torch.device = "cpu", *, truth: bool = True
) -> SparseTensorBatch:
    """Copy a sparse batch to `device`.

    Args:
        truth: whether to copy the outputs, which only a loss needs.

    Raises:
        InputError: a pointer is along no edge, or the graphs are none (see `SparseGraph.of`).
    """
    spec, graph = batch.spec, SparseGraph.of(batch)
    on_edges = any(feature.location is Location.EDGE for feature in spec.features)
    places = _places(batch, graph) if on_edges else np.zeros(0, np.int64)

    def tensor(feature: Feature, values: Array) -> Tensor:
        """Copy [..., *location]."""
        if feature.location is Location.EDGE:
            at_all = np.full((*values.shape[:-1], graph.E), batch.off(feature), values.dtype)
            at_all[..., places] = values
            values = at_all
        elif feature.location is Location.NODE and feature.type is Type.POINTER:
            values = _edges_of_pointers(feature, values, graph, batch)
        elif feature.location is Location.NODE and feature.type is not Type.MASK_ONE:
            values = values.reshape(*values.shape[:-2], graph.V)
        dtype = np.int64 if feature.type in WHOLE else np.float32
        return torch.from_numpy(np.ascontiguousarray(values, dtype=dtype)).to(device)

    return SparseTensorBatch(
        spec=spec,
        nodes=batch.nodes,
        graph=graph.to(device),
        places=torch.from_numpy(places).to(device),
        inputs={f.name: tensor(f, batch.inputs[f.name]) for f in spec.inputs},
        hints={f.name: tensor(f, batch.padded(f.name)) for f in spec.hints if f.name in batch.hints},
        outputs={f.name: tensor(f, batch.outputs[f.name]) for f in spec.outputs} if truth else {},
        lengths=torch.from_numpy(batch.lengths).to(device),
    )


def _places(batch: SparseBatch, graph: SparseGraph) -> Array:
    """Return where each edge of the batch is among those of the graph."""
    run = np.repeat(np.arange(len(batch)), np.diff(batch.edge_offsets))
    u, v = (batch.inputs[GRAPH].astype(np.int64) + run[:, None] * batch.nodes).T
    # The edges of the batch are the reverses of those of the graph, in their order, but for the self-loops added.
    loop = (graph.source == graph.target).numpy()
    has = np.zeros(graph.V, bool)
    has[u[u == v]] = True
    kept = ~loop | has[graph.target.numpy()]
    places: Array = graph.reverse.numpy()[np.flatnonzero(kept)]
    return places


def _edges_of_pointers(feature: Feature, values: Array, graph: SparseGraph, batch: SparseBatch) -> Array:
    """Return [..., V] the edge of each pointer [..., B, N]."""
    key = (graph.target * graph.V + graph.source).numpy()  # ascending
    total = len(batch) * batch.nodes
    node = np.arange(total).reshape(len(batch), batch.nodes)
    sought = node * total + (node - node % max(batch.nodes, 1)) + values
    edge = np.searchsorted(key, sought)
    along = np.append(key, -1)[edge] == sought
    if feature.name in batch.hints:  # zeros beyond the end of a run point nowhere
        along |= np.arange(len(values))[:, None, None] >= batch.lengths[:, None]
    if not along.all():
        at = tuple(np.argwhere(~along)[0])
        raise InputError(
            f"{feature.stage} '{feature.name}': node {at[-1]} of run {at[-2]} points at {values[at]}, to which it has "
            "no edge; in the sparse layout pointers are along edges."
        )
    found: Array = np.where(along, edge, 0).reshape(*values.shape[:-2], total)
    return found


def sparse_columns(feature: Feature, values: Tensor, batch: SparseTensorBatch) -> Float[Tensor, ...]:
    """Return what encoders read of one feature, floats on its elements; of a pointer, a mask over edges.

    The pointer of node i at node j is a 1 at the edge from i to j, as it is at [i, j] in the dense layout. A mask_one,
    and a pointer on the graph, is a 1 at a node.
    """
    dtype = torch.get_default_dtype()
    if feature.type is Type.POINTER and feature.location is Location.NODE:
        mask = torch.zeros(batch.graph.E, dtype=dtype, device=values.device)
        return mask.index_fill(0, batch.graph.reverse[values], 1.0)
    expanded = expand(feature, values, batch.nodes)
    return expanded.flatten() if feature.type in (Type.MASK_ONE, Type.POINTER) else expanded
