"""What graph algorithms of CLRS-30 share: random graphs, the adjacency of a weight matrix, checks of given graphs.

The first part is plain Python that numba compiles; the second works on the dense inputs of one instance.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.graphs import FAMILIES, edges_of
from nar_bench.data.random import GOLDEN, integer, permutation, reserve, uniform_of, uniforms
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array

TRAINING_DENSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Values of p in the reference's training script; each sample draws one."""

TRAINING_DENSITIES_HALVED = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
"""The same where the answers are rare in dense graphs (articulation_points, bridges, mst_kruskal)."""

FAMILY_NAMES = ("clrs30", *FAMILIES)
"""Names of the shift axis `family`: the reference's own distribution, or a family of `nar_bench.data.graphs`.

Where an axis is None, its default, numba leaves out what is done for other values, so that a first use of an algorithm
does not compile ten families.
"""

CLRS30 = 0

GRAPH_RANGES = {"p": (0.0, 1.0)}
WEIGHT_RANGES = {"p": (0.0, 1.0), "low": (0.0, 1e6), "high": (0.0, 1e6)}

LARGEST_WEIGHT = 1e300
"""The greatest magnitude of a weight where weights are added up along paths."""


def undirected_graph(rng, n, p, family):
    """Draw an undirected 0/1 graph [n, n].

    The reference's own graph is a directed one of density p in which an edge is kept only where both directions are
    there: the density is p squared off the diagonal and p on it. Drawing with p squared at once is equal in law.
    """
    if family is None:
        return squared_density_graph(rng, n, p)
    if family == CLRS30:
        return squared_density_graph(rng, n, p)
    A = np.zeros((n, n))
    edges = edges_of(rng, int(family) - 1, n, p)
    for e in range(len(edges)):
        A[edges[e, 0], edges[e, 1]] = A[edges[e, 1], edges[e, 0]] = 1.0
    return A


