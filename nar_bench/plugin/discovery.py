"""Find plugins and import them, each behind a guard.

A plugin may fail to import, exit the process, or hang; it becomes a row with a status and a reason, and nothing
else is lost. pluggy's own `load_setuptools_entrypoints` is not used: one failing entry point aborts it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from nar_bench.errors import PluginError, PluginUnavailable
from nar_bench.plugin.hookspecs import PROJECT

DISABLE_VARIABLE = "NAR_BENCH_DISABLE_PLUGINS"
"""Comma-separated plugin names that are not imported; "*" leaves only those of nar-bench itself."""

OWN_DISTRIBUTION = "nar-bench"

IMPORT_LIMIT_VARIABLE = "NAR_BENCH_IMPORT_LIMIT"
"""Seconds that one plugin module may take to import, 5 by default; `plugins --doctor` uses a subprocess instead."""


class Status(StrEnum):
    """What became of a plugin."""

    OK = "ok"
    DISABLED = "disabled"
    UNAVAILABLE = "unavailable"
    """It says itself that something is missing that it needs, such as an optional library."""
    IMPORT_ERROR = "import error"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    REGISTRATION_ERROR = "registration error"
    CONFLICT = "conflict"


NO_FAULT = (Status.OK, Status.DISABLED, Status.UNAVAILABLE)
"""What nobody has to be warned of."""


@dataclass(frozen=True)
class Source:
    """Where a plugin comes from.

    Attributes:
        name: the entry point's name, or the stem of a file given by --plugin.
        distribution: the installed distribution, or "file".
        version: the distribution's version, or "".
        target: module of the entry point, or the path of the file.
    """

    name: str
    distribution: str
    version: str
    target: str

    @property
    def namespace(self) -> str:
        """What stands before the slash in the full id of this plugin's components."""
        return self.name if self.is_file else self.distribution

    @property
    def is_file(self) -> bool:
        """Whether it was given by --plugin."""
        return self.distribution == "file"

    @property
    def is_own(self) -> bool:
        """Whether it is part of nar-bench."""
        return self.distribution == OWN_DISTRIBUTION


@dataclass
class PluginRow:
    """One plugin with its status; what `nar-bench plugins` prints."""

    source: Source
    status: Status = Status.OK
    reason: str = ""
    seconds: float = 0.0
    components: int = 0


def installed_sources() -> list[Source]:
    """List the entry points of the group, own ones first, then by distribution and name; imports nothing."""
    sources = {
        Source(
            name=point.name,
            distribution=_normal(point.dist),
            version=point.dist.version if point.dist else "",
            target=point.value,
        )
        for point in importlib.metadata.entry_points(group=PROJECT)
    }
    return sorted(sources, key=lambda source: (not source.is_own, source.distribution, source.name))


def _normal(distribution: importlib.metadata.Distribution | None) -> str:
    return distribution.name.lower().replace("_", "-").replace(".", "-") if distribution else "unknown"


def file_source(path: Path) -> Source:
    """Describe a plugin that is one Python file.

    Raises:
        PluginError: there is no such file, or it is not a .py file.
    """
    if not path.is_file() or path.suffix != ".py":
        found = "something else" if path.exists() else "no such file"
        raise PluginError(f"--plugin {path}: a Python file is needed, and there is {found}.")
    return Source(name=path.stem, distribution="file", version="", target=str(path.resolve()))


def is_disabled(source: Source) -> bool:
    """Say whether the environment variable names this plugin."""
    names = {name.strip() for name in os.environ.get(DISABLE_VARIABLE, "").split(",")}
    return source.name in names or source.distribution in names or ("*" in names and not source.is_own)


def import_plugin(source: Source, row: PluginRow) -> ModuleType | None:
    """Import a plugin's module; on any failure write status and reason into `row` and return None."""
    start = time.perf_counter()
    limit = _import_limit()
    try:
        # What a plugin prints must not end up in the middle of our own output.
        with _time_limit(limit), contextlib.redirect_stdout(sys.stderr):
            return _import(source)
    except KeyboardInterrupt:
        raise
    except _TimeLimit:
        row.status = Status.TIMEOUT
        row.reason = (
            f"its import took more than {limit:g} s and was given up; to wait longer set {IMPORT_LIMIT_VARIABLE} "
            f"to seconds, to skip it set {DISABLE_VARIABLE}={source.name}"
        )
    except PluginUnavailable as error:
        row.status, row.reason = Status.UNAVAILABLE, str(error)
    except BaseException as error:  # SystemExit too: a plugin must not end the program
        row.status, row.reason = Status.IMPORT_ERROR, describe(error)
    finally:
        row.seconds = time.perf_counter() - start
    return None


def _import_limit() -> float:
    try:
        return max(0.1, float(os.environ.get(IMPORT_LIMIT_VARIABLE, "5")))
    except ValueError:
        return 5.0


def _import(source: Source) -> ModuleType:
    if not source.is_file:
        return importlib.import_module(source.target.partition(":")[0])
    name = f"nar_bench_file_{source.name}"
    spec = importlib.util.spec_from_file_location(name, source.target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def describe(error: BaseException) -> str:
    """Say in one line what was raised."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    place = f" (line {error.lineno} of {error.filename})" if isinstance(error, SyntaxError) else ""
    text = (error.msg if isinstance(error, SyntaxError) else str(error)).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else 'no message'}{place}"


class _TimeLimit(BaseException):
    """Raised in the importing thread; no Exception, so that a plugin's own `except Exception` does not catch it."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after `seconds`; does nothing off the main thread or where there are no interval timers."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise _TimeLimit

    previous: Any = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
