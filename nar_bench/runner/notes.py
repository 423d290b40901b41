"""What a runner notes of itself while it works, for `nar-bench status` in another shell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from nar_bench.results.activity import Cell, CommandNote, TrialNote, new_command_id, remove_note, write_note
from nar_bench.results.processes import this_process
from nar_bench.results.store import Store
from nar_bench.runner.costs import cost_key
from nar_bench.runner.definition import Trial
from nar_bench.runner.trial import Event

_SECONDS = 1.0
"""Training is noted at most this often: a note is a file, and may cross the network."""


class Notes:
    """Keeps the note of a trial up to date while it runs, and removes it at the end; a context manager."""

    def __init__(self, store: Store, trial: Trial) -> None:
        now = time.time()
        self._store = store
        self._note = TrialNote(
            trial=trial.id,
            algorithms=trial.name,
            processor=trial.processor.name,
            how=trial.how,
            seed=trial.seed,
            cost_key=cost_key(trial),
            process=this_process(),
            began=now,
            told=now,
            steps=int(trial.config["train"]["steps"]),
        )

    def __enter__(self) -> Self:
        write_note(self._store, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        remove_note(self._store, self._note)

    def __call__(self, event: Event) -> None:
        """Note what has changed; of training only so much that writing does not slow it down."""
        note, now = self._note, time.time()
        if event.phase == "evaluate":
            self._write(replace(note, phase="evaluate", size=event.size, point=event.point, told=now))
        elif event.progress is not None and (note.phase != "train" or now - note.told >= _SECONDS):
            at = event.progress
            self._write(
                replace(
                    note,
                    phase="train",
                    step=at.step,
                    steps=at.steps,
                    first=note.first or (at.step, now),
                    loss=at.loss,
                    rate=at.examples_per_second,
                    told=now,
                )
            )

    def _write(self, note: TrialNote) -> None:
        self._note = note
        write_note(self._store, note)


def command_note(suite: str, trials: Sequence[Trial], executor: str, workers: int, device: str) -> CommandNote:
    """Return the note of a command of this process that begins now."""
    cells: dict[int, Cell] = {}
    for trial in trials:
        # Trials that differ in the seed share their configuration.
        if id(trial.config) not in cells:
            cells[id(trial.config)] = Cell(cost_key(trial), int(trial.config["train"]["steps"]), [])
        cells[id(trial.config)].trials.append(trial.id)
    return CommandNote(
        id=new_command_id(),
        suite=suite,
        process=this_process(),
        executor=executor,
        workers=workers,
        device=device,
        began=time.time(),
        todo=list(cells.values()),
    )
