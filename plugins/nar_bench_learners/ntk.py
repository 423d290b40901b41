"""The over-parameterised two-layer perceptron in its limit: infinitely wide, first layer trained to the end.

There it is kernel regression with H(x, x') = x . x' (pi - arccos(cos of the angle of x and x')) / (2 pi), and depends
on no schedule. The bounds of Theorem 1 are bounds on this learner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nar_bench.errors import Diverged
from nar_bench.plugin.learnability import Learner, Objects, Predictor, Values

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class NtkConfig:
    """Options."""

    bias: bool = False
    """Whether a 1 is appended to the input. Without, and on unit vectors, it is what Theorem 1 is about; odd powers
    above 1 cannot be learned then."""
    jitter: float = 1e-8
    """Added to the kernel's diagonal, in units of its mean, so that it can be inverted; at least 0."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return [] if self.jitter >= 0 else [("jitter", f"got {self.jitter}; it must be at least 0")]


def kernel(a: Values, b: Values) -> Values:
    """Return H [A, B] of rows a [A, d] and b [B, d]."""
    inner = a @ b.T
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None]
    cosine = np.clip(inner / np.where(lengths > 0, lengths, 1), -1, 1)
    found: Values = inner * (np.pi - np.arccos(cosine)) / (2 * np.pi)
    return found


def fit(config: NtkConfig, objects: Objects, values: Values, on_nodes: bool, seed: int) -> Predictor:
    """Solve the regression; the seed is not needed, for the limit is the same whatever the weights were."""
    from scipy import linalg

    def inputs(of: Objects) -> Values:
        flat = of.flat()
        return np.concatenate([flat, np.ones((len(flat), 1))], axis=1) if config.bias else flat

    seen = inputs(objects)
    matrix = kernel(seen, seen)
    matrix[np.diag_indices(len(seen))] += config.jitter * np.trace(matrix) / len(seen)
    try:
        weights = linalg.cho_solve(linalg.cho_factor(matrix, lower=True, overwrite_a=True), values)
    except linalg.LinAlgError as error:
        raise Diverged(f"the kernel of {len(seen)} examples cannot be inverted; give a greater jitter.") from error

    def predict(asked: Objects) -> Values:
        x = inputs(asked)
        parts = [kernel(x[i : i + _ROWS_AT_ONCE], seen) @ weights for i in range(0, len(x), _ROWS_AT_ONCE)]
        return np.concatenate(parts)

    return predict


NTK = Learner(
    name="ntk",
    version=1,
    source="Arora et al. 2019, on which Xu et al. 2020 build theorem 3.5: the kernel H of the first layer",
    config=NtkConfig,
    fit=fit,
)
