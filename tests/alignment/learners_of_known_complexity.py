"""Synthetic learners whose sample complexity is known: the share of runs at M that succeed is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nar_bench.alignment.complexity import Complexity, Run, sample_complexity
from nar_bench.alignment.judge import Judgement
from nar_bench.alignment.threshold import SearchConfig


@dataclass(frozen=True)
class KnownLearner:
    """A share that crosses one half at `complexity`, from below.

    Args:
        steepness: of a power law in M, or inf for a step.
        slips: share of runs that fail above, and succeed below, whatever M is.
    """

    complexity: float
    steepness: float
    slips: float = 0.0

    def share(self, m: int) -> float:
        """Return q(M)."""
        if np.isinf(self.steepness):
            clean = float(m >= self.complexity)
        else:
            clean = 1 / (1 + (self.complexity / m) ** self.steepness)
        return self.slips + (1 - 2 * self.slips) * clean

    def run(self, rng: np.random.Generator) -> Callable[[int, int], Run]:
        """Return `run(m, number)` with outcomes drawn from `rng`."""

        def run(m: int, number: int) -> Run:
            success = bool(rng.random() < self.share(m))
            return Run(m, number, Judgement(success, 0, 0, False))

        return run

    def estimate(self, config: SearchConfig, seed: int) -> Complexity:
        """Return an estimate of its complexity."""
        return sample_complexity(self.run(np.random.default_rng(seed)), config)


def holds(found: Complexity, complexity: float) -> bool:
    """Return whether an estimate says nothing that is wrong of the true complexity."""
    if found.state == "no threshold":
        return False
    return (found.low is None or found.low < complexity) and (found.high is None or complexity <= found.high)


STEEPNESS = (np.inf, 16.0, 8.0, 4.0, 2.0)
SLIPS = (0.0, 0.05)
