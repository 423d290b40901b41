"""Questions to a results folder, in SQL or by filters, answered by DuckDB from the compact records.

Two tables: `records`, one row per trial, failed ones too; `scores`, one row per trial, algorithm, shift point, size and
metric.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from nar_bench.errors import QueryError, did_you_mean
from nar_bench.results.compact import Compacted

_NOT_SHOWN = "written, inode, length, problem, components, scores"

_RECORDS = f"SELECT * EXCLUDE ({_NOT_SHOWN}) FROM compact WHERE problem IS NULL"  # noqa: S608 - our own words

_SCORES = """
SELECT trial, suite, suite_version, score.algorithm, processor, regime, similarity, seed,
       score.point, score.size, score.metric, score.value, score.count
FROM (SELECT trial, suite, suite_version, processor, regime, similarity, seed, unnest(scores) AS score
      FROM compact WHERE problem IS NULL)
"""


@dataclass(frozen=True)
class Filter:
    """Which scores are wanted. An empty list asks for all.

    Args:
        only: names of algorithms, processors, regimes or similarities; a score has to match one of each kind named.
        metrics: names of metrics.
        sizes: problem sizes.
        points: names of shift points.
    """

    only: Sequence[str] = ()
    metrics: Sequence[str] = ()
    sizes: Sequence[int] = ()
    points: Sequence[str] = ()


def ask(compacted: Compacted, sql: str) -> pa.Table:
    """Return the answer to a question in SQL about the tables `records` and `scores`.

    Raises:
        QueryError: DuckDB cannot answer it; the message is its own, with the columns that there are.
    """
    with _connected(compacted) as database:
        return _answer(database, sql)


def select_scores(compacted: Compacted, wanted: Filter) -> pa.Table:
    """Return the scores that are wanted, in the order of the trials.

    Raises:
        QueryError: a name that no score has.
    """
    with _connected(compacted) as database:
        measured = {"metric": wanted.metrics, "size": wanted.sizes, "point": wanted.points}
        conditions, values = [], []
        for column, allowed in {**measured, **_by_column(database, wanted.only)}.items():
            if allowed:
                conditions.append(f"{column} IN ({', '.join('?' * len(allowed))})")
                values += list(allowed)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        found = _answer(database, f"SELECT * FROM scores{where}", values)  # noqa: S608 - values are parameters
        if any(set(asked) - set(found[column].unique().to_pylist()) for column, asked in measured.items()):
            _check_known(database, measured)  # which takes as long again; what was found is known
        return found


@contextlib.contextmanager
def _connected(compacted: Compacted) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        if compacted.path is None:
            database.register("compact", compacted.table)
        else:
            database.read_parquet(str(compacted.path)).create_view("compact")
        database.execute(f"CREATE VIEW records AS {_RECORDS}")
        database.execute(f"CREATE VIEW scores AS {_SCORES}")
        yield database


def _answer(database: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> pa.Table:
    try:
        answer = database.sql(sql, params=list(values))
        if answer is None:
            raise QueryError(f"{sql!r} asks for nothing; start with SELECT, FROM or DESCRIBE.")
        return answer.to_arrow_table()
    except duckdb.Error as error:
        raise QueryError(
            f"{error}\nTables: records ({_columns(database, 'records')}); scores ({_columns(database, 'scores')})."
        ) from None


def _columns(database: duckdb.DuckDBPyConnection, table: str) -> str:
    return ", ".join(str(column[0]) for column in database.execute(f"DESCRIBE {table}").fetchall())


def _check_known(database: duckdb.DuckDBPyConnection, asked: Mapping[str, Sequence[Any]]) -> None:
    if not any(asked.values()):
        return
    columns = ", ".join(asked)
    rows = database.execute(f"SELECT DISTINCT {columns} FROM scores").fetchall()  # noqa: S608 - our own words
    for column, known in zip(asked, zip(*rows, strict=True), strict=False):
        for one in asked[column]:
            if one not in known:
                raise QueryError(f"no score has the {column} {one!r}.{did_you_mean(str(one), map(str, set(known)))}")


def _by_column(database: duckdb.DuckDBPyConnection, only: Sequence[str]) -> dict[str, list[str]]:
    """Return by column the names that are wanted there."""
    if not only:
        return {}
    columns = ("processor", "regime", "similarity")
    known: dict[str, set[str]] = {column: set() for column in ("algorithm", *columns)}
    rows = database.execute(f"SELECT DISTINCT {', '.join(columns)} FROM records WHERE state = 'done'")  # noqa: S608
    for row in rows.fetchall():
        for column, name in zip(columns, row, strict=True):
            known[column] |= {name} - {None}
    algorithms = database.execute("SELECT DISTINCT unnest(algorithms) FROM records WHERE state = 'done'").fetchall()
    known["algorithm"] |= {name for (name,) in algorithms}
    for name in only:
        if not any(name in names for names in known.values()):
            raise QueryError(f"no score is of {name!r}.{did_you_mean(name, set().union(*known.values()))}")
    wanted = {column: [name for name in only if name in names] for column, names in known.items()}
    return {column: names for column, names in wanted.items() if names}
