"""What every observer must do."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nar_bench.conformance.kit import require
from nar_bench.plugin.observation import ObservedStep, ObservedTrial, Observer, Watcher

_CLOSE_SECONDS = 10.0
_STEPS = 20


def is_described(observer: Observer) -> None:
    """The source is named, the options have defaults."""
    require(bool(observer.source.strip()), "source is empty.")
    observer.config()


def says_what_it_supports(observer: Observer) -> None:
    """What it cannot do here it says in a sentence, which is no failure of its own."""
    reason = observer.unsupported(observer.config())
    require(isinstance(reason, str), f"unsupported() returned {reason!r}; a string is needed.")
    require(not reason, f"it cannot work here, so nothing else can be checked: {reason}")


def takes_trials_side_by_side(observer: Observer) -> None:
    """Steps and records of several trials come in turn, done and failed, and each may come again."""
    first, second = _trial(1), _trial(2)
    with _built(observer) as watcher:
        for step in range(1, _STEPS):
            for trial in (first, second):
                watcher.step(trial, _step(step))
        watcher.end(first, _record(first))
        watcher.end(second, _record(second, "failed"))
        watcher.step(second, _step(_STEPS // 2))  # it is retried from its checkpoint
        watcher.end(second, _record(second))


def takes_a_record_without_steps(observer: Observer) -> None:
    """A trial that was killed in its evaluation makes no step when it is resumed; one that fails at once makes none."""
    for state in ("done", "failed"):
        with _built(observer) as watcher:
            watcher.end(_trial(1), _record(_trial(1), state))


def takes_values_that_are_not_finite(observer: Observer) -> None:
    """A loss may overflow, in the last step before a trial fails."""
    with _built(observer) as watcher:
        for value in (float("inf"), float("nan")):
            watcher.step(_trial(1), _step(1, value))


def closes_in_time(observer: Observer) -> None:
    """It ends within ten seconds, with nothing to write or with trials that have not ended."""
    for steps in (0, _STEPS):
        with _built(observer) as watcher:
            for step in range(1, steps + 1):
                watcher.step(_trial(1), _step(step))
            start = time.monotonic()
            watcher.close()
            took = time.monotonic() - start
        require(took < _CLOSE_SECONDS, f"close() took {took:.0f} s after {steps} steps.")


def keeps_to_its_folder(observer: Observer) -> None:
    """It writes nothing beside its folder, and needs it not to be there before."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            watcher = observer.build(observer.config(), Path(folder) / "own" / "observer")
            watcher.step(_trial(1), _step(1))
            watcher.end(_trial(1), _record(_trial(1)))
            watcher.close()
        finally:
            os.chdir(before)
        others = sorted(path.name for path in Path(folder).iterdir() if path.name != "own")
        others += sorted(path.name for path in (Path(folder) / "own").glob("*") if path.name != "observer")
    require(not others, f"it left {', '.join(others)} beside its folder.")


def changes_nothing(observer: Observer) -> None:
    """What it is told is not its own: options and record are the same afterwards."""
    trial = _trial(1)
    record = _record(trial)
    with _built(observer) as watcher:
        watcher.step(trial, _step(1))
        watcher.end(trial, record)
    require(trial.config == _trial(1).config, "it changed the options of a trial.")
    require(record == _record(trial), "it changed a record.")


@contextmanager
def _built(observer: Observer) -> Iterator[Watcher]:
    with tempfile.TemporaryDirectory() as folder:
        watcher = observer.build(observer.config(), Path(folder) / "observer")
        try:
            yield watcher
        finally:
            watcher.close()


def _trial(number: int) -> ObservedTrial:
    config = {"model": {"hidden": 8}, "train": {"steps": _STEPS, "batch": 2, "learning_rate": 0.001}, "evaluate": {}}
    label = f"bfs / mpnn / hints (a, b) [c=1] / seed {number}"
    return ObservedTrial(f"{number:016x}", label, "rehearsal", ("bfs",), "mpnn", "hints", None, number, config)


def _step(step: int, loss: float = 0.5) -> ObservedStep:
    values = {"loss": loss, "loss/bfs": loss, "loss/bfs/pi_h": loss, "examples_per_second": 100.0}
    return ObservedStep(step, _STEPS, values)


def _record(trial: ObservedTrial, state: str = "done") -> dict[str, Any]:
    """Return the parts of a record that tell how a trial went."""
    done = state == "done"
    scores = [
        {"algorithm": "bfs", "point": point, "size": size, "metric": metric, "value": 0.5, "count": 4}
        for point in ("own", "dense")
        for size in (4, 8)
        for metric in ("score", "validity")
    ]
    error = {"type": "ValueError", "message": "ValueError: odd", "traceback": "Traceback ...\nValueError: odd\n"}
    training = {
        "steps": _STEPS,
        "examples": 2 * _STEPS,
        "sizes": {"bfs": [4]},
        "losses": {"bfs": [[_STEPS, 0.5]]},
        "validation": {"bfs": [[_STEPS, 0.5]]},
        "selected": _STEPS,
        "resumed_from": 0,
    }
    return {
        "schema": 3,
        "trial": trial.id,
        "state": state,
        "seed": trial.seed,
        "regime": trial.regime,
        "config": dict(trial.config),
        "parameters": 100,
        "scores": scores if done else [],
        "training": training if done else None,
        "seconds": {"build": 0.1, "train": 1.0, "evaluate": 0.1},
        "error": None if done else error,
    }


CHECKS: Mapping[str, Callable[[Observer], None]] = {
    function.__name__: function
    for function in (
        is_described,
        says_what_it_supports,
        takes_trials_side_by_side,
        takes_a_record_without_steps,
        takes_values_that_are_not_finite,
        closes_in_time,
        keeps_to_its_folder,
        changes_nothing,
    )
}
