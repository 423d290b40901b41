"""How the work on a results folder stands, from what runners write; nobody is asked and nothing is held up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nar_bench.results.activity import CommandNote, TrialNote, command_notes, is_alive, trial_notes
from nar_bench.results.compact import Compacted, compact
from nar_bench.results.store import Stamp, Store
from nar_bench.runner.costs import Cost
from nar_bench.runner.past_costs import known_costs


@dataclass(frozen=True)
class AtTrial:
    """A trial that a process is at, or was at when it was killed.

    Attributes:
        note: what the process wrote last.
        seconds_left: until the trial is done, from now on; None where nothing says.
    """

    note: TrialNote
    seconds_left: float | None = None


@dataclass(frozen=True)
class Command:
    """A command that runs trials, or the last ones that did.

    Attributes:
        state: "running"; or how it ended: "done", "interrupted", "killed", or an error.
        waiting: trials of it that nobody is at and that are not done.
    """

    note: CommandNote
    state: str
    waiting: int


@dataclass(frozen=True)
class Failed:
    """A trial whose record says that it failed."""

    trial: str
    label: str
    error: str


@dataclass(frozen=True)
class Status:
    """How the work on a results folder stands.

    Attributes:
        folder: the results folder.
        at: when this was seen, in seconds since 1970; so are all other times.
        done: trials with a record of scores.
        failed: trials with a record of an error, and not taken up again.
        running: trials that a living process is at.
        stopped: trials whose process was killed; the next run takes them up from their checkpoints.
        waiting: trials of the commands below that nobody is at: to be run, or left if no command runs.
        seconds_left: until all of these are done, where a command runs and something is known of what trials cost.
        unknown: how many of those running and waiting nothing is known of; `seconds_left` is without them.
        commands: those that run, and those that ended or were killed since the last one began.
    """

    folder: Path
    at: float
    done: int
    failed: list[Failed]
    running: list[AtTrial]
    stopped: list[AtTrial]
    waiting: int
    seconds_left: float | None
    unknown: int
    commands: list[Command]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data; times as ISO 8601."""
        return {
            "folder": str(self.folder),
            "at": _iso(self.at),
            "done": self.done,
            "failed": [asdict(one) for one in self.failed],
            "running": [_trial(one) for one in self.running],
            "stopped": [_trial(one) for one in self.stopped],
            "waiting": self.waiting,
            "seconds_left": self.seconds_left,
            "unknown": self.unknown,
            "commands": [_command(one) for one in self.commands],
        }


def status(path: Path) -> Status:
    """Return how the work on a results folder stands.

    Raises:
        StoreError: there is no results folder at `path`.
    """
    store = Store(path)
    # In this order: what ends while this reads is seen as done, and not lost between the two.
    notes = [(note, is_alive(store, note)) for note in trial_notes(store)]
    commands = [(note, is_alive(store, note)) for note in command_notes(store)]
    compacted = compact(store)
    at = time.time()
    states, stamps, costs = _states(compacted), compacted.stamps(), known_costs(compacted)

    def is_over(trial: str, since: float) -> bool:
        state = states.get(trial)  # None too where the record is damaged
        return state == "done" or (state == "failed" and _written(stamps[trial]) >= since)

    notes = [(note, lives) for note, lives in notes if not is_over(note.trial, note.began)]
    running = [AtTrial(note, _left(note, costs, at)) for note, lives in notes if lives]
    stopped = [AtTrial(note) for note, lives in notes if not lives]
    taken = {one.note.trial for one in running}
    told, waiting = [], dict[str, tuple[str, int]]()
    for note, lives in commands:
        left = {
            trial: (cell.cost_key, cell.steps)
            for cell in note.todo
            for trial in cell.trials
            if trial not in taken and not is_over(trial, note.began)
        }
        waiting |= left
        told.append(Command(note, "running" if lives else note.how_it_ended or "killed", len(left)))
    for one in stopped:
        waiting.setdefault(one.note.trial, (one.note.cost_key, one.note.steps))
    again = taken | waiting.keys()
    seconds = [one.seconds_left for one in running]
    seconds += [costs[key].seconds(steps) if key in costs and steps else None for key, steps in waiting.values()]
    known = [one for one in seconds if one is not None]
    workers = sum(command.note.workers for command in told if command.state == "running")
    return Status(
        folder=path,
        at=at,
        done=sum(state == "done" for state in states.values()),
        failed=[one for one in _failed(compacted) if one.trial not in again],
        running=running,
        stopped=stopped,
        waiting=len(waiting),
        # No sooner than the longest of them ends, however many workers there are.
        seconds_left=max(sum(known) / workers, *known) if workers and known else None,
        unknown=len(seconds) - len(known),
        commands=told,
    )


def _states(compacted: Compacted) -> dict[str, str | None]:
    return dict(zip(*compacted.columns("trial", "state").to_pydict().values(), strict=True))


def _written(stamp: Stamp) -> float:
    return stamp[0] / 1e9


def _left(note: TrialNote, costs: Mapping[str, Cost], at: float) -> float | None:
    cost, training = costs.get(note.cost_key), note.training_left
    if cost is None:
        # Without a trial to go by nobody knows how long evaluation takes; while it trains that is most often little.
        return None if training is None or note.phase == "evaluate" else max(0.0, training - (at - note.told))
    if training is None:
        training = (note.steps - note.step) * cost.step if note.steps else None
    return None if training is None else max(0.0, training + cost.rest - (at - note.told))


def _failed(compacted: Compacted) -> list[Failed]:
    columns = compacted.columns("trial", "state", "algorithms", "processor", "regime", "similarity", "seed", "error")
    return [
        Failed(
            trial,
            f"{' + '.join(algorithms)} / {processor} / {_how(regime, similarity)} / seed {seed}",
            next(iter((error or "").splitlines()), ""),
        )
        for trial, state, algorithms, processor, regime, similarity, seed, error in zip(
            *columns.to_pydict().values(), strict=True
        )
        if state == "failed"
    ]


def _how(regime: str, similarity: str | None) -> str:
    return f"{regime} ({similarity})" if similarity else regime


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _trial(one: AtTrial) -> dict[str, Any]:
    note = one.note
    left_out = ("first", "cost_key", "process", "began", "told")
    return {
        **{name: value for name, value in asdict(note).items() if name not in left_out},
        "host": note.process.host,
        "pid": note.process.pid,
        "began": _iso(note.began),
        "told": _iso(note.told),
        "seconds_left": one.seconds_left,
    }


def _command(one: Command) -> dict[str, Any]:
    note = one.note
    return {
        "suite": note.suite,
        "state": one.state,
        "host": note.process.host,
        "pid": note.process.pid,
        "executor": note.executor,
        "workers": note.workers,
        "device": note.device,
        "began": _iso(note.began),
        "ended": None if note.ended is None else _iso(note.ended),
        "trials": sum(len(cell.trials) for cell in note.todo),
        "waiting": one.waiting,
    }
