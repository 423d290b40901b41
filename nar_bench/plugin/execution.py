"""What an executor is: a place where independent pieces of work run, and on what terms.

Nothing here knows of trials; an executor runs any work that fits the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

Tell = Callable[[Any], None]
"""Says what happens in a piece of work, while it happens, to whoever runs it."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Item, Tell], Result]


class Place(StrEnum):
    """Where the work of an executor runs."""

    PROCESS = "process"
    """In the process that asks for it, one item after another."""
    MACHINE = "machine"
    """In other processes of the same machine."""
    CLUSTER = "cluster"
    """On machines that may lack what this one has, and the other way round."""


@dataclass(frozen=True)
class Terms:
    """What a person asks of any executor.

    Args:
        workers: how many items may run at once, at least 1.
        time_limit: seconds that one item may take from its start, or None.
        folder: where an executor may leave files of its own, seen by all its machines; it need not exist.
    """

    workers: int = 1
    time_limit: float | None = None
    folder: Path = Path()


class Runner(Protocol):
    """Runs independent pieces of work."""

    def run(
        self, work: Work[Item, Result], items: Sequence[Item], tell: Tell
    ) -> Generator[tuple[Item, Result | Exception], None, None]:
        """Yield (item, result) as each finishes, in any order; an item that fails yields its exception instead.

        Work, items, results and what is told can be pickled. What is told of an item reaches `tell` in its order,
        before the item is yielded, in the thread that iterates. An item whose worker ends before it does yields
        `WorkerDied`, one that is stopped because its time is over `TimeLimitReached`, when it has stopped; the others
        go on.

        A KeyboardInterrupt, be it Ctrl-C or raised by `work` or `tell`, ends the run, and so does closing the
        generator: nothing goes on elsewhere.
        """
        ...


def _agree(config: Any, terms: Terms) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Executor:
    """A place where trials run.

    Args:
        config: frozen dataclass of its options, all with defaults; a method `faults` may name values out of range.
        build: `build(config, terms) -> Runner`; called only where `unsupported` has nothing against it.
        place: where the work runs. Outside of the process that asks, a worker that is killed costs one item.
        unsupported: `unsupported(config, terms) -> str`: "" where it can run on these terms here, or a sentence that
            says why not and what could be done, such as the extra to install. Needs no optional library and is quick.
        rehearsal: a config to check it with where its default needs more than one machine has; None for the default.
    """

    name: str
    source: str
    config: type
    build: Callable[[Any, Terms], Runner]
    place: Place
    unsupported: Callable[[Any, Terms], str] = _agree
    rehearsal: Any = None


@dataclass(frozen=True)
class NoOptions:
    """The config of an executor that has no options."""
