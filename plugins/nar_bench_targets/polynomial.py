"""Polynomials of which Theorem 1 speaks, with known alpha, beta and p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nar_bench.data.random import Stream, derive_seed
from nar_bench.plugin.learnability import Objects, Target, Term, Values, without_pairs
from nar_bench_targets.sampling import on_sphere


@dataclass(frozen=True)
class PolynomialConfig:
    """g(x) = sum_j alpha_j (beta_j . x)^{p_j} on unit vectors x in R^n."""

    count: int = 1
    """K, how many terms; at least 1."""
    powers: tuple[int, ...] = (2,)
    """p_j, each 1 or even; repeated where there are more terms."""
    alphas: tuple[float, ...] = (1.0,)
    """alpha_j; repeated likewise."""
    norm: float = 1.0
    """||beta_j||, above 0."""
    seed: int = 0
    """Of the directions of the betas, which are uniform."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        powers = bool(self.powers) and all(p == 1 or (p > 0 and p % 2 == 0) for p in self.powers)
        checks = [
            ("count", self.count >= 1, "at least 1"),
            ("powers", powers, "one or more of 1 and the even numbers; Theorem 1 speaks of no others"),
            ("alphas", bool(self.alphas) and bool(np.isfinite(self.alphas).all()), "one or more finite numbers"),
            ("norm", 0 < self.norm < np.inf, "above 0 and finite"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


def terms(config: PolynomialConfig, size: int) -> tuple[Term, ...]:
    """Return the terms on R^size."""
    betas = config.norm * on_sphere(Stream(derive_seed("polynomial", config.seed, size)), config.count, size)
    powers, alphas = config.powers, config.alphas
    return tuple(
        Term(alphas[j % len(alphas)], tuple(beta.tolist()), powers[j % len(powers)]) for j, beta in enumerate(betas)
    )


def sample(config: PolynomialConfig, stream: Stream, size: int, count: int) -> Objects:
    """Draw x uniform on the unit sphere of R^size; each coordinate is an object."""
    return without_pairs(on_sphere(stream, count, size)[:, :, None])


def value(config: PolynomialConfig, objects: Objects) -> Values:
    """Return g(x); [B, 1]."""
    x = objects.nodes[..., 0]
    parts = [alpha * (x @ np.array(beta)) ** power for alpha, beta, power in terms(config, x.shape[1])]
    return np.asarray(np.sum(parts, axis=0))[:, None]


def bounds(config: PolynomialConfig, size: int) -> tuple[float, float]:
    """Return a range that holds since |beta . x| <= ||beta||."""
    reach = [(alpha * config.norm**power, power) for alpha, _, power in terms(config, size)]
    low = sum(-abs(most) if power == 1 else min(most, 0.0) for most, power in reach)
    high = sum(abs(most) if power == 1 else max(most, 0.0) for most, power in reach)
    return low, high


POLYNOMIAL = Target(
    name="polynomial",
    version=1,
    source="Xu et al. 2020, theorem 3.5, after Arora et al. 2019",
    config=PolynomialConfig,
    sample=sample,
    value=value,
    bounds=bounds,
    smallest=2,
    terms=terms,
)
