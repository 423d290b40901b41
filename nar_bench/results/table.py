"""All scores of a results folder as one table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from nar_bench.results.record import Record
from nar_bench.results.store import Store

SCHEMA = pa.schema(
    [
        ("trial", pa.string()),
        ("suite", pa.string()),
        ("suite_version", pa.int32()),
        ("algorithm", pa.string()),
        ("processor", pa.string()),
        ("regime", pa.string()),
        ("similarity", pa.string()),
        ("seed", pa.int64()),
        ("size", pa.int32()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("count", pa.int32()),
    ]
)


def load_table(path: Path) -> pa.Table:
    """Return one row per trial, algorithm, size and metric (long form), sorted by trial.

    Failed trials have no rows; damaged records are left out (`Store.records` names them).

    Raises:
        StoreError: there is no results folder at `path`.
    """
    good, _ = Store(path).records()
    return table_of(good)


def table_of(records: list[Record]) -> pa.Table:
    """Return the long form of some records."""
    rows = [
        {
            "trial": record.trial,
            "suite": record.suite.name,
            "suite_version": record.suite.version,
            "processor": record.processor.name,
            "regime": record.regime,
            "similarity": record.similarity.name if record.similarity else None,
            "seed": record.seed,
            **score.model_dump(),
        }
        for record in records
        for score in record.scores
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
