"""Depth-first search on a sparse graph.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.3, DFS (page 604);
SALSA-CLRS (Minder et al. 2023). Hints are those of CLRS-30's dfs: at each new root, first visit, node put on the stack
and end of a visit. Neighbours that were seen not to be white are not looked at again, so that a walk costs O(n + m).
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_salsa.graphs import RANGES, WORDS, connected_graph, graph_of, positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("f", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("time", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    Layout.SPARSE,
)

WHITE, GRAY, BLACK = 0, 1, 2
"""The classes of `color`: not seen, on the stack, done."""

TICK = 0.01
"""What `time` grows by at each visit."""


def sample(rng, size, p=0.0, family=None):
    """Draw a connected graph."""
    return connected_graph(rng, size, p, family), positions(size)


def sparse_dfs(row, column, pi):
    """Search from every node not yet seen; pi[v] is the node from which v was first seen, v itself for the roots."""
    n = len(pi)
    color = np.zeros(n, np.int8)
    s_prev = np.arange(n)
    d, f, time = np.zeros(n), np.zeros(n), 0.0
    ahead = row[:-1].copy()  # of each node, the first neighbour that may still be white
    for v in range(n):
        pi[v] = v
    for s in range(n):  # line 5
        if color[s] != WHITE:
            continue
        s_last = u = v = s
        yield pi, color, d, f, s_prev, s, u, v, s_last, time
        while True:
            if d[u] == 0:
                time += TICK
                d[u] = time  # DFS-VISIT line 2
                color[u] = GRAY
                yield pi, color, d, f, s_prev, s, u, v, s_last, time
            while ahead[u] < row[u + 1] and color[column[ahead[u]]] != WHITE:
                ahead[u] += 1
            if ahead[u] < row[u + 1]:  # line 4
                v = column[ahead[u]]
                pi[v] = u  # line 6
                color[v] = GRAY
                s_prev[v] = s_last
                s_last = v
                yield pi, color, d, f, s_prev, s, u, v, s_last, time
            else:
                v = n - 1  # where CLRS-30's loop over all nodes ends
                color[u] = BLACK
                time += TICK
                f[u] = time  # line 10
                yield pi, color, d, f, s_prev, s, u, v, s_last, time
                below = s_prev[u]
                s_prev[u] = u
                if below == u:
                    break
                s_last = below
            u = s_last


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with networkx."""
    pi = np.arange(len(inputs["pos"]))
    for u, v in nx.dfs_edges(graph_of(inputs), sort_neighbors=sorted):
        pi[v] = u
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every depth-first forest: in one, every edge of an undirected graph joins a node and one above it."""
    graph, pi = graph_of(inputs), outputs["pi"].tolist()
    above: list[set[int]] = []
    for node in range(len(pi)):
        way, at = {node}, node
        while pi[at] != at:
            if pi[at] in way or not graph.has_edge(at, pi[at]):
                return False
            at = pi[at]
            way.add(at)
        above.append(way)
    return all(u in above[v] or v in above[u] for u, v in graph.edges)


SPARSE_DFS = Algorithm(
    name="sparse_dfs",
    version=1,
    source="CLRS 3rd edition, section 22.3, page 604; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=sparse_dfs,
    verify=verify,
    reference=reference,
    smallest=2,
    ranges=RANGES,
    words=WORDS,
    growth=1,
)
