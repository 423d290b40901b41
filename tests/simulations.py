"""Scores of imaginary methods whose truth is known, and how often an interval holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nar_bench.statistics.estimate import Estimate, t_estimate

Draw = Callable[[np.random.Generator, int], np.ndarray]
"""(generator, number of seeds) -> scores of one method."""


def beta(mean: float, deviation: float) -> Draw:
    """Scores in [0, 1] with that mean and standard deviation."""
    total = mean * (1 - mean) / deviation**2 - 1
    return lambda rng, k: rng.beta(mean * total, (1 - mean) * total, k)


def collapsing(share: float, fine: float = 0.97, collapsed: float = 0.3) -> Draw:
    """Seeds that find the algorithm, but for a share of them."""
    return lambda rng, k: np.where(rng.random(k) < share, collapsed, fine) + 0.01 * rng.standard_normal(k)


ONE_METHOD: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, k: 0.8 + 0.05 * rng.standard_normal(k), 0.8),
    "in [0, 1], mean 0.90, deviation 0.05": (beta(0.9, 0.05), 0.9),
    "in [0, 1], mean 0.95, deviation 0.02": (beta(0.95, 0.02), 0.95),
    "in [0, 1], mean 0.95, deviation 0.04": (beta(0.95, 0.04), 0.95),
    "in [0, 1], mean 0.98, deviation 0.03": (beta(0.98, 0.03), 0.98),
    "one seed in five collapses": (collapsing(0.2), 0.97 - 0.2 * 0.67),
    "one seed in twenty collapses": (collapsing(0.05), 0.97 - 0.05 * 0.67),
    "all at 1, but one seed in twenty at 0.3": (lambda rng, k: np.where(rng.random(k) < 0.05, 0.3, 1.0), 0.965),
}
"""Setting -> (draw, true mean)."""

Pairs = Callable[[np.random.Generator, int, int], np.ndarray]
"""(generator, algorithms, seeds) -> [algorithms, seeds] differences of two methods."""


def _noise(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    return 0.05 * rng.standard_normal((m, k))


def _uneven(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    return _noise(rng, m, k) * np.exp(rng.standard_normal((m, 1)))


def _near_one(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    """Two equal methods, scores in [0, 1], mean 0.85 to 0.99 by algorithm, both in deviation and in skew different."""
    mean = rng.uniform(0.85, 0.99, (m, 1))
    first, second = (rng.beta(20 * mean, 20 * (1 - mean), (m, k)) for _ in range(2))
    return np.asarray(first - second)


def _apart_near_one(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    return np.asarray(rng.beta(19.6, 0.4, (m, k)) - rng.beta(18, 2, (m, k)))


def _collapsing(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    draw = collapsing(0.1)
    return np.reshape(draw(rng, m * k) - draw(rng, m * k), (m, k))


def _alike(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    """A tenth of the variance is the seed's on all algorithms."""
    return np.asarray(0.9**0.5 * _noise(rng, m, k) + 0.1**0.5 * _noise(rng, 1, k))


def _sampled(rng: np.random.Generator, m: int, k: int) -> np.ndarray:
    """Algorithms differ by as much as seeds do; the truth is that of all algorithms that there might be."""
    return np.asarray(_noise(rng, m, k) + _noise(rng, m, 1))


TWO_METHODS: dict[str, tuple[Pairs, float]] = {
    "normal": (_noise, 0.0),
    "normal, algorithms unequally noisy": (_uneven, 0.0),
    "in [0, 1] near 1, equal methods": (_near_one, 0.0),
    "in [0, 1], means 0.98 and 0.90": (_apart_near_one, 0.08),
    "one seed in ten collapses": (_collapsing, 0.0),
    "a tenth of the variance shared by algorithms": (_alike, 0.0),
    "algorithms are a sample, the truth is of all": (_sampled, 0.0),
}
"""Setting -> (draw, true mean difference)."""


def by_algorithm(differences: np.ndarray) -> Mapping[str, list[float]]:
    return {f"algorithm{i}": row for i, row in enumerate(differences.tolist())}


def coverage(make: Callable[[np.random.Generator], Estimate], truth: float, repeats: int, seed: int = 0) -> float:
    """Return the share of intervals that hold the truth; where there is no interval, it does not."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(repeats):
        one = make(rng)
        held += one.low is not None and one.high is not None and one.low <= truth <= one.high
    return held / repeats


def bootstrapped(differences: Mapping[str, list[float]]) -> Estimate:
    """The stratified percentile bootstrap over seeds within algorithms, with equal numbers of seeds. Not used."""
    table = np.array(list(differences.values()))
    m, k = table.shape
    drawn = np.random.default_rng(int(1e9 * abs(table.sum()))).integers(0, k, (500, m, k))
    means = np.take_along_axis(table[None], drawn, axis=2).mean(axis=(1, 2))
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(table.mean()), float(low), float(high))


def pooled(differences: Mapping[str, list[float]]) -> Estimate:
    """The same mean with one variance for all algorithms, m (k - 1) degrees of freedom. Not used."""
    table = np.array(list(differences.values()))
    m, k = table.shape
    return t_estimate(float(table.mean()), float(np.sqrt(table.var(axis=1, ddof=1).mean() / (m * k))), m * (k - 1))
