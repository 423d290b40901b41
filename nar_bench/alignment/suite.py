"""Suites of the alignment laboratory: TOML files that say which sample complexities to estimate.

name = "corollary1"
version = 1
summary = "..."

[[estimates]]                     # a grid; several are joined
targets = ["pairwise_sum"]        # a name, or one table of options under it: { polynomial = { count = 2 } }
learners = ["mlp", { gnn = { aggregate = "max" } }]
sizes = [2, 4, 8]                 # n, objects in a set
eps = [0.25]
delta = [0.1]
unit = "deviation"                # of eps: the target's standard deviation, or "absolute"
search = { largest = 8192 }       # on top of [search], in this grid only

[[modules]]                       # for every claim of alignment that a target declares: its network and each module
targets = ["bellman_ford_step"]
sizes = [4]                       # of the network; modules have the size of their own targets
eps = [0.25]
delta = [0.1]

[[algorithms]]                    # examples until a share 1 - delta of answers is valid
algorithms = ["bfs"]
processors = ["mpnn"]
regimes = ["hints", "no_hints", "memory"]
similarity = "cosine"             # where the regime is memory
sizes = [16, 64]                  # of the test instances
delta = [0.1]
train = { steps = 300 }           # on top of [train]; sizes has one size, of which there are M examples

[target.polynomial]               # options of a target, a learner, a processor
[learner.mlp]
[processor.memory_mpnn]
[search]                          # see nar_bench.alignment.threshold
[judge]                           # see nar_bench.alignment.judge
[train]                           # see nar_bench.training.config; count is what is asked
[model]                           # see nar_bench.model.config
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nar_bench.plugin.tables import Place, Table, fault_of, read_table, suite_error

Named = str | dict[str, Table]
"""A name, or one table of options under the name."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Grid(_Table):
    delta: list[float] = Field(min_length=1)
    sizes: list[int] = Field(min_length=1)
    search: Table = {}
    judge: Table = {}


class Estimates(_Grid):
    """One [[estimates]] table."""

    targets: list[Named] = Field(min_length=1)
    learners: list[Named] = Field(min_length=1)
    eps: list[float] = Field(min_length=1)
    unit: str = "deviation"


class Modules(_Grid):
    """One [[modules]] table."""

    targets: list[Named] = Field(min_length=1)
    eps: list[float] = Field(min_length=1)
    unit: str = "deviation"


class Algorithms(_Grid):
    """One [[algorithms]] table."""

    algorithms: list[str] = Field(min_length=1)
    processors: list[Named] = Field(min_length=1)
    regimes: list[str] = Field(min_length=1)
    similarity: str | None = None
    train: Table = {}
    model: Table = {}


class Suite(_Table):
    """A whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: int = Field(ge=1)
    summary: str = ""
    estimates: list[Estimates] = []
    modules: list[Modules] = []
    algorithms: list[Algorithms] = []
    target: dict[str, Table] = {}
    learner: dict[str, Table] = {}
    processor: dict[str, Table] = {}
    search: Table = {}
    judge: Table = {}
    train: Table = {}
    model: Table = {}


_GRIDS: Mapping[str, type[BaseModel]] = {"estimates": Estimates, "modules": Modules, "algorithms": Algorithms}


@dataclass(frozen=True)
class SuiteSource:
    """A suite with the file it was read from."""

    suite: Suite
    file: Path


def load_suite(file: Path, overrides: Iterable[str] = ()) -> SuiteSource:
    """Read a suite file.

    Args:
        overrides: "search.runs=10" and the like, applied before the check.

    Raises:
        SuiteError: it is no TOML, or keys or types are wrong; every fault is listed.
    """
    content = read_table(file, overrides)
    try:
        return SuiteSource(Suite.model_validate(content), file)
    except ValidationError as error:
        raise suite_error(file, [fault_of(dict(one), _keys_at) for one in error.errors()]) from None


def _keys_at(place: Place) -> Iterable[str]:
    return _GRIDS.get(str(place[0]), Suite).model_fields


def name_and_options(named: Named) -> tuple[str, dict[str, Any]]:
    """Return the name and the options that stand under it; ("", {}) where it is not one table under one name."""
    if isinstance(named, str):
        return named, {}
    return next(iter(named.items())) if len(named) == 1 else ("", {})
