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
[observer.tensorboard]            # options of an observer; observers = ["tensorboard"], above the tables, names some
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from nar_bench.plugin.assignments import Assignments
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry
from nar_bench.plugin.tables import Place, Table, fault_of, find_suite_file, read_table, suite_error

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
    observers: list[str] = []
    observer: dict[str, Table] = {}
    """Options of observers, by name."""


@dataclass(frozen=True)
class SuiteSource:
    """A suite with the file it was read from."""

    suite: Suite
    file: Path


def find_suite(name: str | Path, registry: Registry) -> Path:
    """Return the file of a suite given by name or by path. Raises what `find_suite_file` does."""
    return find_suite_file(name, Kind.SUITE, registry)


def load_suite(file: Path, overrides: Assignments = ()) -> SuiteSource:
    """Read a suite file.

    Args:
        overrides: "train.steps=10" and the like, or values by key, applied before the check.

    Raises:
        SuiteError: it is no TOML, or keys or types are wrong; every fault is listed.
    """
    content = read_table(file, overrides)
    try:
        return SuiteSource(Suite.model_validate(content), file)
    except ValidationError as error:
        raise suite_error(file, [fault_of(dict(one), _keys_at) for one in error.errors()]) from None


def _keys_at(place: Place) -> Iterable[str]:
    return Grid.model_fields if place[0] == "trials" else Suite.model_fields
