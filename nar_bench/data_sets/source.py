"""A data set that training and evaluation read, in place of drawing samples.

A part of a split is read whole, once, and then costs a selection of rows at each step. A streamed part is read a row
group at a time: in the order of its files in the first epoch, which is as good as any, because samples do not depend on
each other; in later epochs the row groups come in an order drawn anew. Either way the rows of a step depend on the
step's number alone, so a resumed run sees what an uninterrupted one would.

Hints that a file does not keep are made by running the algorithm on its inputs; its outputs must then be the file's.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.random import Stream
from nar_bench.data_sets.arrow import from_table
from nar_bench.data_sets.manifest import DataFile, Manifest, read_manifest
from nar_bench.errors import DataSetError, NarBenchError
from nar_bench.plugin.contracts import Algorithm
from nar_bench.trajectory import Batch, SparseBatch

TRAIN, VAL, TEST = "train", "val", "test_n"
_BLOCKS_KEPT = 2
"""Row groups that are held, and files that are open."""

AnyBatch = Batch | SparseBatch


@dataclass(frozen=True)
class Source:
    """A data set that can be read.

    Attributes:
        name: as a person gave it.
        locate: returns the local file of a path, fetched where it is not there.
        stream: returns what pyarrow can read parts of a path from, without the rest.
    """

    name: str
    manifest: Manifest
    locate: Callable[[str], Path]
    stream: Callable[[str], Any]

    def files(self, config: str, split: str, size: int | None = None) -> list[DataFile]:
        """Return the files of a part.

        Args:
            size: may be left out where the split has one.

        Raises:
            UnknownName: no such config or split.
            DataSetError: the split has no samples of this size, or of several.
        """
        parts = self.manifest.recipe.config(config).split(split).parts
        sizes = [part.size for part in parts]
        if size is None and len(sizes) > 1:
            raise DataSetError(f"{self.name}: {config}, {split}: give one of its sizes, {_told(sizes)}.")
        chosen = sizes[0] if size is None else size
        if chosen not in sizes:
            raise DataSetError(f"{self.name}: {config}, {split}: it has n = {_told(sizes)}, not {chosen}.")
        files = [file for file in self.manifest.of(config, split) if file.part == sizes.index(chosen)]
        return sorted(files, key=lambda file: file.first)

    def rows(self, config: str, split: str, size: int | None = None) -> int:
        """Return the rows of a part. Raises as `files`."""
        return sum(file.rows for file in self.files(config, split, size))

    def read(self, algorithm: Algorithm, config: str, split: str, size: int | None = None) -> AnyBatch:
        """Return all rows of a part, with hints.

        Raises:
            UnknownName, DataSetError: it is not there, damaged, or of another algorithm.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.check(algorithm, config)
        files = self.files(config, split, size)
        tables = [pq.ParquetFile(self.locate(file.path)).read() for file in files]
        batch = from_table(pa.concat_tables(tables), algorithm.spec, f"{self.name}: {config}, {split}")
        return with_hints(algorithm, batch, f"{self.name}: {config}, {split}")

    def check(self, algorithm: Algorithm, config: str) -> None:
        """Raise DataSetError unless a config holds trajectories of this algorithm, in this version."""
        of = self.manifest.recipe.config(config)
        if of.form != "trajectory" or of.algorithm != algorithm.name or of.algorithm_version != algorithm.version:
            raise DataSetError(
                f"{self.name}: config '{config}' has {of.form} of {of.algorithm} version {of.algorithm_version}; "
                f"trajectories of {algorithm.name} version {algorithm.version} are needed."
            )

    def content(self, config: str) -> str:
        """Return 32 hex digits over all rows of a config, wherever they lie."""
        digest = hashlib.blake2b(digest_size=16)
        for file in sorted(self.manifest.of(config), key=lambda file: file.path):
            digest.update(f"{file.split} {file.part} {file.first} {file.content}\n".encode())
        return digest.hexdigest()


def folder_source(folder: Path) -> Source:
    """Read a data set's folder. Raises DataSetError where it is none."""
    manifest = read_manifest(folder)
    return Source(str(folder), manifest, lambda path: folder / path, lambda path: folder / path)


def with_hints(algorithm: Algorithm, batch: AnyBatch, where: str) -> AnyBatch:
    """Return a batch with hints; where it has none, those of a run of the algorithm.

    Raises:
        DataSetError: the run has other outputs than the batch.
    """
    if batch.hints or not algorithm.spec.hints:
        return batch
    edges = batch.edge_offsets if isinstance(batch, SparseBatch) else None
    made: AnyBatch = algorithm.execute(batch.inputs, batch.nodes, edge_offsets=edges)
    for name, column in made.outputs.items():
        if not np.array_equal(column, batch.outputs[name]):
            raise DataSetError(
                f"{where}: output '{name}' is not what {algorithm.name} version {algorithm.version} returns for its "
                "inputs. Fetch the data set again, and check it with: nar-bench data verify"
            )
    return made


