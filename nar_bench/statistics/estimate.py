"""A mean over seeds with its t interval, and why there is none where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

LEVEL = 0.95
"""Of every interval, unless another is asked for."""
SAME = 1e-12
"""Values that differ by less are equal; sums of equal scores differ in their last bits."""


@dataclass(frozen=True)
class Estimate:
    """A mean and what is known of it.

    Attributes:
        value: the mean.
        low, high: the interval, or None where there is none.
        p: two-sided, of the hypothesis that the true mean is 0; None where there is no interval.
        df: degrees of freedom of the t distribution; None where none was used.
        reason: why there is no t interval, else "".
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    df: float | None = None
    reason: str = ""

    @property
    def differs_from_zero(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def t_estimate(value: float, standard_error: float, df: float, level: float = LEVEL) -> Estimate:
    """Return the interval of a mean whose standard error was estimated with `df` degrees of freedom.

    Args:
        standard_error: above 0.
        df: above 0, need not be whole.
        level: of the interval, in (0, 1).
    """
    half = float(special.stdtrit(df, (1 + level) / 2)) * standard_error
    p = 2 * float(special.stdtr(df, -abs(value) / standard_error))
    return Estimate(value, value - half, value + half, p, df)


def mean_over_seeds(
    values: Sequence[float], level: float = LEVEL, bounds: tuple[float, float] | None = None
) -> Estimate:
    """Return the mean of one number for each seed, with Student's t interval.

    Assumes that seeds are independent and their values about normal. Values that are skewed towards a bound (a seed in
    five collapses) break it, and no interval from a few seeds mends that: look at every seed and at the solve rate.

    One seed has no interval. Seeds that are all equal have no t interval, since a width of 0 would claim certainty.
    Where `bounds` are given they have what k equal seeds do say: with confidence `level`, at most a share
    q = 1 - (1 - level)^(1/k) of seeds does otherwise (Clopper and Pearson's bound with no exception seen), and even if
    these are all at a bound, the mean is off by no more than q times the distance to it.

    Args:
        values: [k], at least one.
        bounds: the least and greatest possible value; intervals end there.

    Source: Student 1908, "The probable error of a mean"; Clopper and Pearson 1934 for equal seeds.
    """
    x = np.asarray(values, np.float64)
    mean = float(x.mean())
    if len(x) == 1:
        return Estimate(mean, reason="one seed has no interval")
    if are_equal(x):
        reason = f"all {len(x)} seeds are equal"
        if bounds is None:
            return Estimate(mean, reason=reason)
        share = 1 - (1 - level) ** (1 / len(x))
        return Estimate(
            mean, mean - share * (mean - bounds[0]), mean + share * (bounds[1] - mean), reason=f"{reason}: share bound"
        )
    made = t_estimate(mean, float(x.std(ddof=1)) / math.sqrt(len(x)), len(x) - 1, level)
    if bounds is None or made.low is None or made.high is None:
        return made
    return Estimate(mean, max(made.low, bounds[0]), min(made.high, bounds[1]), made.p, made.df)


def are_equal(values: Sequence[float] | np.ndarray) -> bool:
    """Return whether values are equal but for rounding."""
    return bool(np.ptp(np.asarray(values, np.float64)) <= SAME)
