"""What a network answered to each test instance, in one Parquet file for each trial that was asked to keep it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from nar_bench.results.files import write_parquet
from nar_bench.trajectory import Columns

SCHEMA = pa.schema(
    [
        ("algorithm", pa.string()),
        ("point", pa.string()),
        ("size", pa.int32()),
        ("instance", pa.int32()),
        ("output", pa.string()),
        ("answer", pa.list_(pa.float64())),
        ("truth", pa.list_(pa.float64())),
    ]
)
"""One row for each output of each instance; answer and truth are its compact entries, in order. Instance i of a size is
sample i of the seed that evaluation derives from evaluate.seed and the size, so its inputs can be drawn again."""


class Predictions:
    """The answers of one trial, kept until they are written together."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []

    def add(self, algorithm: str, point: str, size: int, truth: Columns, answers: Columns) -> None:
        """Add the answers to all instances of a size at a shift point.

        Args:
            truth: name -> [B, *compact_shape], as are the answers.
        """
        for name, given in answers.items():
            count = len(given)
            columns = [
                pa.array([algorithm] * count),
                pa.array([point] * count),
                pa.array([size] * count, pa.int32()),
                pa.array(range(count), pa.int32()),
                pa.array([name] * count),
                pa.array(list(np.asarray(given, np.float64).reshape(count, -1)), pa.list_(pa.float64())),
                pa.array(list(np.asarray(truth[name], np.float64).reshape(count, -1)), pa.list_(pa.float64())),
            ]
            self._parts.append(pa.Table.from_arrays(columns, schema=SCHEMA))

    def write(self, path: Path) -> None:
        """Write the file whole or not at all. Raises StoreError."""
        write_parquet(path, pa.concat_tables([SCHEMA.empty_table(), *self._parts]))
