"""One step of algorithms on graphs, and the functions that generate it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.learnability import Decomposition, Function, NoChoice, Objects, Target, Values, without_pairs


def sample_weighted(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw distances and the weights of a complete graph, uniform in [0, 1); a node is at distance 0 from itself."""
    weights = stream.uniform(count, size, size, 1) * (1 - np.eye(size))[:, :, None]
    return Objects(stream.uniform(count, size, 1), weights)


def bellman_ford_step(config: NoChoice, objects: Objects) -> Values:
    """Return d'_v = min_u d_u + w_uv; [B, n]."""
    return np.asarray((objects.nodes[:, :, None, 0] + objects.pairs[..., 0]).min(1))


def sample_reached(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw which nodes are reached and which ordered pairs are edges; each node leads to itself.

    One node in four is reached, and there are about two edges to each node, so that neither answer is rare.
    """
    reached = (stream.uniform(count, size, 1) < 0.25).astype(np.float64)
    edges = (stream.uniform(count, size, size, 1) < 2 / size).astype(np.float64)
    return Objects(reached, np.maximum(edges, np.eye(size)[:, :, None]))


def bfs_step(config: NoChoice, objects: Objects) -> Values:
    """Return r'_v = max_u r_u a_uv: which nodes are reached after one more step; [B, n]."""
    return np.asarray((objects.nodes[:, :, None, 0] * objects.pairs[..., 0]).max(1))


def sample_arguments(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw a distance and a weight, uniform in [0, 1)."""
    return without_pairs(stream.uniform(count, 1, 2))


def sample_bits(config: NoChoice, stream: Stream, size: int, count: int) -> Objects:
    """Draw two bits."""
    return without_pairs((stream.uniform(count, 1, 2) < 0.5).astype(np.float64))


def path_sum(config: NoChoice, objects: Objects) -> Values:
    """Return d_u + w_uv."""
    return np.asarray(objects.nodes[..., 0] + objects.nodes[..., 1])


def both(config: NoChoice, objects: Objects) -> Values:
    """Return a b."""
    return np.asarray(objects.nodes[..., 0] * objects.nodes[..., 1])


def _aggregated(by: Callable[..., Any]) -> Callable[[Mapping[str, Function], Any, Objects], Values]:
    def compose(functions: Mapping[str, Function], config: Any, objects: Objects) -> Values:
        sender = np.broadcast_to(objects.nodes[:, :, None, 0], objects.pairs.shape[:3])
        messages = functions["message"](np.stack([sender, objects.pairs[..., 0]], -1))
        return functions["update"](by(messages, axis=1)[..., None])

    return compose


BELLMAN_FORD_STEP = Target(
    name="bellman_ford_step",
    version=1,
    source="Xu et al. 2020, section 3: d[k][v] = min_u d[k - 1][u] + cost(u, v)",
    config=NoChoice,
    sample=sample_weighted,
    value=bellman_ford_step,
    bounds=lambda config, size: (0.0, 1.0),
    pairs=1,
    on_nodes=True,
    smallest=2,
    symmetric=True,
    decompositions={
        "gnn": Decomposition(
            network="gnn",
            modules={"message": "path_sum", "update": "identity"},
            learner="mlp",
            compose=_aggregated(np.min),
            options={"aggregate": "min"},
        )
    },
)
BFS_STEP = Target(
    name="bfs_step",
    version=1,
    source="breadth-first search, one step of all nodes at once; Velickovic et al. 2020 train on it",
    config=NoChoice,
    sample=sample_reached,
    value=bfs_step,
    bounds=lambda config, size: (0.0, 1.0),
    pairs=1,
    on_nodes=True,
    smallest=2,
    symmetric=True,
    decompositions={
        "gnn": Decomposition(
            network="gnn",
            modules={"message": "both", "update": "identity"},
            learner="mlp",
            compose=_aggregated(np.max),
            options={"aggregate": "max"},
        )
    },
)
PATH_SUM = Target(
    name="path_sum",
    version=1,
    source="the message of Bellman-Ford: d_u + w_uv",
    config=NoChoice,
    sample=sample_arguments,
    value=path_sum,
    bounds=lambda config, size: (0.0, 2.0),
    only=1,
)
BOTH = Target(
    name="both",
    version=1,
    source="the message of breadth-first search: u is reached and there is an edge",
    config=NoChoice,
    sample=sample_bits,
    value=both,
    bounds=lambda config, size: (0.0, 1.0),
    only=1,
)
