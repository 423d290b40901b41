"""The work that executors run: a trial, claimed, run and recorded, in whatever process it lands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nar_bench.plugin.execution import Tell
from nar_bench.plugin.registry import registry_with
from nar_bench.results.claims import Claim
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.device import find_device
from nar_bench.runner.notes import Notes
from nar_bench.runner.plan import Planned
from nar_bench.runner.trial import Event, run_trial

_TOLD_SECONDS = 0.1
"""Steps of training are told at most this often: a person sees no more, and telling may cross the network."""


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        record: of the trial; None where another runner is at it.
        ran: whether it was run here; else another runner left the record.
    """

    record: Record | None
    ran: bool = False


@dataclass(frozen=True)
class TrialWork:
    """Runs a trial unless another runner is at it or has done it since it was planned.

    Args:
        store: of the results folder; its path is the same wherever this runs.
        plugins: those that are one Python file each.
        device: as a person writes it.
        threads: of torch within one operation; None for its own choice.
        predictions: see `run_trial`.
        patient: see `Store.claim`.
        processes: see `run_trial`.
    """

    store: Store
    plugins: tuple[Path, ...]
    device: str
    threads: int | None
    predictions: bool = False
    patient: bool = False
    processes: int = 1

    def __call__(self, planned: Planned, tell: Tell) -> Outcome:
        """Run it.

        Raises:
            StoreError: something cannot be written.
            DeviceError: the device is not there.
            KeyboardInterrupt: `tell` says so; the checkpoint remains.
        """
        trial = planned.trial
        with self.store.claim(trial.id, self.patient) as claim:
            if claim is None:
                return Outcome(None)
            if self.store.fresh_stamp(trial.id) != planned.seen:
                return Outcome(self.store.read(trial.id))
            import torch

            if self.threads:
                torch.set_num_threads(self.threads)
            self.store.clear_leftovers(trial.id)
            with Notes(self.store, trial) as notes:
                record = run_trial(
                    trial,
                    registry_with(self.plugins),
                    self.store,
                    _watch(tell, notes, claim),
                    find_device(self.device),
                    predictions=self.predictions,
                    processes=self.processes,
                )
            return Outcome(record, True)


def _watch(tell: Tell, note: Callable[[Event], None], claim: Claim) -> Callable[[Event], None]:
    last = 0.0

    def watch(event: Event) -> None:
        nonlocal last
        claim.check()
        note(event)
        at = event.progress
        is_last = at is not None and at.step == at.steps  # of the shortest training one step is told
        if event.phase != "train" or is_last or time.monotonic() - last >= _TOLD_SECONDS:
            last = time.monotonic()
            tell(event)

    return watch
