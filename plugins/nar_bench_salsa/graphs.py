"""What the algorithms on sparse graphs share: drawing graphs, weights and positions, and reading them back.

The first part is plain Python that numba compiles; the second works on the dense inputs of one instance.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.graphs import FAMILIES, connected_edges_of
from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array

WORDS = {"family": FAMILIES}
"""Names of the shift axis `family`."""

RANGES = {"p": (0.0, 1.0)}
WEIGHT_RANGES = {"p": (0.0, 1.0), "low": (0.0, 1e6), "high": (0.0, 1e6)}


def connected_graph(rng, size, p, family):
    """Draw a connected graph of a family (see `nar_bench.data.graphs`)."""
    if family is None:
        return connected_edges_of(rng, None, size, p)
    return connected_edges_of(rng, int(family), size, p)


def weights_of(rng, edges, low, high):
    """Draw a weight sqrt(u v + 1e-3) for each edge, u and v uniform in [low, high), as CLRS-30 and SALSA do."""
    A = np.empty(len(edges))
    for e in range(len(edges)):
        u, v = low + (high - low) * uniform(rng), low + (high - low) * uniform(rng)
        A[e] = np.sqrt(u * v + 1e-3)
    return A


def positions(n):
    """Return i / n for each of n nodes."""
    return np.arange(n) / n


def graph_of(inputs: Inputs) -> nx.Graph:
    """Return the graph for networkx; edges carry `weight` where there is an input `A`."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(inputs["pos"])))
    weights = inputs["A"] if "A" in inputs else np.ones(len(inputs["edges"]))
    graph.add_weighted_edges_from((u, v, w) for (u, v), w in zip(inputs["edges"].tolist(), weights, strict=True))
    return graph


def refuse_weights(inputs: Inputs) -> None:
    """Raise InputError where a weight is negative or differs between the two ways of an edge."""
    weight = {(u, v): w for (u, v), w in zip(inputs["edges"].tolist(), inputs["A"].tolist(), strict=True)}
    for (u, v), w in weight.items():
        if w < 0:
            raise InputError(f"input 'A' is {w:g} on the edge from {u} to {v}; only weights of at least 0 are allowed.")
        if w != weight[v, u]:
            raise InputError(
                f"input 'A' is {w:g} from {u} to {v} and {weight[v, u]:g} back; both ways of an edge have one weight."
            )


def source_of(inputs: Inputs) -> int:
    """Return the node that `s` marks."""
    return int(np.argmax(inputs["s"]))


def levels_of(inputs: Inputs) -> Array:
    """Return the distance of each node from `s`, in edges; infinite where there is no path."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n, (u, v) = len(inputs["pos"]), inputs["edges"].T
    matrix = csr_array((np.ones(len(u), np.int8), (u, v)), shape=(n, n))
    distances: Array = dijkstra(matrix, unweighted=True, indices=source_of(inputs))
    return distances


def has_edges(inputs: Inputs, u: Array, v: Array) -> Array:
    """Return for each pair of nodes whether there is an edge."""
    n, edges = len(inputs["pos"]), inputs["edges"].astype(np.int64)  # sorted
    there, sought = edges[:, 0] * n + edges[:, 1], u * n + v
    found: Array = np.append(there, -1)[np.searchsorted(there, sought)] == sought
    return found
