"""Recipes: everything that decides what is in a data set, as plain data, and a hash of it.

A recipe says of each configuration (an algorithm and a family of inputs) which samples of which counter-based stream
are in which split. It is what a `Blueprint` (a TOML file that a person writes, see `nar_bench.data_sets.blueprint`)
becomes when names are looked up and defaults are filled in; recipe.json in a data set holds it.

Nothing in it depends on the machine, on how many workers build it, or on the versions of libraries.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nar_bench.errors import DataSetError, UnknownName

GENERATOR = 1
"""Raised when the framework draws other instances for the same recipe, or writes the same into other columns."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Model):
    """Samples of one size.

    Attributes:
        size: problem size n.
        nodes: number of nodes N.
        count: samples from `first` on, `removed` ones included.
        seed: of the stream (see `nar_bench.data.generate.generate`).
        first: number of the first sample.
        shift: every shift axis of the algorithm with its value, or the values of which each sample draws one; None
            where nothing is set and a word would be chosen.
        hints: whether they are kept.
        rows: most rows of one file.
        removed: numbers of samples that are left out, because another split has the same or a relabelled input.
    """

    size: int
    nodes: int
    count: int = Field(ge=1)
    seed: int = Field(ge=0, lt=2**63)
    first: int = Field(default=0, ge=0)
    shift: dict[str, Any] = {}
    hints: bool = True
    rows: int = Field(ge=1)
    removed: tuple[int, ...] = ()

    @property
    def files(self) -> int:
        """Number of files."""
        return -(-self.count // self.rows)


class Split(_Model):
    """Named samples; those of the training split may be of several sizes."""

    name: str
    parts: tuple[Part, ...] = Field(min_length=1)

    @property
    def files(self) -> int:
        """Number of files."""
        return sum(part.files for part in self.parts)


class DataConfig(_Model):
    """What `load_dataset(repository, name)` loads.

    Attributes:
        algorithm: short name; algorithm_id: full id; algorithm_version: of its behaviour.
        family: of graphs, or "" for the algorithm's own distribution.
        form: "trajectory", or "text" or "trace", which are prompts and answers, without and with the steps.
        told: of a trace, hints that tell the steps where none is named after an output.
    """

    name: str
    algorithm: str
    algorithm_id: str
    algorithm_version: int
    family: str = ""
    form: Literal["trajectory", "text", "trace"] = "trajectory"
    told: tuple[str, ...] = ()
    splits: tuple[Split, ...]

    def split(self, name: str) -> Split:
        """Return a split by name. Raises UnknownName."""
        for split in self.splits:
            if split.name == name:
                return split
        raise UnknownName("split", name, [split.name for split in self.splits], where=f"config '{self.name}'")


class Recipe(_Model):
    """A whole data set."""

    format: Literal[1] = 1
    generator: int = GENERATOR
    name: str
    version: int
    summary: str
    license: str
    citations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    leaks: Literal["remove", "report"] = "remove"
    configs: tuple[DataConfig, ...]

    def config(self, name: str) -> DataConfig:
        """Return a config by name. Raises UnknownName."""
        for config in self.configs:
            if config.name == name:
                return config
        raise UnknownName("config", name, [config.name for config in self.configs], where=f"data set '{self.name}'")

    def hash(self) -> str:
        """Return 32 hex digits over the canonical JSON of the recipe, but for what is only told to readers."""
        told = {"summary", "license", "citations", "notes"}
        return _hash(self.model_dump(mode="json", exclude=told))

    def to_json(self) -> str:
        """Return what `from_json` reads, as people read it."""
        return json.dumps(self.model_dump(mode="json"), indent=1) + "\n"


def recipe_from_json(text: str | bytes, where: str) -> Recipe:
    """Read a recipe. Raises DataSetError where it is none."""
    from pydantic import ValidationError

    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataSetError(f"{where}: no valid recipe: {place}: {first['msg']}.") from None


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.json. Raises DataSetError where it is none."""
    try:
        return recipe_from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise DataSetError(f"{path}: cannot be read: {error.strerror}.") from None


def anew(recipe: Recipe, only: Collection[str] = ()) -> Recipe:
    """Return a recipe before anything was left out of it, as building it again starts from.

    Args:
        only: algorithms or configs to keep; all if empty.

    Raises:
        UnknownName: nothing has one of these names.
    """
    for name in only:
        if not any(name in (config.name, config.algorithm) for config in recipe.configs):
            recipe.config(name)

    def whole(split: Split) -> Split:
        return split.model_copy(
            update={"parts": tuple(part.model_copy(update={"removed": ()}) for part in split.parts)}
        )

    kept = [config for config in recipe.configs if not only or {config.name, config.algorithm} & set(only)]
    configs = [config.model_copy(update={"splits": tuple(map(whole, config.splits))}) for config in kept]
    return recipe.model_copy(update={"configs": tuple(configs)})


def part_hash(config: DataConfig, part: Part) -> str:
    """Return 32 hex digits over all that decides what the rows of a part are."""
    whole: Mapping[str, Any] = {
        "generator": GENERATOR,
        "config": config.model_dump(mode="json", include={"algorithm_id", "algorithm_version", "form", "told"}),
        "part": part.model_dump(mode="json"),
    }
    return _hash(whole)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
