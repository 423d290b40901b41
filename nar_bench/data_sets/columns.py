"""The columns of a data set: one row for each trajectory, flat lists with the shapes that they had.

| column | what it is |
|---|---|
| sample | number of the sample in its stream; the seed and this number make it again |
| nodes, length | N and T of this row |
| edge_count | E, in the sparse layout |
| each feature | a number, or one flat list of its compact values (`nar_bench.trajectory`), C order; hints are
null where they are not kept |

A flat list has a symbolic shape such as ("T", "N", "N"): `numpy.reshape(list, (length, nodes, nodes))` is what it was.
Hints of whole numbers that have a value for each node or pair of nodes are stored as differences from the step before
(the first step as it is): `numpy.cumsum(value, axis=0)` is what they were. Most entries of such hints stay as they are
from one step to the next, and the files become smaller by a quarter to two thirds (docs/reference/data_sets.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nar_bench.errors import DataSetError
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import compact_dtype

SAMPLE, NODES, LENGTH, EDGE_COUNT, EDGES = "sample", "nodes", "length", "edge_count", "edges"

_TAKEN = (SAMPLE, NODES, LENGTH, EDGE_COUNT, EDGES)


@dataclass(frozen=True)
class Column:
    """One feature in a file.

    Attributes:
        feature: None for the edges of a sparse graph.
        shape: symbols of its axes: "T" length, "N" nodes, "E" edge_count, "2"; () for a plain number.
        dtype: of its values, numpy's name.
        delta: whether the values are differences from the step before.
    """

    name: str
    stage: Stage
    feature: Feature | None
    shape: tuple[str, ...]
    dtype: str
    delta: bool

    @property
    def restore(self) -> str:
        """Return the numpy expression that gives back the compact array, for a reader of the card."""
        if not self.shape:
            return f'row["{self.name}"]'
        sizes = {"T": 'row["length"]', "N": 'row["nodes"]', "E": 'row["edge_count"]', "2": "2"}
        made = f'np.reshape(row["{self.name}"], ({", ".join(sizes[axis] for axis in self.shape)},))'.replace(",,", ",")
        return f"np.cumsum({made}, axis=0, dtype=np.{self.dtype})" if self.delta else made


def columns_of(spec: AlgorithmSpec, nodes: int) -> list[Column]:
    """Return the columns of an algorithm's features in the order of its spec, the edges of a sparse graph first.

    Raises:
        DataSetError: a feature has a name that the file uses for itself.
    """
    found = []
    for feature in spec.features:
        if feature.name in _TAKEN:
            raise DataSetError(
                f"feature '{feature.name}': a data set has a column of this name that is no feature; "
                f"taken are {', '.join(_TAKEN)}. Give the feature another name."
            )
        shape = _shape(feature, spec.layout)
        if feature.stage is Stage.HINT:
            shape = ("T", *shape)
        delta = len(shape) > 1 and shape[0] == "T" and "E" not in shape and feature.type is not Type.SCALAR
        found.append(Column(feature.name, feature.stage, feature, shape, str(compact_dtype(feature, nodes)), delta))
    if spec.layout is Layout.SPARSE:
        found.insert(0, Column(EDGES, Stage.INPUT, None, ("E", "2"), str(np.dtype(np.int32)), False))
    return found


def _shape(feature: Feature, layout: Layout) -> tuple[str, ...]:
    """Return the axes of one compact value."""
    if feature.location is Location.GRAPH or feature.type is Type.MASK_ONE:
        return ()
    if feature.location is Location.NODE:
        return ("N",)
    return ("E",) if layout is Layout.SPARSE else ("N", "N")
