"""The conformance kit: one list of checks per kind, for `nar-bench check`, for plugin authors' tests and for ours.

import pytest
from nar_bench.conformance.kit import checks_of

@pytest.mark.parametrize("check", checks_of("my_algorithm", "my_processor"), ids=str)
def test_conformance(check):
    check()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nar_bench.errors import ConformanceError, UnknownName
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Entry, Registry, registry

CHECKED = (
    Kind.ALGORITHM,
    Kind.PROCESSOR,
    Kind.SIMILARITY,
    Kind.SIMILAR_INPUT,
    Kind.EXECUTOR,
    Kind.OBSERVER,
    Kind.TARGET,
    Kind.LEARNER,
)


@dataclass(frozen=True)
class Check:
    """One check of one component; calling it raises ConformanceError where the component fails.

    Attributes:
        known: why it is known to fail, or ""; a check that is known to fail and passes is a failure.
    """

    component: str
    kind: Kind
    name: str
    function: Callable[[Any], str | None]
    target: Any
    known: str = ""

    def __str__(self) -> str:
        return f"{self.component}: {self.name}"

    def __call__(self) -> str:
        """Run it and return what it measured, or "".

        Raises ConformanceError; any other error of the component becomes one.
        """
        failure: ConformanceError | None = None
        measured = ""
        try:
            measured = self.function(self.target) or ""
        except ConformanceError as error:
            failure = error
        except Exception as error:
            failure = ConformanceError(f"it raised {type(error).__name__}: {error}")
            failure.__cause__ = error
        if failure and not self.known:
            raise ConformanceError(f"{self}: {failure}") from failure
        if self.known and not failure:
            raise ConformanceError(f"{self}: it passes, but is known to fail ({self.known}); take it off the list.")
        return measured


def require(condition: bool, message: str) -> None:
    """Raise ConformanceError unless `condition` holds; unlike assert it stays under python -O."""
    if not condition:
        raise ConformanceError(message)


def functions_of(kind: Kind) -> Mapping[str, Callable[[Any], str | None]]:
    """Return name -> check for a kind; each takes the component. Imports torch for processors and similarities."""
    if kind is Kind.ALGORITHM:
        from nar_bench.conformance import algorithms as checks
    elif kind is Kind.PROCESSOR:
        from nar_bench.conformance import processors as checks  # type: ignore[no-redef]
    elif kind is Kind.SIMILARITY:
        from nar_bench.conformance import similarities as checks  # type: ignore[no-redef]
    elif kind is Kind.SIMILAR_INPUT:
        from nar_bench.conformance import similar_inputs as checks  # type: ignore[no-redef]
    elif kind is Kind.TARGET:
        from nar_bench.conformance import targets as checks  # type: ignore[no-redef]
    elif kind is Kind.LEARNER:
        from nar_bench.conformance import learners as checks  # type: ignore[no-redef]
    elif kind is Kind.EXECUTOR:
        from nar_bench.conformance import executors as checks  # type: ignore[no-redef]
    else:
        from nar_bench.conformance import observers as checks  # type: ignore[no-redef]
    return checks.CHECKS


def checks_for(kind: Kind, target: Any, known: Mapping[str, str] | None = None) -> list[Check]:
    """Return the checks of one loaded component.

    Args:
        known: check name -> why it fails.

    Raises:
        UnknownName: `known` names a check that does not exist.
    """
    functions = functions_of(kind)
    for name in known or {}:
        if name not in functions:
            raise UnknownName("check", name, functions)
    return [
        Check(target.name, kind, name, function, target, (known or {}).get(name, ""))
        for name, function in functions.items()
    ]


def find_components(names: Iterable[str], plugins: Registry) -> list[Entry]:
    """Return the components of any kind with these names.

    Raises:
        UnknownName: nothing has that name.
    """
    found: list[Entry] = []
    everything = [entry for entry in plugins.all_entries() if entry.kind in CHECKED]
    for name in names:
        matches = [entry for entry in everything if name in (entry.name, entry.id)]
        kinds = dict.fromkeys(entry.kind for entry in matches)
        if not matches and any(
            name.startswith((f"{one.name}_", f"{one.id}_")) for one in plugins.entries(Kind.WRAPPER)
        ):
            kinds = {Kind.PROCESSOR: None}
        if not kinds:
            raise UnknownName("component", name, {entry.name for entry in everything})
        found += [plugins.find(kind, name) for kind in kinds]
    return found


def checks_of(*names: str, known: Mapping[str, Mapping[str, str]] | None = None) -> list[Check]:
    """Return every check of registered components.

    Args:
        names: of any kind.
        known: component -> check name -> why it is known to fail.

    Raises:
        UnknownName, PluginError: a component cannot be found or loaded.
    """
    checks: list[Check] = []
    for entry in find_components(names, registry()):
        checks += checks_for(entry.kind, entry.load(), (known or {}).get(entry.name))
    return checks
