"""Batches of trajectories to Arrow tables and back, without a Python loop over rows.

A batch is arrays laid end to end already, so a column of lists is the array itself with offsets. Reading is the same
backwards: what comes back is what went in, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data_sets.columns import EDGE_COUNT, LENGTH, NODES, SAMPLE, Column, columns_of
from nar_bench.errors import DataSetError
from nar_bench.spec import AlgorithmSpec, Layout, Stage
from nar_bench.trajectory import Array, Batch, SparseBatch

if TYPE_CHECKING:
    import pyarrow as pa


def to_table(batch: Batch | SparseBatch, samples: NDArray[np.int64]) -> pa.Table:
    """Return the table of a batch; its hints where it has them.

    Args:
        samples: [B] numbers of the samples in their stream.
    """
    import pyarrow as pa

    count, nodes = len(batch), batch.nodes
    hints = bool(batch.hints)
    edges = np.diff(batch.edge_offsets) if isinstance(batch, SparseBatch) else np.zeros(count, np.int64)
    arrays: dict[str, Any] = {
        SAMPLE: pa.array(np.asarray(samples, np.int64)),
        NODES: pa.array(np.full(count, nodes, np.int32)),
        LENGTH: pa.array(batch.lengths.astype(np.int32)),
    }
    if batch.spec.layout is Layout.SPARSE:
        arrays[EDGE_COUNT] = pa.array(edges.astype(np.int32))
    for column in columns_of(batch.spec, nodes):
        if column.stage is Stage.HINT and not hints:
            # Every split of a config has the same columns, because `datasets` asks for it.
            arrays[column.name] = pa.nulls(count, pa.large_list(pa.from_numpy_dtype(np.dtype(column.dtype))))
            continue
        stages: Mapping[Stage, Mapping[str, Array]] = {
            Stage.INPUT: batch.inputs,
            Stage.HINT: batch.hints,
            Stage.OUTPUT: batch.outputs,
        }
        values = stages[column.stage][column.name]
        if column.delta:
            values = _differences(values, batch.offsets)
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        if column.shape:
            per_row = _per_row(column, nodes, batch.lengths, edges)
            offsets = np.concatenate([[0], np.cumsum(per_row)])
            arrays[column.name] = pa.LargeListArray.from_arrays(pa.array(offsets), flat)
        else:
            arrays[column.name] = flat
    return pa.table(arrays)


def from_table(table: pa.Table, spec: AlgorithmSpec, where: str) -> Batch | SparseBatch:
    """Return the batch of a table whose rows have one number of nodes; the inverse of `to_table`.

    Args:
        where: what to call the table in an error.

    Raises:
        DataSetError: a column is missing, of another type, or of another size than its row's shape says.
    """
    nodes_of = _numbers(table, NODES, where)
    if len(nodes_of) == 0:
        raise DataSetError(f"{where}: there is no row.")
    nodes = int(nodes_of[0])
    if (nodes_of != nodes).any():
        raise DataSetError(f"{where}: rows of {nodes} and of {int(nodes_of[nodes_of != nodes][0])} nodes are mixed.")
    lengths = _numbers(table, LENGTH, where).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    sparse = spec.layout is Layout.SPARSE
    edges = _numbers(table, EDGE_COUNT, where).astype(np.int64) if sparse else np.zeros(len(table), np.int64)
    hints = has_hints(table, spec)
    stages: dict[Stage, dict[str, Array]] = {stage: {} for stage in Stage}
    for column in columns_of(spec, nodes):
        if column.stage is Stage.HINT and not hints:
            continue
        values = _values(table, column, where)
        if column.shape:
            values = _shaped(table, column, values, nodes, lengths, edges, where)
        if column.delta:
            values = _sums(values, offsets)
        stages[column.stage][column.name] = values
    parts: dict[str, Any] = {
        "spec": spec,
        "nodes": nodes,
        "inputs": stages[Stage.INPUT],
        "hints": stages[Stage.HINT],
        "outputs": stages[Stage.OUTPUT],
        "offsets": offsets,
    }
    if sparse:
        return SparseBatch(**parts, edge_offsets=np.concatenate([[0], np.cumsum(edges)]))
    return Batch(**parts)


def has_hints(table: pa.Table, spec: AlgorithmSpec) -> bool:
    """Return whether a table holds hints; where they are not kept their columns are null."""
    names = [feature.name for feature in spec.hints if feature.name in table.column_names]
    return any(table.column(name).null_count < len(table) for name in names)


def _per_row(column: Column, nodes: int, lengths: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many values each row of a column has."""
    sizes: dict[str, Any] = {"T": lengths, "N": nodes, "E": edges, "2": 2}
    return np.asarray(np.broadcast_to(math.prod(sizes[axis] for axis in column.shape), lengths.shape), np.int64)


