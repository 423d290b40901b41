"""The registry: every component by kind and name, and every plugin with its status."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from nar_bench.errors import NarBenchError, PluginError, UnknownName, did_you_mean
from nar_bench.plugin import hookspecs
from nar_bench.plugin.contracts import CONTRACTS, Drawing, Kind
from nar_bench.plugin.discovery import (
    PluginRow,
    Source,
    Status,
    describe,
    file_source,
    import_plugin,
    installed_sources,
    is_disabled,
)
from nar_bench.plugin.hookspecs import PROJECT

HOOKS = {
    "register_algorithms": Kind.ALGORITHM,
    "register_processors": Kind.PROCESSOR,
    "register_wrappers": Kind.WRAPPER,
    "register_similarities": Kind.SIMILARITY,
    "register_similar_inputs": Kind.SIMILAR_INPUT,
    "register_executors": Kind.EXECUTOR,
    "register_observers": Kind.OBSERVER,
    "register_targets": Kind.TARGET,
    "register_learners": Kind.LEARNER,
    "register_suites": Kind.SUITE,
    "register_alignment_suites": Kind.ALIGNMENT_SUITE,
    "register_data_sets": Kind.DATA_SET,
}


@dataclass(frozen=True)
class Entry:
    """One registered component: where it comes from and how to get it, without importing it.

    Attributes:
        name: the short name.
        target: "module:attribute", or the object itself.
        source: its plugin.
        around: of a processor made by a wrapper, the one that is wrapped; its plugin is the wrapper's.
        drawing: of an algorithm, what pictures of its runs need to know.
    """

    kind: Kind
    name: str
    target: Any
    summary: str
    source: Source
    around: Entry | None = None
    drawing: Drawing | None = None

    @property
    def id(self) -> str:
        """The full id, `namespace/name`, unique within a kind; what is wrapped stands in it by its own, if not ours."""
        name = self.name
        if self.around and not self.around.source.is_own:
            name = name.removesuffix(self.around.name) + self.around.id
        return f"{self.source.namespace}/{name}"

    def load(self) -> Any:
        """Import the component and check that it is what its kind demands.

        Raises:
            PluginError: it cannot be imported, or it is not an instance of its contract, or has another name.
        """
        distribution = f"{self.source.distribution} {self.source.version}".strip()
        where = f"{self.kind} '{self.name}' of plugin '{self.source.name}' ({distribution})"
        component: Any = self.target
        if isinstance(self.target, str):
            module, _, attribute = self.target.partition(":")
            try:
                component = getattr(importlib.import_module(module), attribute)
            except (KeyboardInterrupt, MemoryError):
                raise
            except BaseException as error:
                raise PluginError(f"{where} cannot be loaded from {self.target}: {describe(error)}") from error
        contract = CONTRACTS[self.kind]
        if not isinstance(component, contract):
            raise PluginError(f"{where}: its target is a {type(component).__name__}; a {contract.__name__} is needed.")
        if component.name != self.name:
            raise PluginError(f"{where} calls itself '{component.name}'; both names must be equal.")
        return component

    def examine(self) -> None:
        """Load the component, or look for the file of a suite or a data set. Raises PluginError."""
        if self.kind in (Kind.SUITE, Kind.ALIGNMENT_SUITE, Kind.DATA_SET):
            self.file()
        else:
            self.load()

    def file(self) -> Path:
        """Return the file that the target "module:file.toml" of a suite or a data set names.

        Raises:
            PluginError: it is not there.
        """
        module, _, name = str(self.target).partition(":")
        try:
            package = importlib.import_module(module)
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:
            raise PluginError(f"{self.kind} '{self.name}': cannot import {module}: {describe(error)}") from error
        path = Path(str(package.__file__)).parent / name
        if not path.is_file():
            raise PluginError(f"{self.kind} '{self.name}': there is no file {path}.")
        return path


class Registry:
    """Components of all plugins.

    Args:
        files: plugins that are one Python file each.
        sources: the installed plugins; by default those of this environment.
    """

    def __init__(self, files: Iterable[Path] = (), sources: Iterable[Source] | None = None) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._entries: dict[Kind, list[Entry]] = {kind: [] for kind in Kind}
        self.rows: list[PluginRow] = []
        for source in installed_sources() if sources is None else sources:
            self._add(source)
        for path in files:
            self.add_file(path)

    def add_file(self, path: Path) -> None:
        """Add a plugin that is one Python file. Raises PluginError if it cannot be used."""
        row = self._add(file_source(path))
        if row.status not in (Status.OK, Status.CONFLICT):
            raise PluginError(f"--plugin {path}: {row.status}: {row.reason}")

    def entries(self, kind: Kind) -> list[Entry]:
        """Return every component of a kind, by name."""
        return sorted(self._entries[kind], key=lambda entry: (entry.name, not entry.source.is_own, entry.id))

    def all_entries(self) -> list[Entry]:
        """Return every component of every kind."""
        return [entry for kind in Kind for entry in self.entries(kind)]

    def find(self, kind: Kind, name: str, where: str = "") -> Entry:
        """Return a component by short name or full id, or a processor in a wrapper by both names, as `memory_pgn`.

        A component of nar-bench keeps its short name; where two others share one, nobody wins.

        Raises:
            UnknownName: no such component; the message suggests the nearest.
            PluginError: the short name is claimed by several plugins, or a wrapper or what is in it cannot be loaded.
            Unsupported: a wrapper refuses what it is to go around.
        """
        entries = self._entries[kind]
        for entry in entries:
            if entry.name == name and entry.source.is_own:
                return entry
        entries = self.entries(kind)
        for entry in entries:
            if entry.id == name:
                return entry
        named = [entry for entry in entries if entry.name == name]
        if len(named) > 1:
            place = f"{where}: " if where else ""
            raise PluginError(
                f"{place}{kind} '{name}' is registered by several plugins; say which: "
                f"{', '.join(entry.id for entry in named)}."
            )
        if named:
            return named[0]
        wrappers = self.entries(Kind.WRAPPER) if kind is Kind.PROCESSOR else []
        for wrapper in wrappers:
            for called in (wrapper.id, wrapper.name):
                if name.startswith(f"{called}_"):
                    # Another wrapper's name may begin alike.
                    with contextlib.suppress(UnknownName):
                        return self._around(wrapper, self.find(kind, name.removeprefix(f"{called}_"), where))
        known = {entry.name for entry in entries}
        raise UnknownName(kind, name, known | {f"{wrapper.name}_{one}" for wrapper in wrappers for one in known}, where)

    def _around(self, wrapper: Entry, inner: Entry) -> Entry:
        wrap, processor = wrapper.load().wrap, inner.load()
        summary = f"{wrapper.name} around {inner.name}"
        try:
            made = wrap(processor)
        except NarBenchError:
            raise
        except Exception as error:
            raise PluginError(f"wrapper '{wrapper.id}' around '{inner.id}' failed: {describe(error)}") from error
        return Entry(Kind.PROCESSOR, f"{wrapper.name}_{inner.name}", made, summary, wrapper.source, inner)

    def load(self, kind: Kind, name: str) -> Any:
        """Find a component and load it. Raises what `find` and `Entry.load` raise."""
        return self.find(kind, name).load()

    def _add(self, source: Source) -> PluginRow:
        row = PluginRow(source)
        self.rows.append(row)
        if is_disabled(source):
            row.status, row.reason = Status.DISABLED, "named in NAR_BENCH_DISABLE_PLUGINS"
            return row
        module = import_plugin(source, row)
        if module is not None:
            self._register(source, module, row)
        return row

    def _register(self, source: Source, module: ModuleType, row: PluginRow) -> None:
        if self._manager.is_registered(module):
            row.status, row.reason = Status.CONFLICT, f"another entry point already loads the module {source.target}"
            return
        try:
            self._manager.register(module, name=f"{source.distribution}:{source.name}")
        except Exception as error:  # a wrong hook signature, or whatever a module's __getattr__ does
            self._reject(module, row, Status.INVALID, str(error).splitlines()[-1] if str(error) else describe(error))
            return
        problem = self._hook_problem(module)
        if problem:
            self._reject(module, row, Status.INVALID, problem)
            return
        entries: list[Entry] = []
        try:
            for hook, kind in HOOKS.items():
                for implementation in getattr(self._manager.hook, hook).get_hookimpls():
                    if implementation.plugin is module:
                        implementation.function(**self._arguments(implementation, kind, source, entries))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._reject(module, row, Status.REGISTRATION_ERROR, f"{describe(error)}; nothing of it was registered")
            return
        row.components = len(entries)
        clashes = [self._clash(entry) for entry in entries]
        for entry in entries:
            self._entries[entry.kind].append(entry)
        told = [clash for clash in clashes if clash]
        if told:
            row.status, row.reason = Status.CONFLICT, "; ".join(told)

    def _arguments(self, implementation: Any, kind: Kind, source: Source, entries: list[Entry]) -> dict[str, Any]:
        def register(name: str, target: Any, summary: str, drawing: Drawing | None = None) -> None:
            if not isinstance(name, str) or not name or "/" in name:
                raise PluginError(f"{kind} name {name!r}: a non-empty string without '/' is needed")
            if isinstance(target, str) and not all(target.partition(":")):
                raise PluginError(f"{kind} '{name}': the target {target!r} is not of the form 'module:attribute'")
            if drawing is not None and (kind is not Kind.ALGORITHM or not isinstance(drawing, Drawing)):
                raise PluginError(f"{kind} '{name}': drawing={drawing!r}; a Drawing is for algorithms alone")
            entry = Entry(kind, name, target, summary, source, drawing=drawing)
            if any(other.id == entry.id and other.kind is kind for other in [*self._entries[kind], *entries]):
                raise PluginError(f"{kind} '{entry.id}' is registered twice")
            entries.append(entry)

        return {"register": register} if implementation.argnames else {}

    def _clash(self, entry: Entry) -> str:
        others = [other.id for other in self._entries[entry.kind] if other.name == entry.name]
        if not others:
            return ""
        return f"{entry.kind} '{entry.name}' is also registered as {', '.join(others)}; use the full id {entry.id}"

    def _hook_problem(self, module: ModuleType) -> str:
        hooks = self._manager.get_hookcallers(module) or []
        if not hooks:
            return f"it implements no hook; those are {', '.join(HOOKS)}, each decorated with @hookimpl"
        for hook in hooks:
            if not hook.has_spec():
                return f"it implements a hook '{hook.name}', which does not exist.{did_you_mean(hook.name, HOOKS)}"
            for implementation in hook.get_hookimpls():
                if implementation.plugin is module and inspect.isgeneratorfunction(implementation.function):
                    return f"its hook '{hook.name}' is a generator; call register(...) instead of yielding"
        return ""

    def _reject(self, module: ModuleType, row: PluginRow, status: Status, reason: str) -> None:
        if self._manager.is_registered(module):
            self._manager.unregister(module)
        row.status, row.reason = status, reason


_registry: Registry | None = None


def registry() -> Registry:
    """Return the registry of this process, made on first use."""
    global _registry
    if _registry is None:
        _registry = Registry()
    return _registry


def registry_with(files: Iterable[str | Path]) -> Registry:
    """Return the registry of this process, with plugins that are one Python file each added if they are not there yet.

    Raises:
        PluginError: one of them cannot be used.
    """
    plugins = registry()
    for file in map(Path, files):
        if str(file.resolve()) not in {row.source.target for row in plugins.rows}:
            plugins.add_file(file)
    return plugins
