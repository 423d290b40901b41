"""Raw predictions on sparse graphs to answers; see `nar_bench.model.answers`."""

from __future__ import annotations

from torch import Tensor

from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_reread import likeliest
from nar_bench.model.sparse_tensors import SparseTensorBatch
from nar_bench.spec import AlgorithmSpec, Feature, Location, Type
from nar_bench.trajectory import Array, compact_dtype


def hard_sparse(features: tuple[Feature, ...], raw: dict[str, Tensor], on: SparseGraph) -> dict[str, Tensor]:
    """Decide features of one step.

    Args:
        raw: as `nar_bench.model.sparse_decoders` has them.
        on: the graphs that they are of.

    Returns:
        name -> [V], [E] or [B], on the device: numbers, masks, classes, and nodes by their index in their own graph.
    """
    return {feature.name: _harden(feature, raw[feature.name].detach(), on) for feature in features}


def _harden(feature: Feature, value: Tensor, on: SparseGraph) -> Tensor:
    if feature.type is Type.SCALAR:
        return value
    if feature.type is Type.MASK:
        return value > 0
    if feature.type is Type.POINTER and feature.location is Location.NODE:
        edge = likeliest(on, value)
        return on.source[edge] - on.node_offsets[on.graph_of_node]
    return value.argmax(dim=-1)


def sparse_columns_of(spec: AlgorithmSpec, decided: dict[str, Tensor], batch: SparseTensorBatch) -> dict[str, Array]:
    """Return decided features as columns of a `SparseBatch`: name -> [..., B, *compact_shape], or [..., M] on edges.

    Args:
        decided: name -> [..., V], [..., E] or [..., B].
    """
    columns = {}
    for name, value in decided.items():
        feature = spec[name]
        if feature.location is Location.EDGE:
            value = value[..., batch.places]
        elif feature.location is Location.NODE and feature.type is not Type.MASK_ONE:
            value = value.view(*value.shape[:-1], batch.graph.B, batch.nodes)
        columns[name] = value.cpu().numpy().astype(compact_dtype(feature, batch.nodes))
    return columns
