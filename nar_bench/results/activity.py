"""What goes on in a results folder: notes that runners leave while they work, for whoever looks from elsewhere.

<folder>/activity/<trial>.json            of a trial, by the process that is at it; gone when it is done or stops
<folder>/activity/runs/<command>.json     of a running command: what it has to do

A note of a process that was killed stays. Whether its process lives is seen without asking it: on its own machine by
the process table, from elsewhere by the claim that a living one touches (see `nar_bench.results.claims`). Nothing that
is computed depends on notes, and one that cannot be written is no error.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from nar_bench.results.claims import LEASE, claimed
from nar_bench.results.processes import Process
from nar_bench.results.store import Store

_SLACK = 10.0
"""Seconds by which clocks of machines may differ before one that lives is taken for dead."""


@dataclass(frozen=True)
class TrialNote:
    """Where a trial stands. Times are in seconds since 1970.

    Attributes:
        algorithms, processor, how: what a person calls it; `how` is regime and similarity.
        cost_key: see `nar_bench.runner.costs`.
        began: when this process took it up.
        told: when this was written.
        phase: "build", "train" or "evaluate".
        step, steps: made and to be made; 0 before the first.
        first: (step, time) of the first step that was heard of in this process, by which the pace is known.
        loss: mean over the algorithms; None before the first step.
        rate: examples per second of this process.
        size, point: in the phase evaluate.
    """

    trial: str
    algorithms: str
    processor: str
    how: str
    seed: int
    cost_key: str
    process: Process
    began: float
    told: float
    phase: str = "build"
    step: int = 0
    steps: int = 0
    first: tuple[int, float] | None = None
    loss: float | None = None
    rate: float | None = None
    size: int = 0
    point: str = ""

    @property
    def training_left(self) -> float | None:
        """Seconds that the rest of training should take at the pace so far, from `told` on; None where unknown."""
        if self.phase == "evaluate":
            return 0.0
        if self.first is None or self.step <= self.first[0] or self.told <= self.first[1]:
            return None
        return (self.steps - self.step) * (self.told - self.first[1]) / (self.step - self.first[0])


@dataclass(frozen=True)
class Cell:
    """Trials that differ in the seed alone, of a command."""

    cost_key: str
    steps: int
    trials: list[str]


@dataclass(frozen=True)
class CommandNote:
    """A command that runs trials.

    Attributes:
        began, ended: in seconds since 1970; `ended` is None while it runs, or if it was killed.
        how_it_ended: "done", "interrupted", or an error.
        todo: what it had to do when it began.
    """

    id: str
    suite: str
    process: Process
    executor: str
    workers: int
    device: str
    began: float
    todo: list[Cell]
    ended: float | None = None
    how_it_ended: str = ""


Note = TypeVar("Note", TrialNote, CommandNote)


def write_note(store: Store, note: TrialNote | CommandNote) -> None:
    """Write a note, whole or not at all, without waiting for the disk."""
    path = _path(store, note)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(dataclasses.asdict(note)), encoding="utf-8")
        temporary.replace(path)


def remove_note(store: Store, note: TrialNote | CommandNote) -> None:
    """Remove a note."""
    with contextlib.suppress(OSError):
        _path(store, note).unlink(missing_ok=True)


def trial_notes(store: Store) -> list[TrialNote]:
    """Return the notes of all trials that a process is or was at, by trial."""
    found = []
    for values in _contents(store.activity):
        with contextlib.suppress(TypeError, KeyError):  # of another version
            first = tuple(values.pop("first") or ()) or None
            found.append(TrialNote(process=Process(**values.pop("process")), first=first, **values))
    return found


def command_notes(store: Store) -> list[CommandNote]:
    """Return the notes of all commands, in the order in which they began."""
    found = []
    for values in _contents(store.activity / "runs"):
        with contextlib.suppress(TypeError, KeyError):
            todo = [Cell(**cell) for cell in values.pop("todo")]
            found.append(CommandNote(process=Process(**values.pop("process")), todo=todo, **values))
    return sorted(found, key=lambda note: note.began)


def is_alive(store: Store, note: TrialNote | CommandNote) -> bool:
    """Return whether the process of a note is there; of one of another machine, by its signs of life."""
    if isinstance(note, CommandNote) and note.ended is not None:
        return False
    if note.process.is_here:
        return note.process.lives
    signs = [path for path in (_path(store, note), _claim(store, note).with_suffix(".lease")) if path.exists()]
    with contextlib.suppress(OSError):
        return time.time() - max(path.stat().st_mtime for path in signs) < LEASE + _SLACK
    return False


@contextlib.contextmanager
def announced(store: Store, note: CommandNote) -> Iterator[None]:
    """Keep the note of a command for the length of the block, and after it until the next command begins.

    Raises:
        StoreError: nothing can be written to the folder.
    """
    for old in command_notes(store):
        if not is_alive(store, old):
            remove_note(store, old)
            _remove_claim(store, old)
    clear_notes_of_the_dead(store)
    how = "an error"
    write_note(store, note)  # first, so that whoever finds a claim that was left finds whose it was
    with claimed(_claim(store, note)):
        try:
            yield
            how = "done"
        except KeyboardInterrupt:
            how = "interrupted"
            raise
        except Exception as error:
            how = next(iter(str(error).splitlines()), type(error).__name__)
            raise
        finally:
            write_note(store, dataclasses.replace(note, ended=time.time(), how_it_ended=how))
    _remove_claim(store, note)


def clear_notes_of_the_dead(store: Store) -> None:
    """Remove what a process left that was killed after its trial was done."""
    for note in trial_notes(store):
        if store.record_path(note.trial).exists() and not is_alive(store, note):
            remove_note(store, note)


def new_command_id() -> str:
    """Return an id that no other command has."""
    return uuid.uuid4().hex[:16]


def _path(store: Store, note: TrialNote | CommandNote) -> Path:
    if isinstance(note, CommandNote):
        return store.activity / "runs" / f"{note.id}.json"
    return store.activity / f"{note.trial}.json"


def _claim(store: Store, note: TrialNote | CommandNote) -> Path:
    return store.claim_path(f"run-{note.id}" if isinstance(note, CommandNote) else note.trial)


def _remove_claim(store: Store, note: CommandNote) -> None:
    for suffix in (".lock", ".lease"):
        with contextlib.suppress(OSError):
            _claim(store, note).with_suffix(suffix).unlink(missing_ok=True)


def _contents(folder: Path) -> Sequence[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("[!.]*.json")):
        with contextlib.suppress(OSError, ValueError):  # it was removed meanwhile, or is no note
            values = json.loads(path.read_bytes())
            if isinstance(values, dict):
                found.append(values)
    return found
