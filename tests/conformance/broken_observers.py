"""A healthy observer, and one broken one for each check that must catch it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nar_bench.plugin.execution import NoOptions
from nar_bench.plugin.observation import ObservedStep, ObservedTrial, Observer


class Diary:
    """Writes a line for everything it is told; the broken ones change one thing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = (folder / "diary").open("a")

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        self.file.write(f"{trial.label} {step.step} {step.values['loss']}\n")

    def end(self, trial: ObservedTrial, record: Any) -> None:
        self.file.write(f"{trial.label} {record['state']}\n")

    def close(self) -> None:
        self.file.close()


class OneAtATime(Diary):
    trial = ""

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        if self.trial not in ("", trial.id):
            raise RuntimeError("another trial is open")
        self.trial = trial.id


class NeedsSteps(Diary):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.open: set[str] = set()

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        self.open.add(trial.id)

    def end(self, trial: ObservedTrial, record: Any) -> None:
        self.open.remove(trial.id)


class Rounding(Diary):
    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        self.file.write(str(int(step.values["loss"] * 1000)))


class Lingering(Diary):
    def close(self) -> None:
        time.sleep(0.2)
        super().close()


class Littering(Diary):
    def end(self, trial: ObservedTrial, record: Any) -> None:
        Path("litter").touch()


class Meddling(Diary):
    def end(self, trial: ObservedTrial, record: Any) -> None:
        record["scores"].clear()


def observer(watcher: Callable[[Path], Any], **changes: Any) -> Observer:
    made = Observer("diary", "a test", NoOptions, lambda config, folder: watcher(folder))
    return dataclasses.replace(made, **changes)


OBSERVER = observer(Diary)

BROKEN_OBSERVERS = {
    "is_described": (observer(Diary, source=""), "source is empty"),
    "says_what_it_supports": (
        observer(Diary, unsupported=lambda config: "no diary is installed."),
        "it cannot work here, so nothing else can be checked: no diary is installed",
    ),
    "takes_trials_side_by_side": (observer(OneAtATime), "another trial is open"),
    "takes_a_record_without_steps": (observer(NeedsSteps), "KeyError"),
    "takes_values_that_are_not_finite": (observer(Rounding), "OverflowError"),
    "closes_in_time": (observer(Lingering), r"close\(\) took"),
    "keeps_to_its_folder": (observer(Littering), "it left litter beside its folder"),
    "changes_nothing": (observer(Meddling), "it changed a record"),
}
