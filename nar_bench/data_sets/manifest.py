"""The manifest of a data set: every file with its rows, its checksum and the hash of its content.

manifest.json is what all else in the folder that is no data is made from, so a part of a data set that someone else
built joins another by joining the manifests.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from nar_bench.data_sets.recipe import DataConfig, Recipe
from nar_bench.errors import DataSetError

MANIFEST = "manifest.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataFile(_Model):
    """One Parquet file.

    Attributes:
        path: in the folder, with slashes.
        config, split, part: whose rows it holds; the part by its place in the split.
        first, places: it holds the rows of `places` samples from place `first` of the part on, but for removed ones.
        made_by: the `part_hash` of the recipe it was made by.
        rows: its rows.
        groups: the rows of each of its row groups, which can be read without the others.
        bytes, sha256: of the file.
        content: the content hash of its rows (`nar_bench.data_sets.content`).
        steps: sum, least and greatest length T.
        edges: sum of the edges E, in the sparse layout.
        raw_bytes: of its rows in memory.
    """

    path: str
    config: str
    split: str
    part: int
    first: int
    places: int
    made_by: str
    rows: int
    groups: tuple[int, ...]
    bytes: int
    sha256: str
    content: str
    steps: tuple[int, int, int]
    edges: int
    raw_bytes: int


class ColumnNote(_Model):
    """One column, as the card, the Hub's metadata and Croissant tell of it.

    Attributes:
        dtype: of its values: numpy's name, or "string" or "bool".
        shape: as in `nar_bench.data_sets.columns.Column`; () for one value a row.
        stage, location, type, classes: of the feature; "" and 0 where it is none.
        delta: whether the values are differences from the step before.
        restore: the numpy expression that gives back the array; "" where the value is as it is.
    """

    name: str
    dtype: str
    shape: tuple[str, ...] = ()
    stage: str = ""
    location: str = ""
    type: str = ""
    classes: int = 0
    delta: bool = False
    restore: str = ""


class Shared(_Model):
    """Inputs that two splits of a config share.

    Attributes:
        config, split: from whose samples they are removed, if they are.
        other: the split that keeps them.
        samples: their numbers.
        exact: how many are equal; the others are relabelled.
        removed: whether they are left out.
    """

    config: str
    split: str
    other: str
    samples: tuple[int, ...]
    exact: int
    removed: bool


class Manifest(_Model):
    """All files of a data set, and what it was made from and with."""

    format: Literal[1] = 1
    recipe: Recipe
    files: tuple[DataFile, ...]
    shared: tuple[Shared, ...] = ()
    scanned: tuple[str, ...] = ()
    """Configs in which shared inputs were looked for."""
    columns: dict[str, tuple[ColumnNote, ...]] = {}
    """Of each config."""
    sources: dict[str, str] = {}
    """Config -> where its algorithm is described."""
    examples: dict[str, dict[str, str]] = {}
    """Of some configs: column -> its value in the first row, as it is printed."""
    made_with: dict[str, Any] = {}
    """Versions, for readers; no hash depends on them."""

    def of(self, config: str, split: str = "") -> list[DataFile]:
        """Return the files of a config, or of one of its splits."""
        return [file for file in self.files if file.config == config and split in ("", file.split)]

    def to_json(self) -> str:
        """Return what `read_manifest` reads."""
        return json.dumps(self.model_dump(mode="json"), indent=1) + "\n"

    def sums(self) -> str:
        """Return the lines that `sha256sum --check` reads."""
        return "".join(f"{file.sha256}  {file.path}\n" for file in self.files)


def manifest_from_json(text: str | bytes, where: str) -> Manifest:
    """Read a manifest. Raises DataSetError where it is none."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataSetError(f"{where}: no valid manifest: {place}: {first['msg']}.") from None


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder. Raises DataSetError."""
    path = folder / MANIFEST
    try:
        return manifest_from_json(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise DataSetError(
            f"{folder} is no finished data set: it has no {MANIFEST}. Build one with: nar-bench data build NAME -o "
            f"{folder}"
        ) from None
    except OSError as error:
        raise DataSetError(f"{path}: cannot be read: {error.strerror}.") from None


def merged(mine: Manifest, theirs: Manifest) -> Manifest:
    """Join what two people built of one data set; a config that both have is of both the same.

    Raises:
        DataSetError: they are of unlike versions, or have unlike rows under one name.
    """
    for field in ("name", "version", "generator", "license", "leaks"):
        ours, other = getattr(mine.recipe, field), getattr(theirs.recipe, field)
        if ours != other:
            raise DataSetError(f"two data sets cannot be joined: {field} is {ours!r} here and {other!r} there.")
    # What is there comes first and stays as it is, so that to join the same twice changes nothing.
    configs: dict[str, DataConfig] = {config.name: config for config in theirs.recipe.configs}
    for config in mine.recipe.configs:
        there = configs.setdefault(config.name, config)
        if there is config:
            continue
        if there != config or _content(mine, config.name) != _content(theirs, config.name):
            raise DataSetError(
                f"config '{config.name}' of {mine.recipe.name} version {mine.recipe.version} has other rows there "
                "than here. Raise the version in the blueprint, and build it again."
            )
    recipe = mine.recipe.model_copy(update={"configs": tuple(configs.values())})
    files = {file.path: file for file in (*mine.files, *theirs.files)}
    shared = {(one.config, one.split, one.other): one for one in (*mine.shared, *theirs.shared)}
    return mine.model_copy(
        update={
            "recipe": recipe,
            "files": tuple(files[path] for path in sorted(files)),
            "shared": tuple(shared[key] for key in sorted(shared)),
            "scanned": tuple(sorted({*theirs.scanned, *mine.scanned})),
            "columns": {**theirs.columns, **mine.columns},
            "sources": {**theirs.sources, **mine.sources},
            "examples": theirs.examples or mine.examples,
            "made_with": theirs.made_with if len(configs) == len(theirs.recipe.configs) else mine.made_with,
        }
    )


def only(manifest: Manifest, configs: Collection[str]) -> Manifest:
    """Return the manifest of some configs of a data set."""
    kept = tuple(config for config in manifest.recipe.configs if config.name in configs)
    return manifest.model_copy(
        update={
            "recipe": manifest.recipe.model_copy(update={"configs": kept}),
            "files": tuple(file for file in manifest.files if file.config in configs),
            "shared": tuple(one for one in manifest.shared if one.config in configs),
            "scanned": tuple(name for name in manifest.scanned if name in configs),
            "columns": {name: columns for name, columns in manifest.columns.items() if name in configs},
            "sources": {name: source for name, source in manifest.sources.items() if name in configs},
            "examples": {name: shown for name, shown in manifest.examples.items() if name in configs},
        }
    )


def _content(manifest: Manifest, config: str) -> list[tuple[str, str]]:
    return sorted((file.path, file.content) for file in manifest.of(config))
