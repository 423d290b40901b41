"""All scores of a results folder as one table, or what is asked of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from nar_bench.errors import QueryError
from nar_bench.results.compact import Compacted, compact
from nar_bench.results.query import Filter, ask, select_scores
from nar_bench.results.store import Store

_ALL = Filter()


def load_table(path: Path, wanted: Filter = _ALL, sql: str | None = None) -> pa.Table:
    """Return what `table_of` does of a results folder. Raises StoreError where there is none at `path`, too."""
    return table_of(compact(Store(path)), wanted, sql)


def table_of(compacted: Compacted, wanted: Filter = _ALL, sql: str | None = None) -> pa.Table:
    """Return one row per trial, algorithm, shift point, size and metric (long form), sorted by trial; or an answer.

    Failed trials have no rows; damaged records are left out (`Store.records` names them).

    Args:
        wanted: which scores.
        sql: a question to ask instead, see `nar_bench.results.query.ask`.

    Raises:
        QueryError: a question and a filter at once, a question that cannot be answered, or names that no score has.
    """
    if sql is None:
        return select_scores(compacted, wanted)
    if any((wanted.only, wanted.metrics, wanted.sizes, wanted.points)):
        raise QueryError("sql says which rows it wants by itself; leave out only, metrics, sizes and points.")
    return ask(compacted, sql)
