"""The smallest difference that some number of seeds can resolve."""

from __future__ import annotations

import math

from scipy import special

POWER = 0.8
TEST_LEVEL = 0.05


def smallest_difference(
    deviation: float, seeds: int, algorithms: int = 1, power: float = POWER, level: float = TEST_LEVEL
) -> float:
    """Return the least true mean difference of two methods that a paired, two-sided t test finds with `power`.

    The test is `on_these_algorithms`, with `seeds` pairs on each algorithm and algorithms (seeds - 1) degrees of
    freedom: the noncentrality d / (s sqrt(2) / sqrt(seeds algorithms)) at which it rejects with that probability.

    Assumes normal scores of the same deviation for both methods, equal over algorithms, and that pairing by seed gains
    nothing (the two methods' scores are independent); where pairs agree, less can be resolved.

    Args:
        deviation: standard deviation of one method's score across seeds, above 0.
        seeds: of each method on each algorithm, at least 2.
        algorithms: over which the mean is taken.

    Source: the noncentral t distribution; Cohen 1988, "Statistical power analysis for the behavioral sciences", has the
    convention of power 0.8 at level 0.05. The far tail's rejections, under 1e-4 at this power, are left out.
    """
    df = algorithms * (seeds - 1)
    critical = float(special.stdtrit(df, 1 - level / 2))
    noncentrality = float(special.nctdtrinc(df, 1 - power, critical))
    return noncentrality * deviation * math.sqrt(2 / (seeds * algorithms))
