"""All records of a folder as one Parquet file, so that a hundred thousand are queried, or planned with, in a second.

It is a cache: the JSON files are the truth, and it may be deleted. It holds one row for each of them, with the time,
number and length of the file that was read. A file that differs in one of these is read again, one that is gone is
dropped, and the cache is replaced whole, so that of several processes any may win.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nar_bench.errors import RecordError, StoreError
from nar_bench.results.collection import garbage_left_alone
from nar_bench.results.files import write_parquet
from nar_bench.results.record import Record, Used
from nar_bench.results.store import Stamp, Store, stamp_of

FORMAT = b"2"
"""Raised when the columns or what is in them change; a cache of another format is made anew."""

_AT_ONCE = 2000

SCORE = pa.struct(
    [
        ("algorithm", pa.string()),
        ("point", pa.string()),
        ("size", pa.int32()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("count", pa.int32()),
    ]
)

STAMP = [("written", pa.int64()), ("inode", pa.int64()), ("length", pa.int64())]

_STAMPED = ("trial", *(name for name, _ in STAMP))

SCHEMA = pa.schema(
    [
        ("trial", pa.string()),
        *STAMP,
        ("problem", pa.string()),
        ("state", pa.string()),
        ("suite", pa.string()),
        ("suite_version", pa.int32()),
        ("algorithms", pa.list_(pa.string())),
        ("processor", pa.string()),
        ("regime", pa.string()),
        ("similarity", pa.string()),
        ("seed", pa.int64()),
        ("parameters", pa.int64()),
        ("steps", pa.int64()),
        ("resumed_from", pa.int64()),
        ("examples", pa.int64()),
        ("build_seconds", pa.float64()),
        ("train_seconds", pa.float64()),
        ("evaluate_seconds", pa.float64()),
        ("process_mib", pa.float64()),
        ("device_mib", pa.float64()),
        ("track", pa.string()),
        ("selection_split", pa.string()),
        ("hints_seen", pa.list_(pa.string())),
        ("out_of_distribution_seen", pa.bool_()),
        ("cpu", pa.string()),
        ("device", pa.string()),
        ("threads", pa.int32()),
        ("nar_bench", pa.string()),
        ("git_commit", pa.string()),
        ("started", pa.string()),
        ("finished", pa.string()),
        ("error_type", pa.string()),
        ("error", pa.string()),
        ("config", pa.string()),
        ("components", pa.string()),
        ("scores", pa.list_(SCORE)),
    ],
    metadata={b"nar_bench_format": FORMAT},
)


class Composed(Protocol):
    """A trial, or its record."""

    @property
    def algorithms(self) -> Sequence[Used]: ...  # noqa: D102
    @property
    def processor(self) -> Used: ...  # noqa: D102
    @property
    def similarity(self) -> Used | None: ...  # noqa: D102


def components_of(one: Composed) -> str:
    """Return the full ids of what a trial is made of, as JSON."""
    similarity = one.similarity.id if one.similarity else None
    return json.dumps([[part.id for part in one.algorithms], one.processor.id, similarity])


@dataclass(frozen=True)
class Compacted:
    """The records of a folder, compact.

    Attributes:
        path: the Parquet file; None where it could not be written, or there are no records.
        table: the same in memory, where `path` is None.
        read: how many JSON files were read for it, those that the cache did not have.
    """

    path: Path | None
    table: pa.Table | None
    read: int

    def stamps(self) -> dict[str, Stamp]:
        """Return by trial the stamp of the record that was read."""
        return _stamps(self.columns(*_STAMPED))

    def columns(self, *names: str) -> pa.Table:
        """Return some columns."""
        return self.table.select(list(names)) if self.table is not None else _read(self.path, names)

    @property
    def problems(self) -> list[str]:
        """What is wrong with each file that is damaged."""
        return [problem for problem in self.columns("problem")["problem"].to_pylist() if problem is not None]


@garbage_left_alone()
def compact(store: Store) -> Compacted:
    """Bring the cache of a results folder up to date, and return it; a folder that cannot be written is read anyway.

    Raises:
        StoreError: there is no results folder.
    """
    files, cached = _files(store), _cached(store.compact)
    stale = [trial for trial, stamp in files.items() if cached.get(trial) != stamp]
    gone = cached.keys() - files.keys()
    if cached and not stale and not gone:
        return Compacted(store.compact, None, 0)
    dropped = {*stale, *gone}
    parts = [_rows(store, files, some) for some in _some(sorted(stale))]
    if len(cached) > len(dropped & cached.keys()):
        kept = _read(store.compact)
        parts.append(kept.filter(pc.invert(pc.is_in(kept["trial"], pa.array(sorted(dropped), pa.string())))))
    table = pa.concat_tables([SCHEMA.empty_table(), *parts]).sort_by("trial")
    if len(table) or cached:
        with contextlib.suppress(StoreError):
            write_parquet(store.compact, table)
            return Compacted(store.compact, None, len(stale))
    return Compacted(None, table, len(stale))


def _files(store: Store) -> dict[str, Stamp]:
    """Return the stamps of all records, taken before any of them is read."""
    try:
        with os.scandir(store.records_folder) as entries:
            # Names with a dot before them are files that are being written.
            return {
                name.removesuffix(".json"): stamp_of(entry.stat())
                for entry in entries
                if (name := entry.name).endswith(".json") and not name.startswith(".")
            }
    except (FileNotFoundError, NotADirectoryError):
        raise store.is_none() from None


def _read(path: Path | None, names: Iterable[str] | None = None) -> pa.Table:
    """Read columns of a Parquet file, without the data sets of pyarrow, whose import takes longer than this."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=None if names is None else list(names))