def squared_density_graph(rng, n, p):
    """Draw an undirected 0/1 graph [n, n] of density p squared, with self-loops of probability p."""
    pairs, density = n * (n + 1) // 2, p * p
    drawn, edge = uniforms(rng, pairs), np.empty(pairs)
    for k in range(pairs):
        edge[k] = (drawn[k] < density) * 1.0
    A = both_ways(n, edge)
    for i in range(n):
        A[i, i] = (drawn[i * (i + 3) // 2] < p) * 1.0
    return A


def both_ways(n, value):
    """Return the symmetric matrix [n, n] of what is in its lower half, row by row, [n (n + 1) / 2]."""
    A, k = np.empty((n, n)), 0
    for i in range(n):
        for j in range(i + 1):
            A[i, j] = value[k + j]
        k += i + 1
    for i in range(n):
        for j in range(i):
            A[j, i] = A[i, j]
    return A


def weighted_undirected_graph(rng, n, p, family, low, high):
    """Draw an undirected graph with weights sqrt(u v + 1e-3), u and v uniform in [low, high), as the reference does.

    A self-loop of the reference has one weight twice, sqrt(u u + 1e-3).
    """
    A = undirected_graph(rng, n, p, family)
    pairs = n * (n + 1) // 2
    weight, spread = np.empty(pairs), high - low
    first, second = reserve(rng, pairs), reserve(rng, pairs)
    state = first
    for k in range(pairs):  # all pairs, because to ask which are edges takes longer
        state += GOLDEN
        second += GOLDEN
        weight[k] = np.sqrt((low + spread * uniform_of(state)) * (low + spread * uniform_of(second)) + 1e-3)
    for i in range(n):
        k = i * (i + 3) // 2
        weight[k] = np.sqrt((low + spread * uniform_of(first + np.uint64(k + 1) * GOLDEN)) ** 2 + 1e-3)
    weights = both_ways(n, weight)
    for i in range(n):
        for j in range(n):
            A[i, j] *= weights[i, j]
    return A


def directed_graph(rng, n, p, family):
    """Draw a directed 0/1 graph [n, n]; the reference's has edges and self-loops of probability p.

    An edge of a family is kept one way, the other, or both, with equal odds.
    """
    if family is None:
        return each_pair(rng, n, p)
    if family == CLRS30:
        return each_pair(rng, n, p)
    A = np.zeros((n, n))
    edges = edges_of(rng, int(family) - 1, n, p)
    for e in range(len(edges)):
        ways = integer(rng, 3)
        if ways != 0:
            A[edges[e, 0], edges[e, 1]] = 1.0
        if ways != 1:
            A[edges[e, 1], edges[e, 0]] = 1.0
    return A


def each_pair(rng, n, p):
    """Draw a directed 0/1 graph [n, n], each pair and each self-loop with probability p."""
    A = np.empty((n, n))
    cells, state = A.reshape(n * n), reserve(rng, n * n)
    for k in range(n * n):
        state += GOLDEN
        cells[k] = (uniform_of(state) < p) * 1.0
    return A


def acyclic_graph(rng, n, p, family):
    """Draw a directed acyclic 0/1 graph [n, n]: pairs with probability p, or a family's, all along one random order."""
    place = permutation(rng, n)
    if family is None:
        return each_pair_forwards(rng, n, p, place)
    if family == CLRS30:
        return each_pair_forwards(rng, n, p, place)
    A = np.zeros((n, n))
    edges = edges_of(rng, int(family) - 1, n, p)
    for e in range(len(edges)):
        u, v = edges[e, 0], edges[e, 1]
        if place[u] < place[v]:
            A[u, v] = 1.0
        else:
            A[v, u] = 1.0
    return A


def each_pair_forwards(rng, n, p, place):
    """Draw a directed acyclic 0/1 graph [n, n]: each pair with probability p, from the lower `place` [n]."""
    A = each_pair(rng, n, p)
    for i in range(n):
        for j in range(n):
            A[i, j] *= place[i] < place[j]
    return A


def adjacency(A):
    """Return the 0/1 matrix [n, n] of edges and self-loops of a weight matrix."""
    n = A.shape[0]
    adj = np.empty((n, n), np.int8)
    for i in range(n):
        for j in range(n):
            adj[i, j] = A[i, j] != 0
        adj[i, i] = 1
    return adj


def derive_adjacency(inputs: Inputs) -> Array:
    """Derive `adj` from `A` for callers who leave it out."""
    A = inputs.get("A")
    if A is None:
        raise InputError("input 'A' is missing; the adjacency is derived from it.")
    return np.asarray((A != 0) | np.eye(len(A), dtype=bool), dtype=np.int8)


def refuse_other_adjacency(inputs: Inputs) -> None:
    """Raise InputError where `adj` is not the adjacency of `A`."""
    wrong = np.argwhere(inputs["adj"] != derive_adjacency(inputs))
    if len(wrong):
        i, j = wrong[0].tolist()
        raise InputError(
            f"inputs 'A' and 'adj' disagree at [{i}, {j}]: A is {inputs['A'][i, j]:g}, adj is {inputs['adj'][i, j]:g}; "
            "adj must be 1 exactly where A is not 0 and on the diagonal. Leave adj out to have it derived."
        )


def refuse_directed(inputs: Inputs) -> None:
    """Raise InputError where `A` is not symmetric or does not fit `adj`."""
    refuse_other_adjacency(inputs)
    A = inputs["A"]
    wrong = np.argwhere(A != A.T)
    if len(wrong):
        i, j = wrong[0].tolist()
        raise InputError(
            f"input 'A' is {A[i, j]:g} at [{i}, {j}] and {A[j, i]:g} at [{j}, {i}]; this algorithm is for undirected "
            "graphs, whose weights are symmetric."
        )


def refuse_negative(inputs: Inputs) -> None:
    """Raise InputError where `A` has a negative weight."""
    wrong = np.argwhere(inputs["A"] < 0)
    if len(wrong):
        i, j = wrong[0].tolist()
        raise InputError(
            f"input 'A' is {inputs['A'][i, j]:g} at [{i}, {j}]; only weights that are not negative are allowed."
        )


def refuse_overflow(inputs: Inputs) -> None:
    """Raise InputError where `A` has a weight so large that the length of a path might overflow."""
    wrong = np.argwhere(np.abs(inputs["A"]) > LARGEST_WEIGHT)
    if len(wrong):
        i, j = wrong[0].tolist()
        raise InputError(
            f"input 'A' is {inputs['A'][i, j]:g} at [{i}, {j}]; only weights from {-LARGEST_WEIGHT:g} to "
            f"{LARGEST_WEIGHT:g} are allowed, as longer paths might overflow."
        )


def refuse_cyclic(inputs: Inputs) -> None:
    """Raise InputError where `A` has a directed cycle, self-loops included, or does not fit `adj`."""
    refuse_other_adjacency(inputs)
    try:
        cycle = nx.find_cycle(directed(inputs))
    except nx.NetworkXNoCycle:
        return
    way = " -> ".join(str(u) for u, _ in cycle)
    raise InputError(
        f"input 'A' has the cycle {way} -> {cycle[0][0]}; only graphs without directed cycles are allowed."
    )


def directed(inputs: Inputs) -> nx.DiGraph:
    """Return the graph of `A` for networkx; edges carry `weight`."""
    return nx.from_numpy_array(inputs["A"], create_using=nx.DiGraph)


def undirected(inputs: Inputs) -> nx.Graph:
    """Return the undirected graph of `A` for networkx, without self-loops; edges carry `weight`."""
    graph = nx.from_numpy_array(inputs["A"])
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return graph
