"""Blueprints: the TOML files that people write to say what is in a data set.

name = "clrs30"
version = 1                       # raised when a published data set would hold other rows
summary = "..."
license = "apache-2.0"            # a word that the Hub knows
citations = ["@article{...}"]     # BibTeX
notes = ["..."]                   # told on the card, under limits
leaks = "remove"                  # inputs that two splits share are left out of the earlier one; or "report"
hint_limit = 4_000_000            # bytes; a trajectory with larger hints is kept without them
file_bytes = 268_435_456          # about the largest file, before compression; at most 50,000 rows

[[configs]]                       # several are joined
algorithms = ["bfs", "dijkstra"]
families = ["erdos_renyi", "grid"]  # a config for each, bfs-grid and so on; else the own distribution, named bfs
shift = { p = 0.5 }               # shift axes of all splits
text = ["text", "trace"]          # further configs of prompts and answers, bfs-text and bfs-trace
text_largest = 32                 # up to this size
told = { binary_search = ["low", "high"] }  # hints that tell the steps where none is named after an output

[configs.splits.train]
size = 16                         # or several: as many samples of each
count = 1000
distribution = "training"         # "test", the default, is the algorithm's own
[configs.splits.val]
size = 16
count = 32
[configs.splits.test_n64]
size = 64
count = 32
shift = { p = 0.9 }               # of this split
counts = { minimum = 2048 }       # of one algorithm
without = ["dfs"]                 # algorithms that do not have this split
seed = 3                          # a stream of its own; else that of `nar-bench run`, by the first word of the name

Without a seed, `train` has the samples that a suite with a fixed `train.count` draws, `val` those that it validates
on, and every other split those of the evaluation with seed 0. So a suite gets the same samples from the files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nar_bench.data.generate import generate, shift_axes
from nar_bench.data.random import derive_seed
from nar_bench.data_sets.recipe import DataConfig, Part, Recipe, Split
from nar_bench.data_sets.text import has_trace
from nar_bench.errors import DataSetError, NarBenchError, did_you_mean
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.spec import Layout, Location
from nar_bench.trajectory import compact_dtype, compact_shape

MOST_ROWS = 50_000
"""Of one file."""

_PROBES = 1
"""Samples by which the size of a row is estimated: the first of the part, which are the same everywhere."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SplitTable(_Table):
    """One [configs.splits.NAME] table."""

    size: int | list[int]
    count: int = Field(ge=1)
    counts: dict[str, int] = {}
    without: list[str] = []
    distribution: Literal["training", "test"] = "test"
    shift: dict[str, Any] = {}
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    hints: bool = True


class ConfigsTable(_Table):
    """One [[configs]] table."""

    algorithms: list[str] = Field(min_length=1)
    families: list[str] = []
    shift: dict[str, Any] = {}
    text: list[Literal["text", "trace"]] = []
    text_largest: int = 32
    told: dict[str, list[str]] = {}
    splits: dict[str, SplitTable] = Field(min_length=1)


