"""Exponents: how C grows with one thing while all else stays as it is, with a confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nar_bench.errors import AlignmentError

LEVEL = 0.95
_ROUNDING = 1e-9
FEWEST = 3
"""Points that a slope with an interval takes: two have no residual."""


@dataclass(frozen=True)
class Exponent:
    """b of y = a x^b.

    Attributes:
        value: b.
        low, high: its interval.
        scale: a.
        count: of points.
    """

    value: float
    low: float
    high: float
    scale: float
    count: int

    def holds(self, predicted: float) -> bool:
        """Whether the interval holds a predicted exponent."""
        return self.low <= predicted <= self.high


def fit_exponent(x: Sequence[float], y: Sequence[float], level: float = LEVEL) -> Exponent:
    """Fit log y = log a + b log x by least squares, with Student's t interval of b.

    Assumes that points are independent and scatter about the line alike and about normally, in log y. The scatter is
    that which is seen, so that errors of the estimates and departures from a power law are both in it.

    Args:
        x, y: above 0, at least three points with unlike x.

    Raises:
        AlignmentError: there are fewer.
    """
    if len(set(x)) < FEWEST or len(x) != len(y):
        raise AlignmentError(f"an exponent with an interval takes {FEWEST} points with unlike x; got {len(set(x))}.")
    from scipy import special

    u, v = np.log(np.asarray(x, np.float64)), np.log(np.asarray(y, np.float64))
    centred = u - u.mean()
    spread = float(centred @ centred)
    slope = float(centred @ v) / spread
    offset = float(v.mean() - slope * u.mean())
    df = len(u) - 2
    residual = v - offset - slope * u
    error = math.sqrt(float(residual @ residual) / df / spread)
    half = float(special.stdtrit(df, (1 + level) / 2)) * error
    return Exponent(slope, slope - half, slope + half, math.exp(offset), len(u))


@dataclass(frozen=True)
class BoundFit:
    """How well a bound with one fitted constant predicts targets that it was not fitted on.

    Attributes:
        constant: fitted on all.
        factor: the typical factor between prediction and measurement on the half that was held out, exp of the root
            mean square of log differences; 1 is perfect.
        plain_factor: the same for a prediction that knows nothing: the geometric mean of the other half.
        covered: share of held-out measurements that are at most the constant's greatest value needed on the other half,
            times the bound: whether it bounds what it has not seen.
    """

    constant: float
    factor: float
    plain_factor: float
    covered: float
    count: int


def judge_bound(bounds: Sequence[float], measured: Sequence[float]) -> BoundFit:
    """Fit the constant on every second target and judge it on the others, and the other way round.

    Args:
        bounds: the bound of each target, without its constant.
        measured: C of each; at least four, in any order, which is taken by the bound so that both halves span it.

    Raises:
        AlignmentError: there are fewer.
    """
    if len(bounds) < 4 or len(bounds) != len(measured):
        raise AlignmentError(f"a bound is judged on at least four targets; got {len(bounds)}.")
    order = np.argsort(np.asarray(bounds, np.float64), kind="stable")
    b = np.log(np.asarray(bounds, np.float64))[order]
    c = np.log(np.asarray(measured, np.float64))[order]
    halves = np.arange(len(b)) % 2 == 0
    errors, plain, covered = [], [], []
    for fitted in (halves, ~halves):
        held = ~fitted
        gap = c[fitted] - b[fitted]
        errors.append(c[held] - b[held] - gap.mean())
        plain.append(c[held] - c[fitted].mean())
        covered.append(c[held] - b[held] <= gap.max() + _ROUNDING)

    def factor(parts: list[np.ndarray]) -> float:
        whole = np.concatenate(parts)
        return math.exp(math.sqrt(float(whole @ whole) / len(whole)))

    share = float(np.concatenate(covered).mean())
    return BoundFit(math.exp(float((c - b).mean())), factor(errors), factor(plain), share, len(b))
