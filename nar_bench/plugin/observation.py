"""What an observer is: a tracker that is told how trials go, and that no trial depends on.

An observer sees plain data, in the process that was asked to run a suite, wherever the trials run. It has a thread of
its own and may take its time: steps that come faster than it takes them are left out. Where it raises, it is told
nothing more; where it hangs, it is left behind. Trials and their records are the same with any observers and without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class ObservedTrial:
    """A trial, as observers see it.

    Attributes:
        id: its identity, the same whenever it is run again.
        label: what a person calls it.
        algorithms: one, or several that share the processor.
        similarity: None where no ideas are contrasted.
        config: every option, by section; JSON values. Not to be changed.
    """

    id: str
    label: str
    suite: str
    algorithms: tuple[str, ...]
    processor: str
    regime: str
    similarity: str | None
    seed: int
    config: Mapping[str, Any]


@dataclass(frozen=True)
class ObservedStep:
    """A step of training.

    Attributes:
        step: steps made, in [1, steps].
        values: by name, such as loss (the mean over algorithms), loss/bfs, loss/bfs/pi and examples_per_second.
    """

    step: int
    steps: int
    values: Mapping[str, float]


class Watcher(Protocol):
    """Is told how trials go. All calls come from one thread, of several trials in turn where several run at once."""

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        """Take note of a step: of each trial at most ten a second, and the last.

        After a resume the next may be an earlier one.
        """
        ...

    def end(self, trial: ObservedTrial, record: Mapping[str, Any]) -> None:
        """Take note of the record of a trial that has ended, done or failed: JSON values, see `nar_bench.results`."""
        ...

    def close(self) -> None:
        """Write what is left; within ten seconds, for then the run ends."""
        ...


def _agree(config: Any) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Observer:
    """A place where people watch trials.

    Args:
        config: frozen dataclass of its options, all with defaults; a method `faults` may name values out of range.
        build: `build(config, folder) -> Watcher`; called only where `unsupported` has nothing against it. What it
            leaves on this machine it leaves in `folder`, which it makes itself.
        unsupported: `unsupported(config) -> str`: "" where it can work here, or a sentence that says why not and what
            could be done, such as the extra to install. Needs no optional library and is quick.
    """

    name: str
    source: str
    config: type
    build: Callable[[Any, Path], Watcher]
    unsupported: Callable[[Any], str] = _agree