def _shaped(
    table: pa.Table,
    column: Column,
    values: Array,
    nodes: int,
    lengths: NDArray[np.int64],
    edges: NDArray[np.int64],
    where: str,
) -> Array:
    import pyarrow.compute as pc

    found = pc.list_value_length(table.column(column.name)).to_numpy()
    expected = _per_row(column, nodes, lengths, edges)
    wrong = np.flatnonzero(found != expected)
    if len(wrong):
        raise DataSetError(
            f"{where}, column '{column.name}', row {wrong[0]}: got {found[wrong[0]]} values; "
            f"{expected[wrong[0]]} are needed for shape [{', '.join(column.shape)}]."
        )
    if column.shape[0] == "N":
        return values.reshape(len(table), *[nodes] * len(column.shape))
    return values.reshape(-1, *[nodes if axis == "N" else 2 for axis in column.shape[1:] if axis != "E"])


def _values(table: pa.Table, column: Column, where: str) -> Array:
    import pyarrow as pa

    if column.name not in table.column_names:
        raise DataSetError(f"{where}: column '{column.name}' is missing; it has {', '.join(table.column_names)}.")
    chunks = table.column(column.name).combine_chunks()
    if isinstance(chunks, pa.ChunkedArray):  # of none or several
        chunks = pa.concat_arrays(chunks.chunks) if chunks.num_chunks else pa.array([], chunks.type)
    flat = chunks.flatten() if column.shape and pa.types.is_large_list(chunks.type) else chunks
    got, needed = str(chunks.type), pa.from_numpy_dtype(np.dtype(column.dtype))
    expected = pa.large_list(needed) if column.shape else needed
    if flat.type != needed or bool(column.shape) != pa.types.is_large_list(chunks.type):
        raise DataSetError(f"{where}, column '{column.name}': got type {got}; {expected} is needed.")
    if flat.null_count:
        raise DataSetError(f"{where}, column '{column.name}': {flat.null_count} values are missing.")
    return np.asarray(flat.to_numpy())


def _numbers(table: pa.Table, name: str, where: str) -> Array:
    if name not in table.column_names:
        raise DataSetError(f"{where}: column '{name}' is missing; it has {', '.join(table.column_names)}.")
    return np.asarray(table.column(name).to_numpy())


def _differences(values: Array, offsets: NDArray[np.int64]) -> Array:
    """Return [S, ...] with each step less the step before; the first of each run as it is. It wraps, and back again."""
    made = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=made[1:])
    starts = offsets[:-1][np.diff(offsets) > 0]
    made[starts] = values[starts]
    return made


def _sums(values: Array, offsets: NDArray[np.int64]) -> Array:
    """Undo `_differences`."""
    # One sum over all runs, of which each run then gives back what had come before it.
    whole = np.cumsum(values, axis=0, dtype=values.dtype)
    before = np.zeros((len(offsets) - 1, *values.shape[1:]), values.dtype)
    later = offsets[:-1] > 0
    before[later] = whole[offsets[:-1][later] - 1]
    return np.asarray(whole - np.repeat(before, np.diff(offsets), axis=0), values.dtype)
