"""Targets that ask for the greatest of something: one object, a difference, a pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.learnability import Decomposition, Function, NoChoice, Objects, Target, Values
from nar_bench_targets.sampling import uniform_arguments, uniform_objects


def sample(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw objects with one number each, uniform in [-1, 1)."""
    return uniform_objects(stream, size, count)


def sample_points(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw points, uniform in the square [-1, 1)^2."""
    return uniform_objects(stream, size, count, 2)


def maximum(config: NoChoice, objects: Objects) -> Values:
    """Return max_i x_i; [B, 1]."""
    return np.asarray(objects.nodes.max(1))


def max_difference(config: NoChoice, objects: Objects) -> Values:
    """Return max_{i,j} |x_i - x_j|; [B, 1]."""
    return np.asarray(np.ptp(objects.nodes, axis=1))


def furthest_pair(config: NoChoice, objects: Objects) -> Values:
    """Return 1 for the two points that are furthest apart and 0 for the others; [B, n]."""
    x = objects.nodes
    distance = ((x[:, :, None] - x[:, None]) ** 2).sum(-1)
    size = x.shape[1]
    first, second = np.divmod(distance.reshape(len(x), -1).argmax(1), size)
    return np.asarray(np.eye(size)[first] + np.eye(size)[second])


def absolute_difference(config: NoChoice, objects: Objects) -> Values:
    """Return |a - b|."""
    return np.asarray(np.abs(objects.nodes[..., 0] - objects.nodes[..., 1]))


def _by_elements(functions: Mapping[str, Function], config: Any, objects: Objects) -> Values:
    return functions["readout"](functions["element"](objects.nodes).max(1)[:, None])[:, None]


def _by_pairs(functions: Mapping[str, Function], config: Any, objects: Objects) -> Values:
    x = objects.nodes[..., 0]
    pairs = np.stack(np.broadcast_arrays(x[:, :, None], x[:, None, :]), -1)
    return functions["readout"](functions["message"](pairs).max((1, 2))[:, None])[:, None]


MAXIMUM = Target(
    name="maximum_value",
    version=1,
    source="Xu et al. 2020, section 4.1, a summary statistic",
    config=NoChoice,
    sample=sample,
    value=maximum,
    bounds=lambda config, size: (-1.0, 1.0),
    symmetric=True,
    decompositions={
        "deep_sets": Decomposition(
            network="deep_sets",
            modules={"element": "identity", "readout": "identity"},
            learner="mlp",
            compose=_by_elements,
            options={"aggregate": "max"},
        )
    },
)
MAX_DIFFERENCE = Target(
    name="max_difference",
    version=1,
    source="Xu et al. 2020, section 4.1: maximum value difference",
    config=NoChoice,
    sample=sample,
    value=max_difference,
    bounds=lambda config, size: (0.0, 2.0),
    smallest=2,
    symmetric=True,
    decompositions={
        "gnn": Decomposition(
            network="gnn",
            modules={"message": "absolute_difference", "readout": "identity"},
            learner="mlp",
            compose=_by_pairs,
            options={"aggregate": "max"},
        )
    },
)
FURTHEST_PAIR = Target(
    name="furthest_pair",
    version=1,
    source="Xu et al. 2020, section 4.2, relational argmax. Theirs asks for the colours of the pair, ours which it is; "
    "with eps below 0.5 an answer is right if it rounds to the right pair.",
    config=NoChoice,
    sample=sample_points,
    value=furthest_pair,
    bounds=lambda config, size: (0.0, 1.0),
    on_nodes=True,
    smallest=3,
    symmetric=True,
)
ABSOLUTE_DIFFERENCE = Target(
    name="absolute_difference",
    version=1,
    source="the module function of the maximum difference",
    config=NoChoice,
    sample=uniform_arguments,
    value=absolute_difference,
    bounds=lambda config, size: (0.0, 2.0),
    only=1,
)
