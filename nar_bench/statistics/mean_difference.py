"""The mean difference of two methods over algorithms and seeds, for each of two questions.

- *These algorithms*: would the difference come out again if these same algorithms were trained with new seeds?
- *Algorithms like these*: would it come out on other algorithms, of which these are a random sample?

The second is the wider claim and needs more algorithms, not more seeds. A suite is no random sample of algorithms, so
the second is a model of what "in general" could mean, and the first is what was measured.

Differences [seeds of one algorithm] are of pairs: both methods with the same seed, which gives them the same data and,
where their parts have the same shapes, the same initial weights.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from nar_bench.statistics.estimate import LEVEL, Estimate, are_equal, mean_over_seeds, t_estimate

Differences = Mapping[str, Sequence[float]]
"""Algorithm -> [k] differences, one for each seed."""

Weights = Mapping[str, float]
"""Algorithm -> its weight in the mean; they sum to 1."""


def equal_weights(algorithms: Collection[str]) -> Weights:
    """Return the weights with which every algorithm counts the same."""
    return dict.fromkeys(algorithms, 1 / len(algorithms))


def on_these_algorithms(differences: Differences, level: float = LEVEL, weights: Weights | None = None) -> Estimate:
    """Return the mean over algorithms of the mean over seeds; algorithms count equally, whatever their seeds.

    Seeds are nested in algorithms: the variance of the mean is the sum of w_a^2 s_a^2 / k_a, where w_a is an
    algorithm's weight (1 / m of m algorithms, unless `weights` says otherwise), with Satterthwaite's degrees of
    freedom, so that algorithms may be as noisy as they are.

    Assumes that what a seed does to one algorithm says nothing of what it does to another, and about normal
    differences. Data are drawn apart for each algorithm; initial weights of a processor are not, so look at
    `with_shared_seeds` where a seed is good or bad throughout. An algorithm on which all seeds differ by the same adds
    nothing to the width.

    Args:
        differences: at least one algorithm, each with at least one seed.

    Source: Satterthwaite 1946, "An approximate distribution of estimates of variance components"; Welch 1947.
    """
    weights = equal_weights(differences) if weights is None else weights
    value = math.fsum(weights[name] * float(np.mean(d)) for name, d in differences.items())
    single = [name for name, d in differences.items() if len(d) == 1]
    if single:
        return Estimate(value, reason=f"one seed on {', '.join(single)}")
    varying = {name: d for name, d in differences.items() if not are_equal(d)}
    if not varying:
        return Estimate(value, reason="no seed differs from another on any algorithm")
    parts = np.array([weights[name] ** 2 * np.var(d, ddof=1) / len(d) for name, d in varying.items()])
    freedom = np.array([len(d) - 1 for d in varying.values()])
    total = parts.sum()
    df = float(total**2 / np.sum(parts**2 / freedom))
    return t_estimate(value, math.sqrt(float(total)), df, level)


def with_shared_seeds(differences: Differences, level: float = LEVEL, weights: Weights | None = None) -> Estimate:
    """Return the same mean where algorithms share a network: one number for each seed, the mean over algorithms.

    This holds however algorithms depend on each other within a seed, and has k - 1 degrees of freedom however many
    algorithms there are.

    Args:
        differences: every algorithm with the same seeds, in the same order.
    """
    weights = equal_weights(differences) if weights is None else weights
    means = sum(weights[name] * np.asarray(d, np.float64) for name, d in differences.items())
    return mean_over_seeds([float(one) for one in np.asarray(means)], level)


def on_algorithms_like_these(differences: Differences, level: float = LEVEL) -> Estimate:
    """Return the mean over algorithms as an estimate for algorithms of which these are a random sample.

    The spread of the algorithms' means holds both what differs between algorithms and what is left of the seeds, so a t
    interval over them, m - 1 degrees of freedom, covers both. With equal numbers of seeds it is the interval of the
    mixed model with a random effect of algorithms.

    Assumes independent algorithms whose means are about normal. One seed each is enough; one algorithm is not.
    """
    means = [float(np.mean(d)) for d in differences.values()]
    value = float(np.mean(means))
    if len(means) == 1:
        return Estimate(value, reason="one algorithm says nothing of others")
    if are_equal(means):
        return Estimate(value, reason=f"all {len(means)} algorithms have the same difference")
    return t_estimate(value, float(np.std(means, ddof=1)) / math.sqrt(len(means)), len(means) - 1, level)
