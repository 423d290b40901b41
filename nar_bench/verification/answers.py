"""Answers of a bundle, scored again on instances that are drawn again; no torch.

What a record says is compared with what its answers score: every metric but those of hints, which are not kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nar_bench.errors import BoardError
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.evaluation.evaluate import Answers, Measured, evaluate
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.predictions import SCHEMA
from nar_bench.results.record import OWN_POINT, Record
from nar_bench.spec import Location
from nar_bench.trajectory import Batch, Columns, SparseBatch

MOST_VALUES = 200_000_000
"""The most numbers in a file of answers; a small file may unpack to far more."""

_ROUNDING = 1e-9


def scored_again(record: Record, file: Path, registry: Registry) -> list[str]:
    """Score a trial's answers, and return a sentence for each number of its record that they do not give.

    Raises:
        BoardError: the file cannot be read, or is no file of answers.
    """
    answers = _read(file)
    found: list[str] = []
    for used in record.algorithms:
        algorithm: Algorithm = registry.load(Kind.ALGORITHM, used.id)
        for test in tests_of(record, algorithm.name):
            said = {
                (one.size, one.metric): one
                for one in record.scores
                if (one.algorithm, one.point) == (algorithm.name, test.point)
            }
            again = {
                (size, metric): (value, count) for size, metric, value, count in _score(algorithm, test, answers, found)
            }
            found += [
                f"{algorithm.name}, n = {size}{test.told}: the record says {metric} {said[size, metric].value:.4f}; "
                f"its answers score {value:.4f}"
                for (size, metric), (value, count) in again.items()
                if (size, metric) in said and not _equal(said[size, metric].value, value)
            ]
            found += [
                f"{algorithm.name}, n = {size}{test.told}: the record has {metric}, which its answers do not give"
                for size, metric in said
                if (size, metric) not in again and not metric.startswith("hint/")
            ]
    return found


@dataclass(frozen=True)
class Test:
    """The test set of one algorithm at one shift point."""

    __test__ = False

    point: str
    config: EvaluateConfig
    shift: dict[str, Any]

    @property
    def told(self) -> str:
        """What a sentence says of the point."""
        return "" if self.point == OWN_POINT else f", {self.point}"


def tests_of(record: Record, name: str) -> list[Test]:
    """Return the test sets that a trial was measured on.

    Raises:
        BoardError: its options cannot be read.
    """
    try:
        own = record.config["algorithms"][name]
        given: dict[str, Any] = {**record.config["evaluate"], **own["evaluate"]}
        given["sizes"] = tuple(given["sizes"])
        config = EvaluateConfig(**given)
        shift = own["evaluate_shift"]
        points = {OWN_POINT: {}, **own.get("evaluate_points", {})}
    except (KeyError, TypeError) as error:
        raise BoardError(f"trial {record.trial}: its options of the evaluation cannot be read: {error}.") from None
    if config.faults():
        raise BoardError(f"trial {record.trial}: evaluate: {config.faults()[0]}.")
    return [Test(point, config, {**shift, **change}) for point, change in points.items()]


def _score(algorithm: Algorithm, test: Test, answers: pa.Table, found: list[str]) -> Iterator[Measured]:
    for size in test.config.sizes:
        kept = _Kept(answers, algorithm.name, test.point, size)
        where = f"{algorithm.name}, n = {size}{test.told}"
        if kept.count != test.config.count:
            found.append(f"{where}: there are answers to {kept.count} instances; {test.config.count} are asked for")
            continue

        def compare(size: int, truth: Columns, _: Columns, kept: _Kept = kept, where: str = where) -> None:
            for name, column in truth.items():
                if not np.array_equal(kept.truth(name, column), np.asarray(column, np.float64)):
                    found.append(f"{where}: the true {name} beside its answers is not that of these instances")

        try:
            yield from evaluate(
                algorithm,
                kept.predict,
                [size],
                test.config.count,
                test.config.seed,
                test.shift,
                on_answers=compare,
            )
        except (
            Exception
        ) as error:  # they are somebody's, and verifiers of plugins need not expect all that can be in them
            found.append(f"{where}: its answers cannot be scored: {error}")


class _Kept:
    """The answers to one test set, handed out as a network would give them."""

    def __init__(self, table: pa.Table, algorithm: str, point: str, size: int) -> None:
        wanted = pc.and_(
            pc.and_(pc.equal(table["algorithm"], algorithm), pc.equal(table["point"], point)),
            pc.equal(table["size"], size),
        )
        part = table.filter(wanted).sort_by([("output", "ascending"), ("instance", "ascending")])
        self._columns: dict[str, tuple[list[Any], list[Any]]] = {}
        for name in part["output"].unique().to_pylist():
            of_output = part.filter(pc.equal(part["output"], name))
            if of_output["instance"].to_pylist() == list(range(len(of_output))):
                self._columns[name] = of_output["answer"].to_pylist(), of_output["truth"].to_pylist()
        self.count = min((len(given) for given, _ in self._columns.values()), default=0)
        self._given = 0

    def predict(self, batch: Batch | SparseBatch) -> Answers:
        start, self._given = self._given, self._given + len(batch)
        outputs = {}
        for name, column in batch.outputs.items():
            rows = self._columns.get(name, ([], []))[0][start : self._given]
            if isinstance(batch, SparseBatch) and batch.spec[name].location is Location.EDGE:
                # Kept rows are filled up to the most edges of an instance.
                edges = np.diff(batch.edge_offsets)
                rows = [row[:count] for row, count in zip(rows, edges, strict=False)]
                rows = [number for row in rows for number in row]
            outputs[name] = self._shaped(rows, column)
        return Answers(outputs, {}, np.zeros(len(batch), np.int64))

    def truth(self, name: str, like: Any) -> Any:
        return self._shaped(self._columns.get(name, ([], []))[1], np.asarray(like, np.float64))

    @staticmethod
    def _shaped(rows: list[Any], like: Any) -> Any:
        made = np.array([np.asarray(row, np.float64) for row in rows])
        if made.size != np.size(like):
            raise ValueError(f"{made.size} numbers, where {np.size(like)} are needed")
        if not np.isfinite(made).all():
            raise ValueError("not every number is finite")
        with np.errstate(invalid="ignore"):
            cast = made.reshape(np.shape(like)).astype(np.asarray(like).dtype)
        if np.issubdtype(cast.dtype, np.integer) and not np.array_equal(cast.ravel(), made.ravel()):
            raise ValueError("not every number is whole, or one is too large")
        return cast


def _read(file: Path) -> pa.Table:
    try:
        parquet = pq.ParquetFile(file)
        groups = [parquet.metadata.row_group(i) for i in range(parquet.metadata.num_row_groups)]
        values = sum(group.column(j).num_values for group in groups for j in range(group.num_columns))
        if values > MOST_VALUES:
            raise BoardError(f"{file}: it unpacks to {values} values; at most {MOST_VALUES} are read.")
        if not parquet.schema_arrow.equals(SCHEMA):
            raise BoardError(f"{file}: it is no file of answers; nar-bench run --predictions writes them.")
        return parquet.read()
    except (OSError, pa.ArrowException) as error:
        raise BoardError(f"{file}: cannot be read: {error}.") from None


def _equal(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=_ROUNDING)
