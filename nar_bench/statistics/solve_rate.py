"""The share of seeds that solve an algorithm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from nar_bench.statistics.estimate import LEVEL

SOLVED = 0.99
"""The score from which a seed counts as having solved an algorithm, unless another is asked for."""


@dataclass(frozen=True)
class Share:
    """A share with its interval; all three are in [0, 1]."""

    value: float
    low: float
    high: float


def solve_rate(values: Sequence[float], threshold: float = SOLVED, level: float = LEVEL) -> Share:
    """Return the share of seeds whose score reaches `threshold`, with Wilson's interval.

    Assumes independent seeds and nothing of how scores are distributed, so it holds where a mean does not: where some
    seeds find the algorithm and others collapse. The threshold must be chosen before the scores are seen.

    Args:
        values: [k], one score of each seed, at least one.
    """
    return wilson(sum(value >= threshold for value in values), len(values), level)


def wilson(successes: float, trials: int, level: float = LEVEL) -> Share:
    """Return Wilson's score interval of a share.

    Its coverage is near the nominal one on average over true shares, but for some is lower (see the simulated table
    in docs/reference/statistics.md); it is never empty and never leaves [0, 1].

    Args:
        successes: in [0, trials]; halves are allowed for ties.
        trials: at least 1.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference"; without correction
    for continuity.
    """
    z = float(special.ndtri((1 + level) / 2))
    share, scale = successes / trials, 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return Share(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
