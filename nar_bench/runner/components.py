"""The components that a suite names, each looked up once, with their options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nar_bench.errors import NarBenchError
from nar_bench.plugin.contracts import Algorithm, Kind, SimilarInput
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Entry, Registry
from nar_bench.results.identity import used_of
from nar_bench.results.record import Used
from nar_bench.runner.suite import Suite

Found = tuple[Entry, Any]
"""A component, loaded, with its registration."""
Tables = dict[str, tuple[Found, dict[str, Any]]]
"""Tables of options by the full id of the component that they are for."""


class Components:
    """Looks up the components of a suite; what cannot be found or loaded is a fault."""

    def __init__(self, registry: Registry, faults: list[Fault]) -> None:
        self._registry, self._faults = registry, faults
        self._uses: dict[tuple[Kind, str], Used] = {}
        self._loaded: dict[tuple[Kind, str], Found | None] = {}
        self._tables: dict[Kind, Tables] = {}

    def read_tables(self, suite: Suite) -> None:
        """Check the options that a suite gives components for all its grids."""
        for kind, tables in ((Kind.PROCESSOR, suite.processor), (Kind.SIMILARITY, suite.similarity)):
            self._tables[kind] = self.by_id(kind, tables, str(kind))
            for (entry, component), table in self._tables[kind].values():
                build_options(component.config, table, f"{kind}.{entry.name}", self._faults)

    def load_all(self, kind: Kind, names: list[str], place: str) -> list[Found]:
        """Return those of several components that can be used."""
        found = [self.load(kind, name, f"{place}[{i}]") for i, name in enumerate(names)]
        return [one for one in found if one]

    def load(self, kind: Kind, name: str, place: str) -> Found | None:
        """Return a component, or None with a fault at `place`."""
        if (kind, name) not in self._loaded:
            try:
                entry = self._registry.find(kind, name)
                self._loaded[kind, name] = entry, entry.load()
            except NarBenchError as error:
                self._faults.append(Fault(place, str(error)))
                self._loaded[kind, name] = None
        elif self._loaded[kind, name] is None:
            self._faults.append(Fault(place, f"{kind} '{name}' cannot be used, see above"))
        return self._loaded[kind, name]

    def used(self, entry: Entry, component: Any) -> Used:
        """Return what records say of a component."""
        if (entry.kind, entry.id) not in self._uses:
            self._uses[entry.kind, entry.id] = used_of(entry, component)
        return self._uses[entry.kind, entry.id]

    def by_id(self, kind: Kind, tables: Mapping[str, dict[str, Any]], place: str) -> Tables:
        """Return tables that a suite keeps under names, by the full ids of what they name."""
        found = {name: self.load(kind, name, f"{place}.{name}") for name in tables}
        return {one[0].id: (one, tables[name]) for name, one in found.items() if one}

    def options(
        self,
        components: list[Found],
        own: Tables,
        place: str,
    ) -> dict[str, Any]:
        """Build by full id the options of components of one kind; those of a grid come before those of the suite."""
        options = {}
        for entry, component in components:
            tables = [of[entry.id][1] if entry.id in of else {} for of in (self._tables[entry.kind], own)]
            # Faults of the suite's table have been told with its place; the whole is built where there are none.
            values = {**tables[0], **tables[1]} if not self._faults else tables[1]
            options[entry.id] = build_options(component.config, values, f"{place}.{entry.name}", self._faults)
        return options

    def default_similar(self, algorithm: Algorithm) -> tuple[Entry, SimilarInput] | None:
        """Return the first similar input that holds for an algorithm and has as many nodes."""
        for entry in self._registry.entries(Kind.SIMILAR_INPUT):
            found = self.load(Kind.SIMILAR_INPUT, entry.id, "similar_inputs")
            if found and algorithm.name in found[1].algorithms and found[1].nodes is None:
                return found
        return None

    def names(self, kind: Kind) -> str:
        """Return all names of a kind, for a message."""
        return ", ".join(entry.name for entry in self._registry.entries(kind))
