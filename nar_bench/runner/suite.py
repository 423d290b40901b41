"""Suites: TOML files that say which trials to run.

name = "quickstart"
version = 1
summary = "..."
track = "strict"                  # refuses sizes above in_distribution in training and selection; default: "open"
in_distribution = 16

[[trials]]                        # a grid; several are joined
algorithms = ["bfs"]
processors = ["mpnn"]             # memory_pgn is the wrapper memory around pgn; so for any wrapper and processor
regimes = ["hints"]
seeds = [0, 1]
similarity = "cosine"             # where the regime is "memory"; with options: { rbf = { bandwidth = 0.5 } }
similar_inputs = { bfs = "reweighted_edges" }   # by default the registered one that names the algorithm
processor = { memory_mpnn = { idea_size = 16 } }   # on top of [processor.memory_mpnn], in this grid only
train = { steps = 300 }           # model, contrast, train and evaluate may be overridden for one grid likewise
together = true                   # one trial learns all algorithms with one processor; by default one trial each

[regime.forced]                   # a regime of this suite; regimes = ["forced"] names it
base = "hints"                    # one of nar_bench.model.regime, which has all options
teacher_forcing = 0.5

[data]                            # see nar_bench.data_sets.options; without it samples are drawn
source = "hub:someone/clrs30@v1"  # or a folder that `nar-bench data build` made
[model]                           # see nar_bench.model.config
[processor.memory_mpnn]           # options of a processor
[similarity.cosine]               # options of a similarity
[contrast]                        # which inputs are similar in the regime "memory", see nar_bench.training.contrast
related = [["bfs", "dijkstra"]]
[train]                           # see nar_bench.training.config
[train.shift.bfs]                 # by default the algorithm's training distribution
[train.algorithm.kmp_matcher]     # options about data that hold for one algorithm
sizes = [20]
[evaluate]                        # see nar_bench.evaluation.config
[evaluate.shift.bfs]              # by default the algorithm's own distribution
[evaluate.algorithm.minimum]
count = 2048
[evaluate.points.dense]           # a named shift point: algorithms that have all its axes are measured there too
p = 0.9
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from nar_bench.errors import SuiteError, did_you_mean
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry
from nar_bench.runner.options import Fault

Table = dict[str, Any]

SIMILARITY_NEEDED = "One name is needed, or one table of options under it, as in { rbf = { bandwidth = 0.5 } }"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Grid(_Table):
    """One [[trials]] table."""

    algorithms: list[str] = Field(min_length=1)
    processors: list[str] = Field(min_length=1)
    regimes: list[str] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    similarity: str | dict[str, Table] | None = None
    """A name, or one table of options under the name."""
    similar_inputs: dict[str, str] = {}
    together: bool = False
    processor: dict[str, Table] = {}
    model: Table = {}
    contrast: Table = {}
    train: Table = {}
    evaluate: Table = {}

    @field_validator("similarity", mode="before")
    @classmethod
    def _is_one_similarity(cls, value: Any) -> Any:
        one_table = isinstance(value, dict) and [type(options) for options in value.values()] == [dict]
        if isinstance(value, str) or one_table:
            return value
        raise PydanticCustomError("similarity", SIMILARITY_NEEDED)

    @property
    def similarity_options(self) -> dict[str, Table]:
        """The options of the similarity by its name; empty where there is none."""
        if isinstance(self.similarity, str):
            return {self.similarity: {}}
        return self.similarity or {}


class Suite(_Table):
    """A whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: int = Field(ge=1)
    summary: str = ""
    track: Literal["open", "strict"] = "open"
    in_distribution: int | None = Field(default=None, ge=1)
    trials: list[Grid] = Field(min_length=1)
    regime: dict[str, Table] = {}
    data: Table = {}
    model: Table = {}
    processor: dict[str, Table] = {}
    similarity: dict[str, Table] = {}
    contrast: Table = {}
    train: Table = {}
    evaluate: Table = {}


@dataclass(frozen=True)
class SuiteSource:
    """A suite with the file it was read from."""

    suite: Suite
    file: Path


def find_suite(name: str | Path, registry: Registry) -> Path:
    """Return the file of a suite given by name or by path.

    Raises:
        UnknownName, PluginError: no such name.
        SuiteError: no such file.
    """
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if not path.is_file():
            raise SuiteError(f"suite {path}: there is no such file.")
        return path
    return registry.find(Kind.SUITE, str(name)).file()


def load_suite(file: Path, overrides: Iterable[str] = ()) -> SuiteSource:
    """Read a suite file.

    Args:
        overrides: "train.steps=10" and the like, applied before the check.

    Raises:
        SuiteError: it is no TOML, or keys or types are wrong; every fault is listed.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"suite {file}: cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"suite {file}: no valid TOML: {error}.") from None
    for override in overrides:
        _apply(content, override)
    try:
        return SuiteSource(Suite.model_validate(content), file)
    except ValidationError as error:
        raise suite_error(file, [_fault(dict(one)) for one in error.errors()]) from None


def suite_error(file: Path, faults: Sequence[Fault]) -> SuiteError:
    """Return one error that lists every fault."""
    count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
    return SuiteError(f"suite {file}: {count}; nothing was run.\n" + "\n".join(f"  {fault}" for fault in faults))


def _fault(error: dict[str, Any]) -> Fault:
    place = ""
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f"{'.' if place else ''}{part}"
    if error["type"] == "extra_forbidden":
        known = Grid.model_fields if error["loc"][0] == "trials" else Suite.model_fields
        return Fault(place, f"this key is not known.{did_you_mean(str(error['loc'][-1]), known)}")
    if error["type"] == "missing":
        return Fault(place, "this key is missing")
    return Fault(place, f"got {error['input']!r}; {error['msg'][0].lower()}{error['msg'][1:]}")


def _apply(content: Table, override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise SuiteError(f"--set {override}: KEY=VALUE is needed, for example --set train.steps=100.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string
    *tables, last = key.strip().split(".")
    at = content
    for table in tables:
        at = at.setdefault(table, {})
        if not isinstance(at, dict):
            raise SuiteError(f"--set {override}: '{table}' is not a table that can hold a key.")
    at[last] = value
