"""Prove a data set: its files are what the manifest says, and the recipe makes the same rows again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.data_sets.columns import SAMPLE
from nar_bench.data_sets.content import ContentHash
from nar_bench.data_sets.manifest import DataFile, Manifest
from nar_bench.data_sets.rows import rows_of
from nar_bench.data_sets.shards import Shard, read_table, rows_at_once, shards_of
from nar_bench.data_sets.tree import check_tree
from nar_bench.errors import DataSetError
from nar_bench.plugin.execution import Runner, Tell
from nar_bench.plugin.registry import registry

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Checked:
    """One file that was made again."""

    path: str
    rows: int
    difference: str
    """The first difference, or ""."""


@dataclass(frozen=True)
class RegenerateWork:
    """Makes files again and compares them, in whatever process."""

    folder: Path
    manifest: Manifest
    plugins: tuple[Path, ...]

    def __call__(self, shard: Shard, tell: Tell) -> Checked:
        """Make one file again."""
        plugins = registry()
        known = {row.source.target for row in plugins.rows}
        for file in self.plugins:
            if str(file) not in known:
                plugins.add_file(file)
        (noted,) = (file for file in self.manifest.files if file.path == shard.path)
        difference = regenerate(self.folder, shard, noted)
        tell(shard.path)
        return Checked(shard.path, noted.rows, difference)


def verify(
    folder: Path,
    runner: Runner,
    files: int | None = 3,
    seed: int = 0,
    tell: Callable[[Any], None] = lambda event: None,
    plugins: Sequence[Path] = (),
) -> list[Checked]:
    """Check every checksum, and make some files again.

    Args:
        files: how many files to make again, chosen by `seed`; None for all.
        tell: called with the path of each file that was made again.

    Returns:
        what was made again, by path; a difference is in it and is not raised.

    Raises:
        DataSetError: the folder is not whole, or nothing could be compared.
    """
    folder = folder.resolve()
    manifest = check_tree(folder)
    shards = shards_of(manifest.recipe)
    if {shard.path for shard in shards} != {file.path for file in manifest.files}:
        raise DataSetError(f"{folder}: the files of the manifest are not those of its recipe.")
    if files is not None and files < len(shards):
        order = Stream(seed).permutation(len(shards))[:files]
        shards = [shards[int(place)] for place in np.sort(order)]
    checked = []
    for shard, result in runner.run(RegenerateWork(folder, manifest, tuple(plugins)), shards, tell):
        if isinstance(result, Exception):
            raise DataSetError(f"{shard.path}: it could not be made again: {result}") from result
        checked.append(result)
    return sorted(checked, key=lambda one: one.path)


def regenerate(folder: Path, shard: Shard, noted: DataFile) -> str:
    """Make the rows of a file again and return the first difference, or "".

    Raises:
        DataSetError: the file cannot be read, or its algorithm is of another version.
    """
    there = read_table(folder / shard.path)
    rows = rows_of(shard.config, shard.part, registry())
    start, read, made_digest = 0, ContentHash(there.schema), None
    for _, made in rows.pieces(shard.first, shard.places, rows_at_once(rows, shard)):
        piece = there.slice(start, len(made))
        made_digest = made_digest or ContentHash(made.schema)
        if not piece.equals(made.cast(piece.schema) if piece.schema.names == made.schema.names else made):
            return _first_difference(shard, piece, made, start)
        read.update(piece)
        made_digest.update(made)
        start += len(made)
    if start != len(there):
        return f"the file has {len(there)} rows; the recipe makes {start}"
    assert made_digest is not None
    if made_digest.hexdigest() != noted.content:
        return (
            f"the values are equal, but the manifest's content hash is {noted.content}, not {made_digest.hexdigest()}"
        )
    return ""


def _first_difference(shard: Shard, there: pa.Table, made: pa.Table, start: int) -> str:
    if there.schema.names != made.schema.names:
        return f"the file has columns {', '.join(there.schema.names)}; the recipe makes {', '.join(made.schema.names)}"
    for name in made.schema.names:
        if there.schema.field(name).type != made.schema.field(name).type:
            return f"column '{name}' is of {there.schema.field(name).type}; {made.schema.field(name).type} is made"
    for row in range(len(made)):
        if row >= len(there):
            return f"the file ends at row {start + row}; the recipe makes more"
        for name in made.schema.names:
            mine, theirs = made.column(name)[row].as_py(), there.column(name)[row].as_py()
            if mine != theirs:
                sample = made.column(SAMPLE)[row].as_py()
                return (
                    f"row {start + row} (sample {sample} of seed {shard.part.seed}), column '{name}'"
                    f"{_entry(mine, theirs)}"
                )
    return "no value differs, but the tables are not equal"


def _entry(mine: Any, theirs: Any) -> str:
    if not isinstance(mine, list) or not isinstance(theirs, list):
        return f": the file has {theirs!r}; the recipe makes {mine!r}"
    if len(mine) != len(theirs):
        return f": the file has {len(theirs)} values; the recipe makes {len(mine)}"
    at = next(i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b)
    return f", value [{at}]: the file has {theirs[at]!r}; the recipe makes {mine[at]!r}"
