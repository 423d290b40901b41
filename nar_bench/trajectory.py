"""One run of one algorithm, and batches of runs, as plain numpy columns.

Two forms of one value (N nodes, C classes; `...` stands for leading axes such as T or B):

===================  ==========================  =====================================
type                 dense (the reference's)     compact (stored)
===================  ==========================  =====================================
scalar               [..., loc] float64          [..., loc] float64
mask                 [..., loc] float64          [..., loc] int8 (0, 1, MASKED)
categorical          [..., loc, C] one-hot       [..., loc] int8 class (MASKED: see `to_dense`)
mask_one             [..., N] one-hot            [...] int16 node index
pointer              [..., loc] int64            [..., loc] int16 node index
permutation_pointer  [..., N] int64              [..., N] int16 node index
===================  ==========================  =====================================

loc is N for nodes, N, N for edges and nothing for the graph. Indices are int32 above 32,767 nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.errors import InputError
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Stage, Type

Array = NDArray[Any]
Columns = Mapping[str, Array]

LARGEST_SCALAR = 1e100
"""The largest magnitude of a scalar, so that sums, and products of three, stay finite."""

_SCALAR, _SMALL, _SHORT, _LONG = (np.dtype(kind) for kind in (np.float64, np.int8, np.int16, np.int32))
_LARGEST_SHORT = np.iinfo(np.int16).max
_INDEX_TYPES = (Type.MASK_ONE, Type.POINTER, Type.PERMUTATION_POINTER)


def location_shape(feature: Feature, nodes: int) -> tuple[int, ...]:
    """Return the shape that the location alone gives: (N,), (N, N) or ()."""
    if feature.location is Location.NODE:
        return (nodes,)
    return (nodes, nodes) if feature.location is Location.EDGE else ()


def compact_shape(feature: Feature, nodes: int) -> tuple[int, ...]:
    """Return the shape of one compact value of `feature` on `nodes` nodes."""
    return () if feature.type is Type.MASK_ONE else location_shape(feature, nodes)


def dense_shape(feature: Feature, nodes: int) -> tuple[int, ...]:
    """Return the shape of one dense value of `feature` on `nodes` nodes."""
    classes = (feature.classes,) if feature.type is Type.CATEGORICAL else ()
    return location_shape(feature, nodes) + classes


def compact_dtype(feature: Feature, nodes: int) -> np.dtype[Any]:
    """Return the dtype of the compact form."""
    if feature.type is Type.SCALAR:
        return _SCALAR
    if feature.type in _INDEX_TYPES:
        return _SHORT if nodes <= _LARGEST_SHORT else _LONG
    return _SMALL


def to_dense(feature: Feature, values: Array, nodes: int) -> Array:
    """Expand compact `values` [..., *compact_shape] to dense [..., *dense_shape]; float64, or int64 for pointers.

    A masked class is minus the one-hot vector of the last class, as the reference has it.
    """
    if feature.type is Type.MASK_ONE:
        return np.asarray(values[..., None] == np.arange(nodes), dtype=np.float64)
    if feature.type is Type.CATEGORICAL:
        one_hot = (values[..., None] == np.arange(feature.classes)).astype(np.float64)
        one_hot[..., -1][values == MASKED] = MASKED
        return np.asarray(one_hot)
    return np.asarray(values, dtype=np.int64 if feature.type in _INDEX_TYPES else np.float64)


def as_array(values: Any, where: str) -> Array:
    """Return `values` as an array. Raises InputError where they are none, such as lists of unequal lengths."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"{where}: not an array: {error}.") from None


