"""Judging answers about shortest paths."""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.trajectory import Array

RELATIVE_TOLERANCE = 1e-9
"""Two path lengths count as equal when they differ by less than this share of the larger, or of the sum of the weights'
magnitudes where some are negative: sums in another order round differently."""


def shortest_distances(A: Array, source: int) -> dict[int, float]:
    """Return the distance of every node that can be reached from `source` in the weights A [N, N], by networkx."""
    graph = nx.from_numpy_array(A, create_using=nx.DiGraph)
    lengths: dict[int, float] = nx.single_source_bellman_ford_path_length(graph, source)
    return lengths


def is_shortest_path_tree(A: Array, source: int, pi: Array) -> bool:
    """Say whether walking `pi` [N] from each reached node leads to `source` along a path of least length.

    A node that cannot be reached, and the source itself, must point at themselves.
    """
    before, distances = pi.tolist(), shortest_distances(A, source)
    if before[source] != source:
        return False
    for node in range(len(before)):
        if node not in distances:
            if before[node] != node:
                return False
            continue
        # Walking back is what makes zero-length cycles fail: each edge of one would pass a test of that edge alone.
        length, size, at = 0.0, 0.0, node
        for _ in range(len(before)):
            if at == source:
                break
            length += A[before[at], at]
            size += abs(A[before[at], at])
            if A[before[at], at] == 0:
                return False
            at = before[at]
        scale = max(size, abs(distances[node]))
        if at != source or abs(length - distances[node]) > RELATIVE_TOLERANCE * scale:
            return False
    return True


def all_pairs_predecessors(A: Array) -> Array:
    """Return Pi [N, N]: the node before j on a shortest path from i, i where there is none, by networkx."""
    Pi = np.repeat(np.arange(len(A))[:, None], len(A), axis=1)
    for i, paths in nx.all_pairs_dijkstra_path(nx.from_numpy_array(A, create_using=nx.DiGraph)):
        for j, path in paths.items():
            if len(path) > 1:
                Pi[i, j] = path[-2]
    return Pi
