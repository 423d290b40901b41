"""Shortest paths from one source on a sparse graph, the nearest node first.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 24.3, DIJKSTRA (page 658);
SALSA-CLRS (Minder et al. 2023). Hints and ties are those of CLRS-30's dijkstra; the queue is a binary heap.
"""

from __future__ import annotations

import heapq

import networkx as nx
import numpy as np

from nar_bench.data.random import integer
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_salsa.graphs import (
    WEIGHT_RANGES,
    WORDS,
    connected_graph,
    graph_of,
    positions,
    refuse_weights,
    source_of,
    weights_of,
)

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("mark", Stage.HINT, Location.NODE, Type.MASK),
        Feature("in_queue", Stage.HINT, Location.NODE, Type.MASK),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    Layout.SPARSE,
)

RELATIVE_TOLERANCE = 1e-9
"""Two path lengths count as equal when they differ by less than this share of the larger."""


def sample(rng, size, p=0.0, family=None, low=0.0, high=1.0):
    """Draw a connected graph, weights (see `weights_of`) and a uniform source."""
    edges = connected_graph(rng, size, p, family)
    return edges, positions(size), integer(rng, size), weights_of(rng, edges, low, high)


def sparse_dijkstra(row, column, A, s, pi):
    """Search from s; pi[v] is the node before v on a shortest path, v itself for s and for nodes not reached."""
    n = len(pi)
    d = np.zeros(n)
    mark, in_queue = np.zeros(n, np.int8), np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    in_queue[s] = 1
    yield pi, d, mark, in_queue, s
    queue = [(0.0, s)]
    while len(queue) > 0:  # line 4
        _, u = heapq.heappop(queue)  # line 5
        if mark[u]:
            continue  # an entry from before its distance was lowered
        mark[u] = 1  # line 6
        in_queue[u] = 0
        for e in range(row[u], row[u + 1]):  # line 7
            v = column[e]
            if not mark[v] and (not in_queue[v] or d[u] + A[e] < d[v]):
                pi[v] = u  # line 8, RELAX
                d[v] = d[u] + A[e]
                in_queue[v] = 1
                heapq.heappush(queue, (d[v], v))
        yield pi, d, mark, in_queue, u


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find shortest paths with networkx."""
    pi = np.arange(len(inputs["pos"]))
    for node, path in nx.single_source_dijkstra_path(graph_of(inputs), source_of(inputs)).items():
        if len(path) > 1:
            pi[node] = path[-2]
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every tree of shortest paths: walking pi from a reached node leads to s along a path of least length."""
    graph, s, pi = graph_of(inputs), source_of(inputs), outputs["pi"].tolist()
    distances = nx.single_source_dijkstra_path_length(graph, s)
    if pi[s] != s or any(pi[v] != v for v in graph if v not in distances):
        return False
    for node, distance in distances.items():
        length, at, steps = 0.0, node, 0
        while at != s:
            if steps == len(pi) or not graph.has_edge(at, pi[at]):
                return False
            length += graph[at][pi[at]]["weight"]
            at, steps = pi[at], steps + 1
        if abs(length - distance) > RELATIVE_TOLERANCE * max(1.0, length, distance):
            return False
    return True


SPARSE_DIJKSTRA = Algorithm(
    name="sparse_dijkstra",
    version=1,
    source="CLRS 3rd edition, section 24.3, page 658; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=sparse_dijkstra,
    verify=verify,
    reference=reference,
    check=refuse_weights,
    smallest=2,
    ranges=WEIGHT_RANGES,
    words=WORDS,
    growth=1,
)