def to_compact(feature: Feature, values: Any, nodes: int, where: str) -> Array:
    """Check one dense value against its feature and return it compact; the inverse of `to_dense`.

    Args:
        values: array-like [*dense_shape]; for mask_one a node index [] is taken too.
        where: what to call the value in an error.

    Raises:
        InputError: wrong shape or dtype, NaN or infinity, or a value out of range.
    """
    array = as_array(values, where)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{where}: got dtype {array.dtype}; numbers are needed.")
    allowed = [dense_shape(feature, nodes)] + ([()] if feature.type is Type.MASK_ONE else [])
    if array.shape not in allowed:
        shown = " or ".join(str(shape) for shape in allowed)
        raise InputError(
            f"{where}: got shape {array.shape}; a {_describe(feature)} on {nodes} nodes has shape {shown}."
        )
    if not np.isfinite(array).all():
        raise InputError(
            f"{where}: got NaN or infinity at {_first(~np.isfinite(array))}; only finite numbers are allowed."
        )
    dtype = compact_dtype(feature, nodes)
    if feature.type is Type.SCALAR:
        with np.errstate(over="ignore"):  # a longer float may become infinite
            numbers = array.astype(dtype)
        large = np.abs(numbers) > LARGEST_SCALAR
        if large.any():
            raise InputError(
                f"{where}: got {array[_first_index(large)]} at {_first(large)}; at most "
                f"{LARGEST_SCALAR:g} in magnitude is allowed."
            )
        return numbers
    if (array != np.floor(array)).any():
        raise InputError(
            f"{where}: got {array[_first_index(array != np.floor(array))]}; a {_describe(feature)} holds whole numbers."
        )
    if feature.type is Type.MASK:
        _within(array, MASKED, 1, where, feature)
        return array.astype(dtype)
    if feature.type is Type.CATEGORICAL:
        masked = (array[..., :-1] == 0).all(axis=-1) & (array[..., -1] == MASKED)
        one_hot = ((array == 0) | (array == 1)).all(axis=-1) & (array.sum(axis=-1) == 1)
        if not (masked | one_hot).all():
            raise InputError(
                f"{where}: entry {_first(~(masked | one_hot))} is neither one-hot over {feature.classes} classes "
                f"nor masked, which is 0 but for {MASKED} in the last class."
            )
        return np.where(masked, MASKED, array.argmax(axis=-1)).astype(dtype)
    if feature.type is Type.MASK_ONE and array.shape:
        if not (((array == 0) | (array == 1)).all() and array.sum() == 1):
            raise InputError(
                f"{where}: exactly one of the {nodes} nodes must be 1 and all others 0, "
                f"got {int((array == 1).sum())} ones."
            )
        return np.asarray(array.argmax(), dtype=dtype)
    _within(array, 0, nodes - 1, where, feature)
    return array.astype(dtype)


def sorted_edges(values: Any, nodes: int, where: str) -> tuple[Array, NDArray[np.int64]]:
    """Check the edges of a sparse graph [E, 2] and return them sorted, int32, with the order [E] that sorts them.

    Raises:
        InputError: wrong shape or dtype, an index out of range, a self-loop, an edge twice, or one way only.
    """
    edges = np.asarray(values)
    if edges.dtype.kind not in "iu" or edges.ndim != 2 or edges.shape[1] != 2:
        raise InputError(
            f"{where}: got {edges.dtype} of shape {edges.shape}; whole numbers of shape [E, 2] are needed."
        )
    wrong = np.argwhere((edges < 0) | (edges >= nodes))
    if len(wrong):
        raise InputError(f"{where}: got node {edges[tuple(wrong[0])]} at [{wrong[0][0]}]; allowed: 0 to {nodes - 1}.")
    loops = np.flatnonzero(edges[:, 0] == edges[:, 1])
    if len(loops):
        raise InputError(f"{where}: edge [{loops[0]}] leads from node {edges[loops[0], 0]} to itself; not allowed.")
    number = edges[:, 0].astype(np.int64) * nodes + edges[:, 1]
    order = np.argsort(number, kind="stable")
    twice = np.flatnonzero(np.diff(number[order]) == 0)
    if len(twice):
        u, v = edges[order[twice[0]]]
        raise InputError(f"{where}: the edge from {u} to {v} is given twice.")
    back = edges[:, 1].astype(np.int64) * nodes + edges[:, 0]
    alone = np.flatnonzero(~np.isin(number, back))
    if len(alone):
        u, v = edges[alone[0]]
        raise InputError(f"{where}: the edge from {u} to {v} is there, but not the one from {v} to {u}; give both.")
    return edges[order].astype(np.int32), order


