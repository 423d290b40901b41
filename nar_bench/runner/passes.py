"""Going through the trials until none is left that this run could do."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace

from nar_bench.errors import TimeLimitReached, WorkerDied
from nar_bench.plugin.execution import Runner, Tell
from nar_bench.results.provenance import now
from nar_bench.results.record import Record
from nar_bench.runner.plan import Planned
from nar_bench.runner.trial import Event, failed_record
from nar_bench.runner.work import Outcome, TrialWork


class Passes:
    """Runs trials; those whose worker died or that other runners held are looked at again when all others are done.

    What another runner still holds then is left to it: it may have hours to go.

    Args:
        retries: how often a trial is tried again whose worker died.
        tell: hears of every event.
    """

    def __init__(self, work: TrialWork, runner: Runner, retries: int, tell: Tell) -> None:
        self._work, self._runner, self._retries, self._tell = work, runner, retries, tell
        self._records: list[Record] = []
        self._died: Counter[str] = Counter()
        self._started = now()

    def run(self, planned: list[Planned]) -> list[Record]:
        """Run them and return the records of those that ran here."""
        work, busy, left = self._work, True, planned
        while busy and left:
            before = len(self._records)
            again: list[Planned] = []
            held: list[Planned] = []
            with contextlib.closing(self._runner.run(work, left, self._tell)) as outcomes:
                for one, outcome in outcomes:
                    if isinstance(outcome, Outcome):
                        held += [] if self._settle(one, outcome) else [one]
                    elif isinstance(outcome, WorkerDied) and self._died[one.trial.id] < self._retries:
                        self._died[one.trial.id] += 1
                        self._tell(Event(one.trial, "again", reason=str(outcome)))
                        again.append(one)
                    elif isinstance(outcome, WorkerDied | TimeLimitReached):
                        held += [] if self._fail(one, outcome) else [one]
                    else:
                        raise outcome  # a trial that fails is a record, so this is a folder that cannot be written
            busy = bool(again) or len(self._records) > before or not work.patient
            work, left = replace(work, patient=True), [*again, *held]
        for one in left:
            self._tell(Event(one.trial, "elsewhere"))
        return self._records

    def _settle(self, one: Planned, outcome: Outcome) -> bool:
        """Take note of an outcome; return False where another runner is at the trial."""
        if outcome.record is None:
            return False
        if outcome.ran:
            self._records.append(outcome.record)
        else:
            self._tell(Event(one.trial, "elsewhere", record=outcome.record))
        return True

    def _fail(self, one: Planned, error: WorkerDied | TimeLimitReached) -> bool:
        """Write the record of a trial that was killed; return False where another runner is at the trial by now."""
        store, trial = self._work.store, one.trial
        tries = self._died[trial.id] + 1
        if isinstance(error, WorkerDied) and tries > 1:
            error = WorkerDied(f"{error} It was the {tries}. worker that this trial lost.")
        with store.claim(trial.id, patient=True) as claim:  # its dead worker may have been on another machine
            if claim is None:
                return False
            if store.fresh_stamp(trial.id) != one.seen:
                return self._settle(one, Outcome(store.read(trial.id)))
            record = failed_record(trial, error, self._started, self._work.device, self._work.threads or 1)
            store.write(record)
        self._tell(Event(trial, "end", record=record))
        return self._settle(one, Outcome(record, ran=True))
