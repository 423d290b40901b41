"""Where a training run stands, for whoever watches; without torch, because who watches may be in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a step."""

    step: int
    """Steps made, in [1, steps]."""
    steps: int
    losses: Mapping[str, float]
    """The loss of each algorithm."""
    parts: Mapping[str, Mapping[str, float]]
    """The loss of each algorithm by feature; "contrastive" and "node_contrastive" are before their weights."""
    examples_per_second: float
    """Of this process."""

    @property
    def loss(self) -> float:
        """Mean over the algorithms."""
        return sum(self.losses.values()) / len(self.losses)
