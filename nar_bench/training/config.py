"""How a network is trained; torch-free, so that suites can be read without it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """Options of training. The defaults are those of Ibarz et al. 2022, with an own contrastive weight."""

    steps: int = 10_000
    """Optimiser steps, at least 1."""
    batch: int = 32
    """Samples per step, at least 1."""
    sizes: tuple[int, ...] = (4, 7, 11, 13, 16)
    """Problem sizes; step t uses sizes[t modulo their number]."""
    learning_rate: float = 1e-3
    """Of Adam; above 0."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this global norm; above 0."""
    checkpoint_every: int = 200
    """Steps between checkpoints, at least 1; a killed run loses at most this many."""
    contrastive_weight: float = 0.1
    """Weight of the contrastive trajectory loss in the regime `memory`; at least 0."""
    temperature: float = 1.0
    """Trajectory similarities are divided by it; above 0, 1 is the formula."""
    reduction: str = "mean"
    """Of the contrastive loss: "sum" over pairs is the formula, "mean" does not grow with the batch."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("steps", self.steps >= 1, "at least 1"),
            ("batch", self.batch >= 1, "at least 1"),
            ("sizes", bool(self.sizes) and min(self.sizes, default=0) >= 1, "one or more sizes of at least 1"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("clip_norm", self.clip_norm > 0, "above 0"),
            ("checkpoint_every", self.checkpoint_every >= 1, "at least 1"),
            ("contrastive_weight", self.contrastive_weight >= 0, "at least 0"),
            ("temperature", self.temperature > 0, "above 0"),
            ("reduction", self.reduction in ("sum", "mean"), "'sum' or 'mean'"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]
