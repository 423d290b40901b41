"""Files of a data set: which there are, and how one is written and read.

A file is written row group by row group, so that memory does not grow with it, to a temporary name, and gets its own
when it is whole. What a row group holds does not change the content hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nar_bench.data_sets.columns import EDGE_COUNT
from nar_bench.data_sets.content import ContentHash
from nar_bench.data_sets.fingerprints import fingerprints
from nar_bench.data_sets.manifest import DataFile
from nar_bench.data_sets.recipe import DataConfig, Part, Recipe, part_hash
from nar_bench.data_sets.rows import Rows
from nar_bench.errors import DataSetError, StoreError

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_BYTES = 16 << 20
"""About as many bytes of a row group in memory; what one process holds is a few times that."""

_METADATA = b"nar_bench"


@dataclass(frozen=True)
class Shard:
    """One file to be: the rows of `places` samples from place `first` of a part on."""

    config: DataConfig
    split: str
    part_index: int
    part: Part
    first: int
    places: int
    path: str

    @property
    def made_by(self) -> str:
        """Return the hash of all that decides what its rows are, but for `first` and `places`."""
        return part_hash(self.config, self.part)


def shards_of(recipe: Recipe) -> list[Shard]:
    """Return every file of a data set, in the order of the recipe."""
    return [shard for config in recipe.configs for split in config.splits for shard in _of_split(config, split)]


def _of_split(config: DataConfig, split: Any) -> Iterator[Shard]:
    number, total = 0, split.files
    for index, part in enumerate(split.parts):
        for first in range(0, part.count, part.rows):
            path = f"{config.name}/{split.name}-{number:05d}-of-{total:05d}.parquet"
            yield Shard(config, split.name, index, part, first, min(part.rows, part.count - first), path)
            number += 1


def write_shard(
    folder: Path, shard: Shard, rows: Rows, tell: Callable[[int, int], None], fingerprinted: Path | None = None
) -> DataFile:
    """Make the rows of a shard and write its file whole or not at all.

    Args:
        tell: called with the rows and bytes of each row group that is written.
        fingerprinted: where to write the fingerprints of the inputs, [rows, 2] uint64, if anywhere.

    Raises:
        StoreError: it cannot be written.
        DataSetError: every sample of it is removed.
    """
    import pyarrow.parquet as pq

    target = folder / shard.path
    temporary = target.with_name(f".{target.name}.{socket.gethostname()}.{os.getpid()}")
    writer: Any = None
    digest: ContentHash | None = None
    seen = _Seen()
    marks = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for batch, table in rows.pieces(shard.first, shard.places, rows_at_once(rows, shard)):
            if writer is None:
                digest = ContentHash(table.schema)
                schema = table.schema.with_metadata({_METADATA: json.dumps(_described(shard, rows)).encode()})
                writer = pq.ParquetWriter(
                    temporary, schema, compression="zstd", compression_level=3, write_statistics=False
                )
            assert digest is not None
            digest.update(table)
            writer.write_table(table, row_group_size=len(table))
            seen.add(table, batch)
            if fingerprinted is not None:
                marks.append(fingerprints(batch))
            tell(len(table), table.nbytes)
        if writer is None or digest is None:
            raise DataSetError(f"{shard.path}: every sample of it is removed; raise the count of the split.")
        writer.add_key_value_metadata({"nar_bench.content": digest.hexdigest()})
        writer.close()
        writer = None
        with temporary.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        size = temporary.stat().st_size
        if fingerprinted is not None:
            fingerprinted.parent.mkdir(parents=True, exist_ok=True)
            np.save(fingerprinted, np.concatenate(marks))
        temporary.replace(target)
    except OSError as error:
        raise StoreError(
            f"cannot write {target}: {error.strerror or error}. Finished files are kept; free space or choose another "
            "folder, then run the same command again."
        ) from error
    finally:
        if writer is not None:
            with contextlib.suppress(Exception):
                writer.close()
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return DataFile(
        path=shard.path,
        config=shard.config.name,
        split=shard.split,
        part=shard.part_index,
        first=shard.first,
        places=shard.places,
        made_by=shard.made_by,
        rows=seen.rows,
        groups=tuple(seen.groups),
        bytes=size,
        sha256=sha256,
        content=digest.hexdigest(),
        steps=(seen.steps, seen.least, seen.most),
        edges=seen.edges,
        raw_bytes=seen.raw,
    )


def rows_at_once(rows: Rows, shard: Shard) -> int:
    """Return how many samples make a row group, from the size of the first two."""
    probe = rows.table_of(*_probe(rows, shard))
    return int(max(1, min(shard.places, GROUP_BYTES // max(1, math.ceil(probe.nbytes / len(probe))))))


def _probe(rows: Rows, shard: Shard) -> Any:
    for first in range(shard.first, shard.first + shard.places, 2):
        places = min(2, shard.first + shard.places - first)
        batch = rows.batch(first, places)
        if batch is not None:
            return batch, rows.samples(first, places)
    raise DataSetError(f"{shard.path}: every sample of it is removed; raise the count of the split.")


class _Seen:
    """Sums over the rows of a file."""

    def __init__(self) -> None:
        self.rows = self.steps = self.most = self.edges = self.raw = 0
        self.least = 0
        self.groups: list[int] = []

    def add(self, table: pa.Table, batch: Any) -> None:
        lengths = batch.lengths
        self.least = min(self.least, int(lengths.min())) if self.rows else int(lengths.min())
        self.most = max(self.most, int(lengths.max()))
        self.rows += len(table)
        self.groups.append(len(table))
        self.steps += int(lengths.sum())
        self.raw += table.nbytes
        if EDGE_COUNT in table.column_names:
            self.edges += int(table.column(EDGE_COUNT).to_numpy().sum())


def _described(shard: Shard, rows: Rows) -> dict[str, Any]:
    """Return what the metadata of a file say, so that one that is found alone can be understood."""
    return {
        "algorithm": shard.config.algorithm_id,
        "algorithm_version": shard.config.algorithm_version,
        "source": rows.algorithm.source,
        "config": shard.config.name,
        "split": shard.split,
        "part": shard.part.model_dump(mode="json"),
        "first": shard.first,
        "places": shard.places,
        "layout": str(rows.algorithm.spec.layout),
        "columns": [note.model_dump(mode="json") for note in rows.columns()],
    }


def read_table(path: Path) -> pa.Table:
    """Read a whole file. Raises DataSetError where it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise DataSetError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
