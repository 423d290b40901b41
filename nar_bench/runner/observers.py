"""Telling observers how trials go, so that nothing that an observer does reaches a trial.

Each observer has a thread, and is told through a queue. Where it raises, it is told no more and the run says so; where
it is slow, steps are left out; where it hangs, the run ends without it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nar_bench.errors import Unsupported
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.discovery import describe
from nar_bench.plugin.observation import ObservedStep, ObservedTrial, Observer, Watcher
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Registry
from nar_bench.plugin.tables import suite_error
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.suite import SuiteSource
from nar_bench.runner.trial import Event
from nar_bench.training.progress import Progress

CLOSE_SECONDS = 10.0
"""What all observers together have at the end of a run."""

_WAITING_STEPS = 1000
"""Steps beyond these are left out for an observer that has as many to hear of."""

Say = Callable[[str], None]
"""Tells the person who watches the run a sentence."""


@dataclass(frozen=True)
class Chosen:
    """An observer with its options."""

    observer: Observer
    config: Any


def choose_observers(source: SuiteSource, registry: Registry, asked: Iterable[str], say: Say) -> list[Chosen]:
    """Return the observers that a suite names, and those that are asked for beside.

    Args:
        say: hears of those that the suite names and that cannot work here, for whoever runs a suite need not have all
            that its author has.

    Raises:
        UnknownName: there is no such observer.
        SuiteError: an option is wrong; every fault is listed.
        Unsupported: one that is asked for cannot work here.
    """
    suite, asked, faults = source.suite, list(asked), list[Fault]()
    for name in suite.observer:
        registry.find(Kind.OBSERVER, name, f"suite {source.file}: observer")
    chosen = []
    for name in dict.fromkeys([*suite.observers, *asked]):
        observer: Observer = registry.load(Kind.OBSERVER, name)
        config = build_options(observer.config, suite.observer.get(name, {}), f"observer.{name}", faults)
        if faults:
            continue
        if reason := observer.unsupported(config):
            if name in asked:
                raise Unsupported(f"observer {name}: {reason}")
            say(f"observer {name}: {reason} The trials run without it.")
        else:
            chosen.append(Chosen(observer, config))
    if faults:
        raise suite_error(source.file, faults)
    return chosen


class Observers:
    """Tells several observers; a context manager around a run."""

    def __init__(self, chosen: Iterable[Chosen], store: Store, say: Say, close_seconds: float = CLOSE_SECONDS) -> None:
        self._told = [_Told(one, store.observer(one.observer.name)) for one in chosen]
        self._say, self._close_seconds = say, close_seconds

    def __enter__(self) -> Self:
        for one in self._told:
            one.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        until = time.monotonic() + self._close_seconds
        for one in self._told:
            one.finish()
        for one in self._told:
            one.join(max(0.0, until - time.monotonic()))
        self._report()
        for one in self._told:
            if one.is_alive():
                self._say(
                    f"observer {one.name} was not done {self._close_seconds:g} s after the run, and is left behind."
                )

    def __call__(self, event: Event) -> None:
        """Pass on steps and records."""
        if event.progress is not None:
            for one in self._told:
                one.hear_step(event.trial, event.progress)
        elif event.phase == "end" and event.record is not None:
            for one in self._told:
                one.hear_end(event.trial, event.record.model_dump(mode="json", by_alias=True))
        self._report()

    def _report(self) -> None:
        for one in self._told:
            if one.problem and not one.reported:
                one.reported = True
                self._say(f"observer {one.name} failed and is told nothing more; the trials go on: {one.problem}")


class _Told(threading.Thread):
    """One observer. A daemon, so that one that hangs does not keep the process."""

    def __init__(self, chosen: Chosen, folder: Path) -> None:
        super().__init__(name=chosen.observer.name, daemon=True)
        self._chosen, self._folder = chosen, folder
        self._queue: queue.SimpleQueue[Callable[[Watcher], None] | None] = queue.SimpleQueue()
        self.problem = ""
        self.reported = False

    def hear_step(self, trial: Trial, progress: Progress) -> None:
        if not self.problem and self._queue.qsize() < _WAITING_STEPS:
            self._queue.put(lambda watcher: watcher.step(_observed(trial), _step(progress)))

    def hear_end(self, trial: Trial, record: Mapping[str, Any]) -> None:
        if not self.problem:
            self._queue.put(lambda watcher: watcher.end(_observed(trial), record))

    def finish(self) -> None:
        self._queue.put(None)

    def run(self) -> None:
        """Tell it what comes, until the end or its first error."""
        try:
            watcher = self._chosen.observer.build(self._chosen.config, self._folder)
            while tell := self._queue.get():
                tell(watcher)
            watcher.close()
        except BaseException as error:  # whatever it is, it ends in this thread
            self.problem = describe(error)


def _observed(trial: Trial) -> ObservedTrial:
    return ObservedTrial(
        id=trial.id,
        label=trial.label,
        suite=trial.suite.name,
        algorithms=tuple(used.name for used in trial.algorithms),
        processor=trial.processor.name,
        regime=trial.regime,
        similarity=trial.similarity.name if trial.similarity else None,
        seed=trial.seed,
        config=trial.config,
    )


def _step(at: Progress) -> ObservedStep:
    values = {"loss": at.loss, "examples_per_second": at.examples_per_second}
    for algorithm, loss in at.losses.items():
        values[f"loss/{algorithm}"] = loss
        values |= {f"loss/{algorithm}/{part}": value for part, value in at.parts.get(algorithm, {}).items()}
    return ObservedStep(at.step, at.steps, values)
