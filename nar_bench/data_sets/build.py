"""Build a data set: every file on its own, anywhere, resumed where it stopped.

Pieces of work are files. Each is made from the recipe alone, so any number of processes and machines that see the
folder can share them (`nar_bench.plugin.execution`), and which made what leaves no trace in the bytes. A finished file
leaves a note in FOLDER/.build, by which the same command finds it again.

Order: files of trajectories whose config has splits to compare, with fingerprints; the comparison; what is left, and
files from which shared inputs are left out; manifest, card, checksums, Croissant.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data_sets.examples import first_rows
from nar_bench.data_sets.leaks import compares, find_shared, marks_path, without
from nar_bench.data_sets.manifest import MANIFEST, DataFile, Manifest, Shared, merged, only, read_manifest
from nar_bench.data_sets.recipe import DataConfig, Recipe
from nar_bench.data_sets.rows import Rows, rows_of
from nar_bench.data_sets.shards import Shard, shards_of, write_shard
from nar_bench.data_sets.tree import write_tree
from nar_bench.errors import DataSetError
from nar_bench.plugin.execution import Runner, Tell
from nar_bench.plugin.registry import registry
from nar_bench.results.files import write_whole
from nar_bench.results.provenance import now, versions

BUILD = ".build"


@dataclass(frozen=True)
class Written:
    """Rows and bytes (in memory) that were just written to a file, for whoever watches."""

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class ShardWork:
    """Writes files, in whatever process.

    Args:
        folder: of the data set; its path is the same wherever this runs.
        plugins: those that are one Python file each.
        fingerprinted: whether inputs are fingerprinted.
    """

    folder: Path
    plugins: tuple[Path, ...]
    fingerprinted: bool

    def __call__(self, shard: Shard, tell: Tell) -> DataFile:
        """Write one file, and the note that says that it is there."""
        plugins = registry()
        known = {row.source.target for row in plugins.rows}
        for file in self.plugins:
            if str(file) not in known:
                plugins.add_file(file)
        marks = marks_path(self.folder, shard.path) if self.fingerprinted else None
        rows = rows_of(shard.config, shard.part, plugins)
        made = write_shard(self.folder, shard, rows, lambda n, size: tell(Written(shard.path, n, size)), marks)
        write_whole(_note(self.folder, shard), made.model_dump_json().encode())
        return made


def build(
    recipe: Recipe,
    folder: Path,
    runner: Runner,
    tell: Callable[[Any], None] = lambda event: None,
    plugins: Sequence[Path] = (),
) -> Manifest:
    """Make every file of a recipe that is not there yet, and all that is told of them.

    Args:
        runner: where files are made.
        tell: called with `Written`, and with the text of what begins.
        plugins: those that are one Python file each.

    Raises:
        DataSetError: the folder holds another data set, or files could not be made; the others are kept.
        StoreError: the folder cannot be written.
        KeyboardInterrupt: what is finished is kept.
    """
    folder = folder.resolve()
    _claim(recipe, folder)
    _sweep(folder)
    compared = {config.name for config in recipe.configs if config.form == "trajectory" and compares(config)}
    shared, found = _scan_of(folder, recipe), True
    if shared is None:
        found = False
        first = [shard for shard in shards_of(recipe) if shard.config.name in compared]
        if first:
            tell(f"{len(first)} files whose inputs are compared")
            _make(ShardWork(folder, tuple(plugins), True), first, runner, tell)
            tell("looking for inputs that splits share")
        shared = [one for config in recipe.configs if config.name in compared for one in _scan(folder, config)]
    whole = recipe
    if recipe.leaks == "remove" and shared:
        whole = without(recipe, shared)
        shared = [one.model_copy(update={"removed": True}) for one in shared]
    if not found:
        _keep_scan(folder, recipe, shared)
    files = _make(ShardWork(folder, tuple(plugins), False), shards_of(whole), runner, tell)
    manifest = Manifest(
        recipe=whole,
        files=tuple(sorted(files, key=lambda file: file.path)),
        shared=tuple(shared),
        scanned=tuple(sorted(compared)),
        columns={config.name: _rows(config).columns() for config in whole.configs},
        sources={config.name: _rows(config).algorithm.source for config in whole.configs},
        examples=first_rows(folder, whole),
        made_with={**versions("nar-bench", "numpy", "numba", "pyarrow"), "built": now()},
    )
    manifest = _with_others(folder, manifest)
    write_tree(folder, manifest)
    return manifest


def left_to_make(recipe: Recipe, folder: Path) -> list[Shard]:
    """Return the files of a recipe that are not there yet."""
    shared = _scan_of(folder.resolve(), recipe)
    whole = without(recipe, shared) if shared and recipe.leaks == "remove" else recipe
    return [shard for shard in shards_of(whole) if _done(folder, shard) is None]


def _make(work: ShardWork, shards: Iterable[Shard], runner: Runner, tell: Callable[[Any], None]) -> list[DataFile]:
    done, todo = [], []
    for shard in shards:
        there = _done(work.folder, shard)
        if there is not None and work.fingerprinted and not marks_path(work.folder, shard.path).exists():
            there = None
        if there is None:
            todo.append(shard)
        else:
            done.append(there)
    if len(todo) > 1:
        _compile(todo)
    failed: list[tuple[Shard, Exception]] = []
    if todo:
        for shard, result in runner.run(work, todo, tell):
            if isinstance(result, Exception):
                failed.append((shard, result))
            else:
                done.append(result)
    if failed:
        told = "\n".join(f"  {shard.path}: {error}" for shard, error in failed[:10])
        raise DataSetError(
            f"{len(failed)} of {len(todo)} files could not be made; the others are kept, and the same command tries "
            f"these again.\n{told}"
        )
    return done


def _compile(shards: Iterable[Shard]) -> None:
    """Compile here what workers will need, so that they find it and do not all compile the same at once."""
    seen = set()
    for shard in shards:
        axes = tuple(axis for axis, value in shard.part.shift.items() if value is not None)
        what = (shard.config.algorithm_id, axes, shard.part.hints, shard.config.form == "trajectory")
        if what not in seen:
            seen.add(what)
            rows = rows_of(shard.config, shard.part, registry())
            least = max(rows.algorithm.smallest, min(4, shard.part.size))
            small = shard.part.model_copy(update={"size": least, "count": 1, "first": 0, "removed": ()})
            Rows(shard.config, small, rows.algorithm).table(0, 1)


def _done(folder: Path, shard: Shard) -> DataFile | None:
    """Return the note of a file that is there and was made by this recipe."""
    try:
        note = DataFile.model_validate_json(_note(folder, shard).read_bytes())
        size = (folder / shard.path).stat().st_size
    except (OSError, ValueError):
        return None
    fits = note.made_by == shard.made_by and (note.first, note.places) == (shard.first, shard.places)
    return note if fits and note.bytes == size and note.path == shard.path else None


def _note(folder: Path, shard: Shard) -> Path:
    return folder / BUILD / f"{shard.path}.json"


def _claim(recipe: Recipe, folder: Path) -> None:
    """Refuse a folder that holds something else."""
    mark = folder / BUILD / "recipe.json"
    try:
        there = json.loads(mark.read_text())
    except FileNotFoundError:
        if folder.exists() and any(folder.iterdir()):
            raise DataSetError(
                f"{folder} is not empty and was not built here. Choose another folder, so that nothing of it is lost."
            ) from None
        there = None
    except (OSError, ValueError) as error:
        raise DataSetError(f"{mark}: cannot be read: {error}.") from None
    mine = {"name": recipe.name, "version": recipe.version}
    if there is not None and {key: there.get(key) for key in mine} != mine:
        raise DataSetError(
            f"{folder} holds data set {there.get('name')} version {there.get('version')}; this is {recipe.name} "
            f"version {recipe.version}. Choose another folder."
        )
    write_whole(mark, json.dumps({**mine, "recipe": recipe.hash()}).encode())


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind."""
    for path in folder.glob("*/.*.parquet.*"):
        name, _, pid = path.name.rpartition(".")
        if name.endswith(f".{socket.gethostname()}") and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                path.unlink()


