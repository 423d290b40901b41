"""One exception tree. Every message says what, where, got, allowed and the next step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NarBenchError(Exception):
    """Any error this library raises on purpose; the CLI prints its message without a traceback."""


class SpecError(NarBenchError):
    """A feature or a spec contradicts itself."""


class InputError(NarBenchError):
    """An array, a size or a shift value handed to an algorithm is not what its spec allows."""


class PluginError(NarBenchError):
    """A plugin, or one component of it, cannot be loaded or breaks its contract."""


class PluginUnavailable(NarBenchError):
    """A plugin needs what this environment has not; raised while it is imported, with what is to be done."""


class ConformanceError(NarBenchError):
    """A component failed one check of its conformance kit."""


class Unsupported(NarBenchError):
    """A combination that a component declares it cannot do; in a plan this is data, with its reason."""


class SuiteError(NarBenchError):
    """A suite file is wrong; the message lists every fault in it, each with its place."""


class RecordError(NarBenchError):
    """A record in a results store cannot be read or fails its schema."""


class TrainingError(NarBenchError):
    """Training cannot go on, because the loss is not a finite number."""


class CheckpointError(NarBenchError):
    """A checkpoint cannot be read or belongs to another trial."""


class IdeasError(NarBenchError):
    """There are no ideas to look at: the trial is not there, not finished, or its processor writes none."""


class StatisticsError(NarBenchError):
    """Scores cannot be compared or summed up: there are none, none in common, or they are of another kind."""


class QueryError(NarBenchError):
    """A question to a results folder cannot be answered."""


class StoreError(NarBenchError):
    """A results folder cannot be created or written, or another runner took over what is run in it."""


class DeviceError(NarBenchError):
    """A device that this machine does not have."""


class ExecutorError(NarBenchError):
    """An option of an executor is wrong; the message lists every fault."""


class WorkerDied(NarBenchError):
    """The process that ran a piece of work ended before the work did."""


class TimeLimitReached(NarBenchError):
    """A piece of work took longer than its time limit and was stopped."""


class UnknownName(NarBenchError):
    """A name that nobody registered.

    Args:
        kind: what was looked up, singular, for example "algorithm".
        name: the name that is unknown.
        known: every name that would have been accepted.
        where: the place the name came from (a key in a suite, an argument), or "".
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        place = f"{where}: " if where else ""
        super().__init__(f"{place}{kind} '{name}' is not known.{did_you_mean(name, self.known)}")
        self._given = kind, name, self.known, where

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, tuple[str, ...], str]]:
        """Pickle it by its arguments, for it may be raised in a worker process."""
        return UnknownName, self._given


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which of `known` is nearest to `name`; list all of them when none is near and they are few."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f" Did you mean '{near[0]}'?"
    if not known:
        return " There are none."
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f" Known: {shown}."
