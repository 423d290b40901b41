"""TensorBoard: a run for each trial, with its curves, its scores over the size and a row of its options.

    tensorboard --logdir runs/NAME/observers/tensorboard

A trial that is resumed goes on in its own folder; steps that it makes again replace those that were lost.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nar_bench.plugin.observation import ObservedStep, ObservedTrial, Observer

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_SHOWN_OPTIONS = {"model": ("hidden",), "train": ("steps", "batch", "learning_rate")}


@dataclass(frozen=True)
class TensorBoardConfig:
    """Options."""

    flush_seconds: int = 10
    """How often what was told reaches the disk."""

    def faults(self) -> list[tuple[str, str]]:
        """Name values out of range."""
        return [("flush_seconds", "at least 1 is needed")] if self.flush_seconds < 1 else []


class TensorBoard:
    """Writes event files; a writer is open while its trial runs."""

    def __init__(self, config: TensorBoardConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._writers: dict[str, SummaryWriter] = {}

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        """Add a point to each curve."""
        # What a killed run wrote beyond its checkpoint is made again from there on.
        writer = self._writer(trial, purge_step=step.step)
        for name, value in step.values.items():
            writer.add_scalar(f"train/{name}", value, step.step)

    def end(self, trial: ObservedTrial, record: Mapping[str, Any]) -> None:
        """Add the scores, each over the size, and the options; or why it failed."""
        writer = self._writer(trial, purge_step=None)
        if record["error"]:
            writer.add_text("failed", f"```\n{record['error']['traceback']}\n```")
        for algorithm, points in ((record["training"] or {}).get("validation") or {}).items():
            for step, value in points:
                writer.add_scalar(f"validation/{algorithm}", value, int(step))
        at_size: dict[str, float] = {}
        for score in record["scores"]:
            point = "" if score["point"] == "own" else f"/{score['point']}"
            # The axis that TensorBoard calls step is the problem size here.
            writer.add_scalar(f"size/{score['metric']}/{score['algorithm']}{point}", score["value"], score["size"])
            if score["metric"] == "score":
                at_size[f"score/{score['algorithm']}{point}/n={score['size']}"] = score["value"]
        if at_size:
            writer.add_hparams(_options(trial), at_size, run_name=".")
        writer.close()
        del self._writers[trial.id]

    def close(self) -> None:
        """Write what is left of trials that have not ended."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, trial: ObservedTrial, purge_step: int | None) -> SummaryWriter:
        if trial.id not in self._writers:
            from torch.utils.tensorboard import SummaryWriter

            folder = self._folder / f"{re.sub(r'[^A-Za-z0-9_.=+-]+', '_', trial.label)}_{trial.id}"
            self._writers[trial.id] = SummaryWriter(
                str(folder), purge_step=purge_step, flush_secs=self._config.flush_seconds
            )
        return self._writers[trial.id]


def _options(trial: ObservedTrial) -> dict[str, Any]:
    shown = {
        "algorithm": " + ".join(trial.algorithms),
        "processor": trial.processor,
        "regime": trial.regime,
        "similarity": trial.similarity or "",
        "seed": trial.seed,
    }
    for section, names in _SHOWN_OPTIONS.items():
        shown |= {name: trial.config[section][name] for name in names if name in trial.config.get(section, {})}
    return shown


def _unsupported(config: TensorBoardConfig) -> str:
    if importlib.util.find_spec("tensorboard") is None:
        return 'TensorBoard is not installed; pip install "nar-bench[tensorboard]".'
    return ""


TENSORBOARD = Observer(
    name="tensorboard",
    source="https://www.tensorflow.org/tensorboard, by torch.utils.tensorboard",
    config=TensorBoardConfig,
    build=TensorBoard,
    unsupported=_unsupported,
)
