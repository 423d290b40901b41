"""A minimum spanning tree of a sparse graph, grown from one node.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 23.2, MST-PRIM (page 634);
SALSA-CLRS (Minder et al. 2023). Hints and ties are those of CLRS-30's mst_prim; the queue is a binary heap.
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
        Feature("key", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("mark", Stage.HINT, Location.NODE, Type.MASK),
        Feature("in_queue", Stage.HINT, Location.NODE, Type.MASK),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    Layout.SPARSE,
)

RELATIVE_TOLERANCE = 1e-9
"""Two total weights count as equal when they differ by less than this share."""


def sample(rng, size, p=0.0, family=None, low=0.0, high=1.0):
    """Draw a connected graph, weights (see `weights_of`) and a uniform source."""
    edges = connected_graph(rng, size, p, family)
    return edges, positions(size), integer(rng, size), weights_of(rng, edges, low, high)


def sparse_mst_prim(row, column, A, s, pi):
    """Grow from s; pi[v] is the node that v hangs on, v itself for s and for nodes not reached."""
    n = len(pi)
    key = np.zeros(n)
    mark, in_queue = np.zeros(n, np.int8), np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    in_queue[s] = 1
    yield pi, key, mark, in_queue, s
    queue = [(0.0, s)]
    while len(queue) > 0:  # line 6
        _, u = heapq.heappop(queue)  # line 7
        if mark[u]:
            continue  # an entry from before its key was lowered
        mark[u] = 1
        in_queue[u] = 0
        for e in range(row[u], row[u + 1]):  # line 8
            v = column[e]
            if not mark[v] and (not in_queue[v] or A[e] < key[v]):  # line 9
                pi[v] = u  # line 10
                key[v] = A[e]  # line 11
                in_queue[v] = 1
                heapq.heappush(queue, (key[v], v))
        yield pi, key, mark, in_queue, u


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find a minimum spanning tree with networkx (Kruskal's algorithm) and hang it on s."""
    pi = np.arange(len(inputs["pos"]))
    tree = nx.minimum_spanning_tree(graph_of(inputs), algorithm="kruskal")
    for node, before in nx.bfs_predecessors(tree, source_of(inputs)):
        pi[node] = before
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every minimum spanning tree of the component of s, hung on s."""
    graph, s, pi = graph_of(inputs), source_of(inputs), outputs["pi"].tolist()
    component = nx.node_connected_component(graph, s)
    if pi[s] != s or any(pi[v] != v for v in graph if v not in component):
        return False
    edges = [(v, pi[v]) for v in component if v != s]
    if not all(graph.has_edge(u, v) for u, v in edges) or not nx.is_connected(nx.Graph([*edges, (s, s)])):
        return False
    weight = sum(graph[u][v]["weight"] for u, v in edges)
    kruskal = nx.minimum_spanning_edges(graph.subgraph(component), algorithm="kruskal", data=True)
    least = sum(data["weight"] for _, _, data in kruskal)
    return bool(abs(weight - least) <= RELATIVE_TOLERANCE * max(1.0, weight, least))


SPARSE_MST_PRIM = Algorithm(
    name="sparse_mst_prim",
    version=1,
    source="CLRS 3rd edition, section 23.2, page 634; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=sparse_mst_prim,
    verify=verify,
    reference=reference,
    check=refuse_weights,
    smallest=2,
    ranges=WEIGHT_RANGES,
    words=WORDS,
    growth=1,
)
