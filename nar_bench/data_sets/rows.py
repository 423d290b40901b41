"""The rows of a part of a recipe, made anew from its seed, as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.generate import generate
from nar_bench.data_sets.arrow import to_table
from nar_bench.data_sets.columns import EDGE_COUNT, LENGTH, NODES, SAMPLE, columns_of
from nar_bench.data_sets.manifest import ColumnNote
from nar_bench.data_sets.recipe import DataConfig, Part
from nar_bench.data_sets.text import text_table
from nar_bench.errors import DataSetError
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.spec import Layout
from nar_bench.trajectory import Batch, SparseBatch

if TYPE_CHECKING:
    import pyarrow as pa


TEXT_COLUMNS = (
    ColumnNote(name=SAMPLE, dtype="int64"),
    *(ColumnNote(name=name, dtype="string") for name in ("question", "answer", "text", "algo_name")),
    ColumnNote(name="length", dtype="int32"),
    ColumnNote(name="use_hints", dtype="bool"),
)
"""Of prompts and answers; `length` is the problem size, as dm-clrs calls it."""


@dataclass(frozen=True)
class Rows:
    """Makes the rows of one part."""

    config: DataConfig
    part: Part
    algorithm: Algorithm

    def samples(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the numbers of the samples from place `first` of the part on, without removed ones."""
        start = self.part.first + first
        numbers = np.arange(start, start + count)
        return numbers[~np.isin(numbers, np.array(self.part.removed, np.int64))]

    def batch(self, first: int, count: int) -> Batch | SparseBatch | None:
        """Return the trajectories of `count` places from `first` on, or None where all of them are removed."""
        kept = self.samples(first, count)
        if not len(kept):
            return None
        shift = {axis: value for axis, value in self.part.shift.items() if value is not None}
        start = self.part.first + first
        made: Batch | SparseBatch = generate(
            self.algorithm, self.part.size, count, self.part.seed, first=start, hints=self.part.hints, **shift
        )
        return made if len(kept) == count else made.select(kept - start)

    def table(self, first: int, count: int) -> pa.Table | None:
        """Return the rows of `count` places from `first` on, or None where all of them are removed."""
        batch = self.batch(first, count)
        return None if batch is None else self.table_of(batch, self.samples(first, count))

    def table_of(self, batch: Batch | SparseBatch, samples: NDArray[np.int64]) -> pa.Table:
        """Return the rows of these trajectories."""
        if self.config.form == "trajectory":
            return to_table(batch, samples)
        assert isinstance(batch, Batch)
        trace = self.config.form == "trace"
        return text_table(self.algorithm, batch, samples, self.part.size, trace=trace, told=self.config.told)

    def columns(self) -> tuple[ColumnNote, ...]:
        """Return what is told of the columns."""
        if self.config.form != "trajectory":
            return TEXT_COLUMNS
        spec = self.algorithm.spec
        extra = (EDGE_COUNT,) if spec.layout is Layout.SPARSE else ()
        notes = [ColumnNote(name=SAMPLE, dtype="int64")]
        notes += [ColumnNote(name=name, dtype="int32") for name in (NODES, LENGTH, *extra)]
        for column in columns_of(spec, self.part.nodes):
            feature = column.feature
            notes.append(
                ColumnNote(
                    name=column.name,
                    dtype=column.dtype,
                    shape=column.shape,
                    stage=str(column.stage),
                    location=str(feature.location) if feature else "edge",
                    type=str(feature.type) if feature else "pair of nodes",
                    classes=feature.classes if feature else 0,
                    delta=column.delta,
                    restore=column.restore if column.shape else "",
                )
            )
        return tuple(notes)

    def pieces(self, first: int, count: int, at_once: int) -> Iterator[tuple[Batch | SparseBatch, pa.Table]]:
        """Yield the rows of `count` places, at most `at_once` at a time, as trajectories and as a table."""
        for start in range(first, first + count, at_once):
            places = min(at_once, first + count - start)
            batch = self.batch(start, places)
            if batch is not None:
                yield batch, self.table_of(batch, self.samples(start, places))


def rows_of(config: DataConfig, part: Part, registry: Registry) -> Rows:
    """Find the algorithm of a config.

    Raises:
        UnknownName, PluginError: it is not there.
        DataSetError: it is there in another version.
    """
    algorithm: Any = registry.load(Kind.ALGORITHM, config.algorithm_id)
    if algorithm.version != config.algorithm_version:
        raise DataSetError(
            f"config '{config.name}' is of version {config.algorithm_version} of {config.algorithm_id}; "
            f"here is version {algorithm.version}, which may make other rows. Install the version that made it."
        )
    return Rows(config, part, algorithm)
