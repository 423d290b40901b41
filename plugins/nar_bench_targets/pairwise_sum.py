"""The pairwise sum of Corollary 1, and the functions that generate it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.learnability import Decomposition, Function, NoChoice, Objects, Target, Values
from nar_bench_targets.sampling import uniform_arguments, uniform_objects


@dataclass(frozen=True)
class PairwiseSumConfig:
    """Options."""

    features: int = 1
    """d, numbers of each object; at least 1."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return [] if self.features >= 1 else [("features", f"got {self.features}; it must be at least 1")]


def sample(config: PairwiseSumConfig, stream: Stream, size: int, count: int) -> Objects:
    """Draw objects with features uniform in [-1, 1)."""
    return uniform_objects(stream, size, count, config.features)


def value(config: PairwiseSumConfig, objects: Objects) -> Values:
    """Return sum_{i,j} ||x_i - x_j||^2 over ordered pairs, by 2 n sum ||x_i||^2 - 2 ||sum x_i||^2; [B, 1]."""
    x = objects.nodes
    squares, total = (x**2).sum((1, 2)), x.sum(1)
    return np.asarray(2 * x.shape[1] * squares - 2 * (total**2).sum(1))[:, None]


def bounds(config: PairwiseSumConfig, size: int) -> tuple[float, float]:
    """Return the range: no two features are further apart than 2."""
    return 0.0, 4.0 * config.features * size**2


def _by_pairs(functions: Mapping[str, Function], config: PairwiseSumConfig, objects: Objects) -> Values:
    x = objects.nodes[..., 0]
    pairs = np.stack(np.broadcast_arrays(x[:, :, None], x[:, None, :]), -1)
    return functions["readout"](functions["message"](pairs).sum((1, 2))[:, None])[:, None]


def squared_difference(config: NoChoice, objects: Objects) -> Values:
    """Return (a - b)^2."""
    return np.asarray((objects.nodes[..., 0] - objects.nodes[..., 1]) ** 2)


def identity(config: NoChoice, objects: Objects) -> Values:
    """Return a."""
    return objects.nodes[..., 0]


def one_argument(config: Any, stream: Stream, size: int, count: int) -> Objects:
    """Draw one number, uniform in [-1, 1)."""
    return uniform_objects(stream, 1, count)


PAIRWISE_SUM = Target(
    name="pairwise_sum",
    version=1,
    source="Xu et al. 2020, corollary 3.7: g(S) = sum_{i,j} (x_i - x_j)^2. The distribution is ours.",
    config=PairwiseSumConfig,
    sample=sample,
    value=value,
    bounds=bounds,
    smallest=2,
    symmetric=True,
    decompositions={
        "gnn": Decomposition(
            network="gnn",
            modules={"message": "squared_difference", "readout": "identity"},
            learner="mlp",
            compose=_by_pairs,
        )
    },
)
SQUARED_DIFFERENCE = Target(
    name="squared_difference",
    version=1,
    source="the module function of Xu et al. 2020, corollary 3.7",
    config=NoChoice,
    sample=uniform_arguments,
    value=squared_difference,
    bounds=lambda config, size: (0.0, 4.0),
    only=1,
)
IDENTITY = Target(
    name="identity",
    version=1,
    source="what a module learns that has nothing to do",
    config=NoChoice,
    sample=one_argument,
    value=identity,
    bounds=lambda config, size: (-1.0, 1.0),
    only=1,
)