def _scan(folder: Path, config: DataConfig) -> list[Shared]:
    def marks(name: str, split: str, part: int) -> NDArray[np.uint64]:
        files = [shard for shard in shards_of_config if (shard.split, shard.part_index) == (split, part)]
        return np.concatenate([np.load(marks_path(folder, shard.path)) for shard in files])

    shards_of_config = shards_of(_alone(config))
    return find_shared(config, marks, lambda part: rows_of(config, part, registry()))


def _alone(config: DataConfig) -> Recipe:
    return Recipe(name="x", version=1, summary="", license="", configs=(config,))


def _scan_of(folder: Path, recipe: Recipe) -> list[Shared] | None:
    """Return what an earlier run of the same command found."""
    try:
        kept = json.loads((folder / BUILD / "scan.json").read_text())
    except (OSError, ValueError):
        return None
    if kept.get("recipe") != recipe.hash():
        return None
    return [Shared.model_validate(one) for one in kept["shared"]]


def _keep_scan(folder: Path, recipe: Recipe, shared: list[Shared]) -> None:
    content = {"recipe": recipe.hash(), "shared": [one.model_dump(mode="json") for one in shared]}
    write_whole(folder / BUILD / "scan.json", json.dumps(content).encode())


def _rows(config: DataConfig) -> Rows:
    return rows_of(config, config.splits[0].parts[0], registry())


def _with_others(folder: Path, manifest: Manifest) -> Manifest:
    """Add configs that the folder has of the same data set, and that this recipe, of a part of it, does not name."""
    if not (folder / MANIFEST).exists():
        return manifest
    there = read_manifest(folder)
    mine = {config.name for config in manifest.recipe.configs}
    others = [config.name for config in there.recipe.configs if config.name not in mine]
    return merged(manifest, only(there, others)) if others else manifest


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
