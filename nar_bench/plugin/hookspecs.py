"""The hooks, one per kind of component. A plugin is a module that implements any of them.

Registration is light: give a name, a one-line summary and a lazy "module:attribute" target, and import
nothing heavy. In a plugin that is one file the target may be the object itself.

    from nar_bench.plugin import hookimpl

    @hookimpl
    def register_algorithms(register):
        register("bfs", "my_package.bfs:BFS", "breadth-first search")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from nar_bench.plugin.contracts import Drawing

PROJECT = "nar_bench"
"""The pluggy project name and the group of the entry points."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Register(Protocol):
    """What a hook is given to register components with."""

    def __call__(self, name: str, target: Any, summary: str, drawing: Drawing | None = None) -> None:
        """Register one component; `drawing` is for algorithms alone."""
        ...


@hookspec
def register_algorithms(register: Register) -> None:
    """Register `nar_bench.plugin.contracts.Algorithm` objects."""


@hookspec
def register_processors(register: Register) -> None:
    """Register `nar_bench.plugin.contracts.Processor` objects."""


@hookspec
def register_wrappers(register: Register) -> None:
    """Register `nar_bench.plugin.contracts.ProcessorWrapper` objects; each goes around every registered processor."""


@hookspec
def register_similarities(register: Register) -> None:
    """Register `nar_bench.plugin.contracts.Similarity` objects."""


@hookspec
def register_similar_inputs(register: Register) -> None:
    """Register `nar_bench.plugin.contracts.SimilarInput` objects."""


@hookspec
def register_executors(register: Register) -> None:
    """Register `nar_bench.plugin.execution.Executor` objects."""


@hookspec
def register_observers(register: Register) -> None:
    """Register `nar_bench.plugin.observation.Observer` objects."""


@hookspec
def register_targets(register: Register) -> None:
    """Register `nar_bench.plugin.learnability.Target` objects."""


@hookspec
def register_learners(register: Register) -> None:
    """Register `nar_bench.plugin.learnability.Learner` objects."""


@hookspec
def register_suites(register: Register) -> None:
    """Register suites: the target is "module:file.toml", a TOML file beside the module."""


@hookspec
def register_alignment_suites(register: Register) -> None:
    """Register suites of `nar-bench align`, likewise."""


@hookspec
def register_data_sets(register: Register) -> None:
    """Register blueprints of data sets: the target is "module:file.toml", a TOML file beside the module."""
