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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.errors import InputError
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Type

Array = NDArray[Any]
Columns = Mapping[str, Array]

_INDEX_TYPES = (Type.MASK_ONE, Type.POINTER, Type.PERMUTATION_POINTER)


def location_shape(feature: Feature, nodes: int) -> tuple[int, ...]:
    """Return the shape that the location alone gives: (N,), (N, N) or ()."""
    return {Location.NODE: (nodes,), Location.EDGE: (nodes, nodes), Location.GRAPH: ()}[feature.location]


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
        return np.dtype(np.float64)
    if feature.type in _INDEX_TYPES:
        return np.dtype(np.int16 if nodes <= np.iinfo(np.int16).max else np.int32)
    return np.dtype(np.int8)


def to_dense(feature: Feature, values: Array, nodes: int) -> Array:
    """Expand compact `values` [..., *compact_shape] to dense [..., *dense_shape]; float64, or int64 for pointers.

    A masked class is minus the one-hot vector of the last class, as the reference has it.
    """
    if feature.type is Type.MASK_ONE:
        return np.asarray(values[..., None] == np.arange(nodes), dtype=np.float64)
    if feature.type is Type.CATEGORICAL:
        one_hot = (values[..., None] == np.arange(feature.classes)).astype(np.float64)
        one_hot[..., -1][values == MASKED] = MASKED
        return one_hot
    return np.asarray(values, dtype=np.int64 if feature.type in _INDEX_TYPES else np.float64)


def to_compact(feature: Feature, values: Any, nodes: int, where: str) -> Array:
    """Check one dense value against its feature and return it compact; the inverse of `to_dense`.

    Args:
        values: array-like [*dense_shape]; for mask_one a node index [] is taken too.
        where: what to call the value in an error.

    Raises:
        InputError: wrong shape or dtype, NaN or infinity, or a value out of range.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{where}: not an array: {error}.") from None
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
        return array.astype(dtype)
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
        column, lengths = self.hints[name], self.lengths
        steps = np.arange(int(lengths.max(initial=0)))[:, None]
        live = steps < lengths
        # Beyond a run's end the row index is clipped to a valid one and the value is overwritten with zero.
        rows = np.minimum(self.offsets[:-1] + steps, max(len(column) - 1, 0))
        values = column[rows]
        values[~live] = 0
        return np.asarray(values)

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> Batch:
        """Return the runs at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[chosen]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        rows = np.repeat(self.offsets[chosen] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Batch(
            spec=self.spec,
            nodes=self.nodes,
            inputs={name: column[chosen] for name, column in self.inputs.items()},
            hints={name: column[rows] for name, column in self.hints.items()},
            outputs={name: column[chosen] for name, column in self.outputs.items()},
            offsets=offsets,
        )
