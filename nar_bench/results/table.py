"""All scores of a results folder as one table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from nar_bench.results.compact import compact
from nar_bench.results.query import Filter, select_scores
from nar_bench.results.store import Store


def load_table(path: Path) -> pa.Table:
    """Return one row per trial, algorithm, shift point, size and metric (long form), sorted by trial.

    Failed trials have no rows; damaged records are left out (`Store.records` names them).

    Raises:
        StoreError: there is no results folder at `path`.
    """
    return select_scores(compact(Store(path)), Filter())
