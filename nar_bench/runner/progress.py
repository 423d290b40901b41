"""Telling a person how a run goes: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from nar_bench.results.record import OWN_POINT, Record
from nar_bench.runner.definition import Trial
from nar_bench.runner.trial import Event

_QUIET_SECONDS = 10.0
"""Without a terminal a line is written at least this often while training."""


class Reporter(Protocol):
    """Watches a run; a context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        ...

    def say(self, sentence: str) -> None:
        """Tell something that is of no trial, such as what became of an observer."""
        ...


class Silent:
    """Says nothing of trials, and the rest as warnings of the log."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, event: Event) -> None:
        """Ignore it."""

    def say(self, sentence: str) -> None:
        """Log it."""
        logging.getLogger("nar_bench").warning(sentence)


def reporter(trials: Sequence[Trial], console: Console) -> Reporter:
    """Return bars where `console` is a terminal, lines where it is not."""
    return Bars(len(trials), console) if console.is_terminal else Lines(len(trials), console)


def summary(record: Record) -> str:
    """Say in a few words how a trial ended."""
    if record.state == "failed":
        return f"failed: {record.error.message.splitlines()[0] if record.error else ''}"
    found: dict[int, list[float]] = {}
    for score in record.scores:
        if (score.metric, score.point) == ("score", OWN_POINT):
            found.setdefault(score.size, []).append(score.value)
    what = "score" if len(record.algorithms) == 1 else f"mean score of {len(record.algorithms)} algorithms"
    # A size that not every algorithm was measured at has no mean.
    scores = [f"n={n} {sum(all_) / len(all_):.3f}" for n, all_ in found.items() if len(all_) == len(record.algorithms)]
    return f"{what} {', '.join(scores)}  ({sum(record.seconds.values()):.0f} s)"


def outcome(event: Event) -> str:
    """Say in a few words what became of a trial, in the phases end, elsewhere and again."""
    if event.phase == "again":
        return f"{event.reason} It will be tried again."
    if event.phase == "elsewhere":
        if event.record is None:
            return "another runner is at it"
        return f"another runner has done it: {summary(event.record)}"
    assert event.record is not None
    return summary(event.record)


def _where(event: Event) -> str:
    """Say what is measured."""
    return f"n = {event.size}" + (f", {event.point}" if event.point != OWN_POINT else "")


class Bars(Silent):
    """Live bars: the trials, and each trial that runs now with its loss and rate."""

    def __init__(self, total: int, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._all = self._progress.add_task("trials", total=total, note="")
        self._now: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Move the bars."""
        label = event.trial.label
        if event.phase == "build":
            self._remove(event.trial)
            self._now[event.trial.id] = self._progress.add_task(escape(label), total=None, note="building")
        elif event.progress is not None:
            at = event.progress
            note = f"loss {at.loss:.3g}, {at.examples_per_second:.0f} examples/s"
            self._progress.update(self._now[event.trial.id], completed=at.step, total=at.steps, note=note)
        elif event.phase == "evaluate":
            self._progress.update(self._now[event.trial.id], note=f"measuring {_where(event)}")
        else:
            self._remove(event.trial)
            style = "red" if event.record and event.record.state == "failed" else "green"
            self._console.print(f"[{style}]{escape(label)}[/]  {escape(outcome(event))}", highlight=False)
            if event.phase != "again":
                self._progress.advance(self._all)

    def say(self, sentence: str) -> None:
        """Print it above the bars."""
        self._console.print(f"[yellow]{escape(sentence)}[/]", highlight=False)

    def _remove(self, trial: Trial) -> None:
        if trial.id in self._now:
            self._progress.remove_task(self._now.pop(trial.id))


class Lines(Silent):
    """A line when a trial begins and ends, and now and then in between."""

    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._numbers: dict[str, int] = {}
        self._last: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Write a line where there is something new to say."""
        number = self._numbers.setdefault(event.trial.id, len(self._numbers) + 1)
        place = f"[{number}/{self._total}] {event.trial.label}"
        if event.phase == "build":
            self._line(event.trial, f"{place}: begins")
        elif event.progress is not None:
            if time.monotonic() - self._last.get(event.trial.id, 0.0) >= _QUIET_SECONDS:
                at = event.progress
                rate = f"{at.examples_per_second:.0f} examples/s"
                self._line(event.trial, f"{place}: step {at.step}/{at.steps}, loss {at.loss:.3g}, {rate}")
        elif event.phase == "evaluate":
            self._line(event.trial, f"{place}: measuring {_where(event)}")
        else:
            self._line(event.trial, f"{place}: {outcome(event)}")

    def say(self, sentence: str) -> None:
        """Write it on a line of its own."""
        self._console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def _line(self, trial: Trial, text: str) -> None:
        self._last[trial.id] = time.monotonic()
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)