@dataclass
class StreamedPart:
    """Rows of a part, a row group at a time.

    Args:
        seed: of the order of row groups in epochs after the first.
    """

    source: Source
    algorithm: Algorithm
    config: str
    split: str
    size: int
    seed: int
    _blocks: list[tuple[str, int, int]] = field(default_factory=list)
    """(path, row group, rows)"""
    _open: dict[str, Any] = field(default_factory=dict)
    _kept: dict[int, AnyBatch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source.check(self.algorithm, self.config)
        for file in self.source.files(self.config, self.split, self.size):
            self._blocks += [(file.path, group, rows) for group, rows in enumerate(file.groups)]
        self._counts = np.array([rows for _, _, rows in self._blocks], np.int64)
        self.rows = int(self._counts.sum())

    def batch(self, start: int, count: int) -> AnyBatch:
        """Return `count` rows from row `start` of the endless stream on; row i of epoch e is row e * rows + i."""
        pieces = []
        while count:
            epoch, place = divmod(start, self.rows)
            order = self._order(epoch)
            ends = np.cumsum(self._counts[order])
            at = bisect.bisect_right(ends.tolist(), place)
            block = int(order[at])
            first = place - (int(ends[at - 1]) if at else 0)
            taken = min(count, int(self._counts[block]) - first)
            pieces.append(self._block(block).select(np.arange(first, first + taken)))
            start, count = start + taken, count - taken
        return pieces[0] if len(pieces) == 1 else joined(pieces)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        blocks = len(self._blocks)
        return np.arange(blocks) if epoch == 0 else Stream(self.seed, epoch).permutation(blocks)

    def _block(self, number: int) -> AnyBatch:
        if number not in self._kept:
            path, group, _ = self._blocks[number]
            where = f"{self.source.name}: {path}, row group {group}"
            read = from_table(self._file(path).read_row_group(group), self.algorithm.spec, where)
            while len(self._kept) >= _BLOCKS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = with_hints(self.algorithm, read, where)
        return self._kept[number]

    def _file(self, path: str) -> Any:
        import pyarrow.parquet as pq

        if path not in self._open:
            while len(self._open) >= _BLOCKS_KEPT:
                self._open.pop(next(iter(self._open))).close(force=True)
            self._open[path] = pq.ParquetFile(self.source.stream(path))
        return self._open[path]


def joined(batches: Sequence[AnyBatch]) -> AnyBatch:
    """Return several batches of one algorithm and number of nodes as one."""
    first = batches[0]
    columns = {
        stage: {
            name: np.concatenate([getattr(batch, stage)[name] for batch in batches]) for name in getattr(first, stage)
        }
        for stage in ("inputs", "hints", "outputs")
    }
    offsets = _end_to_end([batch.lengths for batch in batches])
    if isinstance(first, SparseBatch):
        edges = [np.diff(batch.edge_offsets) for batch in batches if isinstance(batch, SparseBatch)]
        return SparseBatch(
            first.spec,
            first.nodes,
            **columns,
            offsets=offsets,
            edge_offsets=_end_to_end(edges),
            off_graph=first.off_graph,
        )
    return Batch(first.spec, first.nodes, **columns, offsets=offsets)


def _end_to_end(lengths: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)


def _told(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))


@dataclass(frozen=True)
class Reading:
    """How one algorithm's samples are read.

    Attributes:
        config: of the data set.
        streaming: whether training samples are read as they are needed; else all of a size are held.
    """

    source: Source
    config: str
    streaming: bool = False

    def training(self, algorithm: Algorithm, size: int, seed: int) -> AnyBatch | StreamedPart:
        """Return the training samples of a size, or what streams them. Raises as `Source.read`."""
        if self.streaming:
            return StreamedPart(self.source, algorithm, self.config, TRAIN, size, seed)
        return self.source.read(algorithm, self.config, TRAIN, size)

    def validation(self, algorithm: Algorithm, size: int) -> AnyBatch:
        """Return the validation samples of a size. Raises as `Source.read`."""
        return self.source.read(algorithm, self.config, VAL, size)

    def test(self, algorithm: Algorithm, size: int) -> AnyBatch:
        """Return the test samples of a size. Raises as `Source.read`."""
        return self.source.read(algorithm, self.config, f"{TEST}{size}", size)

    def lacks(self, train: dict[int, int], validation: tuple[int, int] | None, test: dict[int, int]) -> str:
        """Return why what is asked for is not there, or "".

        Args:
            train: size -> samples; 0 for as many as there are.
            validation: size and samples, if any.
            test: size -> samples.
        """
        asked = [(TRAIN, size, max(count, 1)) for size, count in train.items()]
        asked += [(VAL, *validation)] if validation else []
        asked += [(f"{TEST}{size}", size, count) for size, count in test.items()]
        for split, size, count in asked:
            try:
                rows = self.source.rows(self.config, split, size)
            except NarBenchError as error:
                return str(error)
            if rows < count:
                where = f"{self.source.name}: {self.config}, {split}"
                return f"{where} has {rows:,} samples of n = {size}; {count:,} are asked for"
        return ""

    def shift(self, split: str, size: int) -> dict[str, Any]:
        """Return the shift axes of the samples of a split, with their values."""
        parts = self.source.manifest.recipe.config(self.config).split(split).parts
        (part,) = (part for part in parts if part.size == size)
        return {axis: value for axis, value in part.shift.items() if value is not None}
