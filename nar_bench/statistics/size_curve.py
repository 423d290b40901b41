"""One number for how far a method holds as sizes grow, out of its scores at several sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from nar_bench.errors import StatisticsError
from nar_bench.statistics.estimate import LEVEL, Estimate, mean_over_seeds

KEPT = 0.9
"""The share of the in-distribution score that N90 asks for."""

Curve = Mapping[int, Sequence[float]]
"""Size -> [k] scores, one for each seed, seeds in the same order at every size."""


@dataclass(frozen=True)
class Reach:
    """How far a score holds.

    Attributes:
        size: the largest measured size up to which it holds; None where no size can be shown to.
        next_size: the next measured size, where it is no longer shown to hold; the true reach may lie between.
        reason: why nothing can be shown, else "".
    """

    size: int | None
    next_size: int | None
    reason: str = ""

    @property
    def is_censored(self) -> bool:
        """Whether it held at the largest size measured, so that the true reach may be any larger one."""
        return self.size is not None and self.next_size is None

    def __str__(self) -> str:
        """Write it for a table: "64", ">=256" where it is censored, "-" where there is none."""
        return "-" if self.size is None else f"{'>=' if self.is_censored else ''}{self.size}"


def n90(curve: Curve, in_distribution: int, kept: float = KEPT, level: float = LEVEL) -> Reach:
    """Return the largest size up to which a method is shown to keep 90 % of its in-distribution score.

    Sizes are taken in order from the in-distribution one, until the first at which the lower bound of score(n) - 0.9
    score(in distribution) is below 0. The bound is Student's, one-sided, over seeds; both scores are of the same seed,
    so the uncertainty of the in-distribution score counts too. Since a size is asked only when all before it were
    passed, the chance of a reach that is larger than the true one is at most 1 - level, however many sizes.

    Assumes independent seeds and about normal differences, and a score of at least 0 of which more is better. Few seeds
    give low bounds and so a short reach: compare only methods with equal numbers of seeds. Seeds that are all equal are
    taken at their word here (the bound is the value), where `mean_over_seeds` is not so trusting; see the solve rate.

    Args:
        curve: sizes and scores, every size with the same seeds.
        in_distribution: a size of the curve, by rule the largest that was trained on.

    Raises:
        StatisticsError: the curve lacks that size, or sizes differ in their number of seeds.
    """
    seeds = {len(scores) for scores in curve.values()}
    if in_distribution not in curve or len(seeds) != 1:
        raise StatisticsError(
            f"N90 needs a curve with the size {in_distribution} and as many seeds at every size; got the sizes "
            f"{sorted(curve)} with {sorted(seeds)} seeds."
        )
    (count,) = seeds
    sizes = sorted(size for size in curve if size >= in_distribution)
    if count == 1:
        return Reach(None, sizes[0], "one seed has no lower bound")
    base, reached = np.asarray(curve[in_distribution], np.float64), None
    critical = float(special.stdtrit(count - 1, level))
    for size in sizes:
        slack = np.asarray(curve[size], np.float64) - kept * base
        if slack.mean() - critical * slack.std(ddof=1) / math.sqrt(count) < 0:
            return Reach(reached, size, "" if reached else "seeds vary too much at the in-distribution size")
        reached = size
    return Reach(reached, None)


def area(curve: Curve, level: float = LEVEL) -> Estimate:
    """Return the area under the score over the logarithm of the size, over the width of the sizes: a mean score.

    It is 1 for a score of 1 throughout, and every doubling of the size counts the same. The rule is the trapezoid's,
    one area for each seed, and the interval Student's over these. It depends on which sizes were measured: compare
    methods on the same sizes alone.

    Args:
        curve: two sizes or more, scores in [0, 1], every size with the same seeds.

    Raises:
        StatisticsError: there are fewer than two sizes, or sizes differ in their number of seeds.
    """
    sizes = sorted(curve)
    if len(sizes) < 2 or len({len(scores) for scores in curve.values()}) != 1:
        raise StatisticsError(f"an area needs two sizes or more with the same seeds; got the sizes {sizes}.")
    logs = np.log(sizes)
    scores = np.array([curve[size] for size in sizes], np.float64)
    areas = np.trapezoid(scores, logs, axis=0) / (logs[-1] - logs[0])
    return mean_over_seeds([float(one) for one in areas], level, bounds=(0.0, 1.0))
