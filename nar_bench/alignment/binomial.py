"""Exact bounds of a share."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """A two-sided interval of a share."""

    low: float
    high: float


def clopper_pearson(hits: int, count: int, level: float) -> Bounds:
    """Return Clopper and Pearson's interval of the share that `hits` of `count` independent draws come from.

    Each end is wrong with a probability of at most (1 - level) / 2, whatever the share.

    Args:
        hits: in [0, count].
        count: at least 0; of no draws nothing is known.
        level: in (0, 1).

    Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
    binomial"; by quantiles of the beta distribution.
    """
    from scipy import special

    tail = (1 - level) / 2
    low = float(special.betaincinv(hits, count - hits + 1, tail)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, count - hits, 1 - tail)) if hits < count else 1.0
    return Bounds(low, high)