def _describe(feature: Feature) -> str:
    return f"{feature.location} {feature.type}"


def _first_index(wrong: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def _first(wrong: Array) -> str:
    return str(list(_first_index(wrong)))


def _within(array: Array, low: int, high: int, where: str, feature: Feature) -> None:
    wrong = (array < low) | (array > high)
    if wrong.any():
        at = _first_index(wrong)
        raise InputError(
            f"{where}: got {array[at]} at {list(at)}; a {_describe(feature)} holds values from {low} to {high}."
        )


@dataclass(frozen=True)
class Trajectory:
    """One run in the dense layout.

    Attributes:
        spec: the features.
        inputs, outputs: name -> array [*dense_shape].
        hints: name -> array [T, *dense_shape]; hints[name][t] is the state shown at step t.
    """

    spec: AlgorithmSpec
    inputs: Columns
    hints: Columns
    outputs: Columns
    length: int
    """T, the number of hints."""


@dataclass(frozen=True)
class Batch:
    """B runs on graphs of equal size in the compact form; hints are laid end to end, without padding.

    Attributes:
        spec: the features.
        nodes: N.
        inputs, outputs: name -> [B, *compact_shape].
        hints: name -> [S, *compact_shape] with S the sum of all lengths; rows offsets[b]:offsets[b+1] belong to run b.
        offsets: [B + 1] int64, from 0 to S.
    """

    spec: AlgorithmSpec
    nodes: int
    inputs: Columns
    hints: Columns
    outputs: Columns
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[B] number of hints T of each run."""
        return np.diff(self.offsets)

    def __getitem__(self, index: int) -> Trajectory:
        """Return run `index` in the dense layout. Raises IndexError outside [-B, B)."""
        index = range(len(self))[index]
        start, stop = int(self.offsets[index]), int(self.offsets[index + 1])

        def dense(columns: Columns, at: int | slice) -> dict[str, Array]:
            return {
                name: to_dense(self.spec[name], np.asarray(column[at]), self.nodes) for name, column in columns.items()
            }

        return Trajectory(
            spec=self.spec,
            inputs=dense(self.inputs, index),
            hints=dense(self.hints, slice(start, stop)),
            outputs=dense(self.outputs, index),
            length=stop - start,
        )

    def __iter__(self) -> Iterator[Trajectory]:
        return (self[index] for index in range(len(self)))

    def padded(self, name: str) -> Array:
        """Return hint `name` as [T, B, *compact_shape] with T the longest length, zero beyond each run's own length."""
        return _in_time(self.hints[name], self.offsets[:-1], 1, self.lengths, int(self.lengths.max(initial=0)))

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> Batch:
        """Return the runs at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        rows = _ranges(self.offsets, chosen)
        offsets = np.concatenate([[0], np.cumsum(self.lengths[chosen])])
        return Batch(
            spec=self.spec,
            nodes=self.nodes,
            inputs={name: column[chosen] for name, column in self.inputs.items()},
            hints={name: column[rows] for name, column in self.hints.items()},
            outputs={name: column[chosen] for name, column in self.outputs.items()},
            offsets=offsets,
        )


@dataclass(frozen=True)
class SparseBatch:
    """B runs on sparse graphs of N nodes each; edges and hints are laid end to end, without padding.

    Attributes:
        spec: the features, in the sparse layout.
        nodes: N.
        inputs: name -> [B, *compact_shape], or [sum of E] on edges; and `edges` [sum of E, 2], (from, to), each
            edge both ways, sorted within each run. Self-loops are there where a feature on edges needs them.
        hints: name -> [S, *compact_shape] as in `Batch`, or [sum of T E] on edges.
        outputs: name -> as inputs.
        offsets: [B + 1] int64, hint rows of each run.
        edge_offsets: [B + 1] int64, edges of each run.
        off_graph: feature on edges -> the value that it has in the dense layout where there is no edge; see `off`.
    """

    spec: AlgorithmSpec
    nodes: int
    inputs: Columns
    hints: Columns
    outputs: Columns
    offsets: NDArray[np.int64]
    edge_offsets: NDArray[np.int64]
    off_graph: Mapping[str, int] = field(default_factory=dict)

    def off(self, feature: Feature) -> int:
        """Return the value of a feature where there is no edge: by default 0, and MASKED of masks that are answered.

        Whether what is not there is in a tree is neither trained nor scored.
        """
        answered = feature.type is Type.MASK and feature.stage is not Stage.INPUT
        return self.off_graph.get(feature.name, MASKED if answered else 0)

    def padded(self, name: str) -> Array:
        """Return hint `name` as `Batch.padded` does, or [T, sum of E] on edges."""
        longest = int(self.lengths.max(initial=0))
        if self.spec[name].location is not Location.EDGE:
            return _in_time(self.hints[name], self.offsets[:-1], 1, self.lengths, int(self.lengths.max(initial=0)))
        edges = np.diff(self.edge_offsets)
        run = np.repeat(np.arange(len(self)), edges)
        cells = self.lengths * edges
        first = (np.cumsum(cells) - cells - self.edge_offsets[:-1])[run] + np.arange(len(run))
        return _in_time(self.hints[name], first, edges[run], self.lengths[run], longest)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[B] number of hints T of each run."""
        return np.diff(self.offsets)

    def __getitem__(self, index: int) -> Trajectory:
        """Return run `index`; edge features are [E] and [T, E], all others dense. Raises IndexError outside [-B, B)."""
        one = self.select([range(len(self))[index]])
        length = int(one.offsets[-1])

        def dense(columns: Columns, leading: tuple[int, ...]) -> dict[str, Array]:
            made = {}
            for name, column in columns.items():
                if name == "edges":
                    made[name] = column.astype(np.int64)
                elif self.spec[name].location is Location.EDGE:
                    made[name] = column.reshape(*leading, one.edge_offsets[-1]).astype(np.float64)
                else:
                    value = column if leading else column[0]
                    made[name] = to_dense(self.spec[name], np.asarray(value), self.nodes)
            return made

        return Trajectory(
            spec=self.spec,
            inputs=dense(one.inputs, ()),
            hints=dense(one.hints, (length,)),
            outputs=dense(one.outputs, ()),
            length=length,
        )

    def __iter__(self) -> Iterator[Trajectory]:
        return (self[index] for index in range(len(self)))

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> SparseBatch:
        """Return the runs at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        edges = _ranges(self.edge_offsets, chosen)
        rows = _ranges(self.offsets, chosen)
        cells = _ranges(np.concatenate([[0], np.cumsum(self.lengths * np.diff(self.edge_offsets))]), chosen)

        def picked(columns: Columns, on_nodes: Array, on_edges: Array) -> dict[str, Array]:
            return {
                name: column[on_edges if name == "edges" or self.spec[name].location is Location.EDGE else on_nodes]
                for name, column in columns.items()
            }

        return SparseBatch(
            spec=self.spec,
            nodes=self.nodes,
            inputs=picked(self.inputs, chosen, edges),
            hints=picked(self.hints, rows, cells),
            outputs=picked(self.outputs, chosen, edges),
            offsets=np.concatenate([[0], np.cumsum(self.lengths[chosen])]),
            off_graph=self.off_graph,
            edge_offsets=np.concatenate([[0], np.cumsum(np.diff(self.edge_offsets)[chosen])]),
        )


def _in_time(column: Array, first: Array, stride: Array | int, lengths: Array, longest: int) -> Array:
    """Return [T, M, ...], row first[i] + t stride[i] of `column` for step t of element i, zero from lengths[i] on."""
    steps = np.arange(longest)[:, None]
    # Beyond an element's end the row index is clipped to a valid one and the value is overwritten with zero.
    values = column[np.minimum(first + steps * stride, max(len(column) - 1, 0))]
    values[steps >= lengths] = 0
    return np.asarray(values)


def _ranges(offsets: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices offsets[i] .. offsets[i + 1] - 1 of each chosen i, end to end."""
    lengths = np.diff(offsets)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return np.asarray(np.repeat(offsets[chosen] - starts[:-1], lengths) + np.arange(starts[-1]))
