"""Everything that a killed run needs to continue to the same result."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nar_bench.errors import CheckpointError
from nar_bench.results.files import write_whole

_FORMAT = 2

Curves = dict[str, list[tuple[int, float]]]
"""algorithm -> (step, value) points."""


@dataclass(frozen=True)
class Checkpoint:
    """The state after `step` optimiser steps.

    Attributes:
        trial: identity of the trial; a checkpoint of another trial is refused.
        losses: of each algorithm so far.
        validation: the scores of each algorithm so far.
        states: name -> state dict ("net", "optimizer", ...) or generator state.
    """

    trial: str
    step: int
    losses: Curves
    validation: Curves
    states: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write it whole or not at all. Raises StoreError; an older checkpoint is then still there."""
        buffer = io.BytesIO()
        torch.save(
            {
                "format": _FORMAT,
                "trial": self.trial,
                "step": self.step,
                "losses": _plain(self.losses),
                "validation": _plain(self.validation),
                "states": dict(self.states),
            },
            buffer,
        )
        write_whole(path, buffer.getvalue())


def load_checkpoint(path: Path, trial: str) -> Checkpoint | None:
    """Read the checkpoint of a trial, or return None where there is none.

    Raises:
        CheckpointError: the file is damaged, of another format, or belongs to another trial.
    """
    if not path.exists():
        return None
    advice = f"Delete it to train this trial from the start: {path}"
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        version = content["format"]
        if version != _FORMAT:
            raise CheckpointError(f"the checkpoint has format {version}, this version reads {_FORMAT}. {advice}")
        found = Checkpoint(
            trial=content["trial"],
            step=content["step"],
            losses=_curves(content["losses"]),
            validation=_curves(content["validation"]),
            states=content["states"],
        )
    except CheckpointError:
        raise
    except Exception as error:  # torch.load raises half a dozen types on a damaged file
        raise CheckpointError(f"the checkpoint cannot be read ({type(error).__name__}). {advice}") from error
    if found.trial != trial:
        raise CheckpointError(f"the checkpoint belongs to trial {found.trial}, not to {trial}. {advice}")
    return found


def _plain(curves: Curves) -> dict[str, list[list[float]]]:
    return {name: [list(point) for point in points] for name, points in curves.items()}


def _curves(content: Mapping[str, Any]) -> Curves:
    return {name: [(int(step), float(value)) for step, value in points] for name, points in content.items()}