class Blueprint(_Table):
    """A whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: int = Field(ge=1)
    summary: str = ""
    license: str = "apache-2.0"
    citations: list[str] = []
    notes: list[str] = []
    leaks: Literal["remove", "report"] = "remove"
    hint_limit: int = Field(default=4_000_000, ge=0)
    file_bytes: int = Field(default=1 << 28, ge=1)
    configs: list[ConfigsTable] = Field(min_length=1)


def find_blueprint(name: str | Path, registry: Registry) -> Path:
    """Return the file of a blueprint given by name or by path.

    Raises:
        UnknownName, PluginError: no such name.
        DataSetError: no such file.
    """
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if not path.is_file():
            raise DataSetError(f"blueprint {path}: there is no such file.")
        return path
    return registry.find(Kind.DATA_SET, str(name)).file()


def load_blueprint(file: Path) -> Blueprint:
    """Read a blueprint.

    Raises:
        DataSetError: it is no TOML, or keys or types are wrong; every fault is listed.
    """
    try:
        return Blueprint.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(f"blueprint {file}: cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise DataSetError(f"blueprint {file}: no valid TOML: {error}.") from None
    except ValidationError as error:
        raise _faulty(file, [_fault(dict(one)) for one in error.errors()]) from None


def _faulty(file: Path, faults: list[str]) -> DataSetError:
    count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
    return DataSetError(f"blueprint {file}: {count}; nothing was built.\n" + "\n".join(f"  {one}" for one in faults))


def _fault(error: dict[str, Any]) -> str:
    place = ""
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f"{'.' if place else ''}{part}"
    if error["type"] == "extra_forbidden":
        tables: dict[int, type[_Table]] = {1: Blueprint, 3: ConfigsTable, 5: SplitTable}
        known = tables.get(len(error["loc"]), Blueprint).model_fields
        return f"{place}: this key is not known.{did_you_mean(str(error['loc'][-1]), known)}"
    if error["type"] == "missing":
        return f"{place}: this key is missing"
    return f"{place}: got {error['input']!r}; {error['msg'][0].lower()}{error['msg'][1:]}"


def resolve(file: Path, registry: Registry, only: Iterable[str] = ()) -> Recipe:
    """Return the recipe of a blueprint.

    Args:
        only: algorithms or configs to keep; all if empty.

    Raises:
        DataSetError: names, sizes or shift axes are wrong; every fault is listed.
    """
    blueprint, faults = load_blueprint(file), []
    configs: dict[str, DataConfig] = {}
    wanted = set(only)
    matched: set[str] = set()
    for index, table in enumerate(blueprint.configs):
        faults += _strangers(table, f"configs[{index}]")
        for place, name in enumerate(table.algorithms):
            where = f"configs[{index}].algorithms[{place}]"
            try:
                entry = registry.find(Kind.ALGORITHM, name)
                algorithm: Algorithm = entry.load()
                for config in _configs(blueprint, table, algorithm, entry.id, wanted):
                    matched |= wanted & {config.name, algorithm.name}
                    if config.name in configs:
                        faults.append(f"{where}: config '{config.name}' comes twice")
                    configs[config.name] = config
            except NarBenchError as error:
                faults.append(f"{where}: {error}")
    for name in sorted(wanted - matched):
        faults.append(f"--only {name}: no algorithm and no config has this name")
    if faults:
        raise _faulty(file, faults)
    told = blueprint.model_dump(include={"name", "version", "summary", "license", "citations", "notes", "leaks"})
    return Recipe.model_validate({**told, "configs": tuple(configs.values())})


def _strangers(table: ConfigsTable, place: str) -> list[str]:
    """Return a fault for each name in an option for one algorithm that is not among the algorithms."""
    named = {f"{place}.told": list(table.told)}
    named |= {f"{place}.splits.{name}": [*split.counts, *split.without] for name, split in table.splits.items()}
    return [
        f"{where}: '{name}' is none of its algorithms.{did_you_mean(name, table.algorithms)}"
        for where, names in named.items()
        for name in names
        if name not in table.algorithms
    ]


def _configs(
    blueprint: Blueprint, table: ConfigsTable, algorithm: Algorithm, full_id: str, wanted: set[str]
) -> Iterable[DataConfig]:
    for family in table.families or [""]:
        base = f"{algorithm.name}-{family}" if family else algorithm.name
        told = tuple(table.told.get(algorithm.name, ()))
        texts = [form for form in table.text if form == "text" or has_trace(algorithm, told)]
        forms = [("trajectory", base), *((form, f"{base}-{form}") for form in texts)]
        kept = [(form, name) for form, name in forms if not wanted or {algorithm.name, base, name} & wanted]
        if not kept:
            continue
        shift = {**table.shift, **({"family": family} if family else {})}
        given = {name: one for name, one in table.splits.items() if algorithm.name not in one.without}
        splits = tuple(_split(blueprint, one, name, algorithm, shift) for name, one in given.items())
        for form, name in kept:
            made = splits if form == "trajectory" else tuple(_text_splits(splits, table.text_largest))
            yield DataConfig.model_validate(
                {
                    "name": name,
                    "algorithm": algorithm.name,
                    "algorithm_id": full_id,
                    "algorithm_version": algorithm.version,
                    "family": family,
                    "form": form,
                    "told": told if form == "trace" else (),
                    "splits": made,
                }
            )


def _text_splits(splits: Iterable[Split], largest: int) -> Iterable[Split]:
    for split in splits:
        parts = tuple(
            part.model_copy(update={"rows": MOST_ROWS}) for part in split.parts if part.size <= largest and part.hints
        )
        if parts:
            yield Split(name=split.name, parts=parts)


def _split(blueprint: Blueprint, table: SplitTable, name: str, algorithm: Algorithm, shift: dict[str, Any]) -> Split:
    sizes = table.size if isinstance(table.size, list) else [table.size]
    count = table.counts.get(algorithm.name, table.count)
    base = algorithm.training if table.distribution == "training" else {}
    values: dict[str, Any] = {**base, **shift, **table.shift}
    axes: dict[str, Any] = {**shift_axes(algorithm), **values}
    parts = []
    for size in sizes:
        seed = table.seed if table.seed is not None else _usual_seed(name, algorithm, size)
        # The probe also raises InputError where a size or an axis is not allowed.
        probe = generate(algorithm, size, min(_PROBES, count), seed, hints=False, **values)
        row, hint = _row_bytes(algorithm, probe)
        hints = table.hints and bool(algorithm.spec.hints) and hint <= blueprint.hint_limit
        most = max(1, blueprint.file_bytes // max(1, row + hint * hints))
        plain = {axis: list(value) if isinstance(value, tuple) else value for axis, value in axes.items()}
        parts.append(
            Part(
                size=size,
                nodes=probe.nodes,
                count=count,
                seed=seed,
                shift=plain,
                hints=hints,
                rows=min(MOST_ROWS, most),
            )
        )
    return Split(name=name, parts=tuple(parts))


def _usual_seed(split: str, algorithm: Algorithm, size: int) -> int:
    """Return the seed of the stream that training, validation or evaluation with seed 0 draws from."""
    if split == "train":
        return derive_seed("train", algorithm.name)
    if split == "val":
        return derive_seed("validate", algorithm.name)
    return derive_seed("evaluate", 0, size)


def _row_bytes(algorithm: Algorithm, probe: Any) -> tuple[int, int]:
    """Return the greatest bytes of inputs and outputs, and of the hints, of one of some samples without hints."""
    shown = sum(column.nbytes for column in [*probe.inputs.values(), *probe.outputs.values()]) // len(probe)
    length = int(probe.lengths.max())
    edges = 0
    if algorithm.spec.layout is Layout.SPARSE:
        edges = max(probe.edge_offsets[1:] - probe.edge_offsets[:-1])
    per_step = 0
    for feature in algorithm.spec.hints:
        values = 1
        if feature.location is Location.EDGE and edges:
            values = int(edges)
        else:
            for axis in compact_shape(feature, probe.nodes):
                values *= axis
        per_step += values * compact_dtype(feature, probe.nodes).itemsize
    return shown, length * per_step