def _cached(path: Path) -> dict[str, Stamp]:
    """Return the stamps that a cache has, none where it is not there, of another format or damaged."""
    try:
        schema = pq.read_schema(path)
        if not schema.equals(SCHEMA) or (schema.metadata or {}).get(b"nar_bench_format") != FORMAT:
            return {}
        return _stamps(_read(path, _STAMPED))
    except (OSError, pa.ArrowException):
        return {}


def _stamps(table: pa.Table) -> dict[str, Stamp]:
    trials, *parts = (table[name].to_pylist() for name in _STAMPED)
    return dict(zip(trials, zip(*parts, strict=True), strict=True))


def _some(trials: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(trials)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _rows(store: Store, files: dict[str, Stamp], trials: list[str]) -> pa.Table:
    rows = []
    for trial in trials:
        stamp = dict(zip((name for name, _ in STAMP), files[trial], strict=True))
        try:
            record = store.read(trial)
        except RecordError as error:
            rows.append({"trial": trial, **stamp, "problem": str(error)})
            continue
        if record is not None:  # else it was deleted meanwhile
            rows.append({**stamp, **_row(record)})
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(record: Record) -> dict[str, Any]:
    training, protocol, memory, where = record.training, record.protocol, record.memory, record.environment
    return {
        "trial": record.trial,
        "state": record.state,
        "suite": record.suite.name,
        "suite_version": record.suite.version,
        "algorithms": [used.name for used in record.algorithms],
        "processor": record.processor.name,
        "regime": record.regime,
        "similarity": record.similarity.name if record.similarity else None,
        "seed": record.seed,
        "parameters": record.parameters,
        "steps": training.steps if training else None,
        "resumed_from": training.resumed_from if training else None,
        "examples": training.examples if training else None,
        **{f"{phase}_seconds": record.seconds.get(phase) for phase in ("build", "train", "evaluate")},
        "process_mib": memory.process if memory else None,
        "device_mib": memory.device if memory else None,
        "track": protocol.track if protocol else None,
        "selection_split": protocol.selection_split if protocol else None,
        "hints_seen": protocol.hints_seen if protocol else None,
        "out_of_distribution_seen": bool(protocol.trained_beyond or protocol.selected_beyond) if protocol else None,
        **{name: where.get(name) for name in ("cpu", "device", "threads", "nar_bench", "git_commit")},
        "started": record.started,
        "finished": record.finished,
        "error_type": record.error.type if record.error else None,
        "error": record.error.message if record.error else None,
        "config": json.dumps(record.config, sort_keys=True),
        "components": components_of(record),
        "scores": [
            {
                "algorithm": score.algorithm,
                "point": score.point,
                "size": score.size,
                "metric": score.metric,
                "value": score.value,
                "count": score.count,
            }
            for score in record.scores
        ],
    }
