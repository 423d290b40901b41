"""How a network is trained; torch-free, so that suites can be read without it."""

from __future__ import annotations

import math
from dataclasses import dataclass

OWN_OPTIONS = ("sizes", "count", "validation_size", "validation_count")
"""What a suite may set for one algorithm alone, because it is about data; all else is common to a trial."""

STEP_WEIGHTS = ("uniform", "mean", "late", "early")
"""Weights of steps that have a name."""


@dataclass(frozen=True)
class TrainConfig:
    """Options of training. The defaults are those of Ibarz et al. 2022, with an own contrastive weight."""

    steps: int = 10_000
    """Optimiser steps, at least 1; where several algorithms alternate, each has one update in every step."""
    batch: int = 32
    """Samples per step and algorithm, at least 1."""
    sizes: tuple[int, ...] = (4, 7, 11, 13, 16)
    """Problem sizes; step t uses sizes[t modulo their number]."""
    count: int = 0
    """Samples of each size that make a fixed data set, the same for every seed; 0 for new samples at every step."""
    distribution: str = "training"
    """What is drawn from: "training" is the algorithm's training distribution, "test" its own; shift changes either."""
    learning_rate: float = 1e-3
    """Of Adam; above 0."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this global norm; at least 0, 0 for not."""
    update: str = "alternate"
    """Of several algorithms together: "alternate" makes an update for each in order, "average" one for all."""
    select: str = "last"
    """Which weights are kept: those of the "last" step, or the "best" by validation score, the first among equals."""
    validate_every: int = 50
    """Steps between validations, at least 1; the last step is always validated. Only where the best are selected."""
    validation_size: int = 0
    """Problem size of the validation instances; 0 for the largest training size."""
    validation_count: int = 32
    """Validation instances, at least 1; every trial sees the same, from the distribution of its training samples."""
    checkpoint_every: int = 200
    """Steps between checkpoints, at least 1; a killed run loses at most this many."""
    accelerate: bool = False
    """Train the network in bfloat16 (autocast; parameters, optimiser and losses stay float32) and, on a GPU, launch
    recorded kernels (CUDA graphs). Other numbers, by rounding; what is measured at the end is measured in float32."""
    contrastive_weight: float = 0.1
    """Weight of the contrastive trajectory loss in the regime `memory`; at least 0, where it is not computed."""
    temperature: float = 1.0
    """Trajectory similarities are divided by it; above 0, 1 is the formula."""
    step_weights: str | tuple[float, ...] = "uniform"
    """w_t of step t in s = sum_t w_t phi, of T common steps: "uniform" (1, the formula), "mean" (1 / T), "late"
    (2 t / (T + 1)), "early" (2 (T + 1 - t) / (T + 1)), or w_1, w_2, ... as numbers, the last for all later steps."""
    projection: int = 0
    """Size of a learned projection of the ideas that are contrasted; 0 contrasts the ideas themselves, the formula."""
    reduction: str = "mean"
    """Of a contrastive loss: "sum" over pairs is the formula, "mean" does not grow with the batch."""
    node_contrastive_weight: float = 0.1
    """Weight of the node contrastive loss, where the regime contrasts nodes; at least 0, where it is not computed."""
    node_temperature: float = 1.0
    """Similarities of two nodes are divided by it; above 0."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("steps", self.steps >= 1, "at least 1"),
            ("batch", self.batch >= 1, "at least 1"),
            ("sizes", bool(self.sizes) and min(self.sizes, default=0) >= 1, "one or more sizes of at least 1"),
            ("count", self.count >= 0, "at least 0"),
            ("distribution", self.distribution in ("training", "test"), "'training' or 'test'"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("clip_norm", self.clip_norm >= 0, "at least 0"),
            ("update", self.update in ("alternate", "average"), "'alternate' or 'average'"),
            ("select", self.select in ("last", "best"), "'last' or 'best'"),
            ("validate_every", self.validate_every >= 1, "at least 1"),
            ("validation_size", self.validation_size >= 0, "at least 0"),
            ("validation_count", self.validation_count >= 1, "at least 1"),
            ("checkpoint_every", self.checkpoint_every >= 1, "at least 1"),
            ("contrastive_weight", self.contrastive_weight >= 0, "at least 0"),
            ("temperature", self.temperature > 0, "above 0"),
            (
                "step_weights",
                self._step_weights_fit(),
                f"{', '.join(map(repr, STEP_WEIGHTS))}, or numbers of at least 0",
            ),
            ("projection", self.projection >= 0, "at least 0"),
            ("reduction", self.reduction in ("sum", "mean"), "'sum' or 'mean'"),
            ("node_contrastive_weight", self.node_contrastive_weight >= 0, "at least 0"),
            ("node_temperature", self.node_temperature > 0, "above 0"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]

    def _step_weights_fit(self) -> bool:
        if isinstance(self.step_weights, str):
            return self.step_weights in STEP_WEIGHTS
        return bool(self.step_weights) and all(0 <= weight < math.inf for weight in self.step_weights)

    @property
    def validates_at(self) -> int:
        """Problem size of the validation instances."""
        return self.validation_size or max(self.sizes)
