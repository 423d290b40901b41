"""Theorem 1 beside what is measured.

The theorem: an over-parameterised two-layer perceptron learns g(x)_i = sum_j alpha_j (beta_j . x)^{p_j}, p_j = 1 or
even, to (eps, delta) from C = O( (max_i sum_j p_j |alpha_j| ||beta_j||^{p_j} + log(m / delta)) / (eps / m)^2 )
examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nar_bench.plugin.learnability import Term


def theorem_1_complexity(terms: Sequence[Term]) -> float:
    """Return sum_j p_j |alpha_j| ||beta_j||^{p_j}, which Theorem 1 says a polynomial with one output costs.

    Source: Xu et al. 2020, theorem 3.5.
    """
    return sum(power * abs(alpha) * math.hypot(*beta) ** power for alpha, beta, power in terms)


def theorem_1_bound(complexity: float, eps: float, delta: float, outputs: int = 1) -> float:
    """Return Theorem 1's bound on C without its constant.

    Args:
        complexity: of `theorem_1_complexity`, the greatest over outputs.
        eps: absolute, above 0.
        delta: in (0, 1).
        outputs: m, at least 1.
    """
    return (complexity + math.log(outputs / delta)) / (eps / outputs) ** 2
