"""How much a score varies across seeds, from records or else assumed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nar_bench.results.record import Record
from nar_bench.results.summary import summarise

ASSUMED = 0.086
"""Root mean square over CLRS-30's algorithms of the standard deviation across seeds at n = 64, of the published
Triplet-GMPNN (Ibarz et al. 2022): the standard errors over 10 seeds in leaderboards/clrs30/reported.csv, times the root
of 10. The median is half of that, since few algorithms vary much."""


@dataclass(frozen=True)
class Spread:
    """A standard deviation of a score across seeds, and in words where it is from."""

    deviation: float
    source: str


def spread_of(records: Iterable[Record], metric: str = "score") -> Spread:
    """Return the deviation across seeds, pooled over methods and algorithms, at each one's largest size.

    It is the root mean square, weighted by degrees of freedom, over all lines with two seeds or more. Where there is
    none, or none that varies, it is assumed and says so.

    Assumes that methods that are planned vary as those that were recorded.
    """
    squares, freedom, cells = 0.0, 0, 0
    for line in summarise(records):
        values = line.values(metric, line.sizes[-1]) if line.sizes else []
        if len(values) > 1:
            squares += float(np.var(values, ddof=1)) * (len(values) - 1)
            freedom, cells = freedom + len(values) - 1, cells + 1
    if squares > 0:
        lines = f"{cells} line{'s' * (cells > 1)}"
        return Spread((squares / freedom) ** 0.5, f"measured on {lines} of the results folder with two seeds or more")
    return Spread(ASSUMED, "assumed (CLRS-30 at n = 64, Triplet-GMPNN, Ibarz et al. 2022)")
