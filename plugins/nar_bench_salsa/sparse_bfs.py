"""Breadth-first search on a sparse graph, level by level.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.2, BFS (page 595);
SALSA-CLRS (Minder et al. 2023). Hints and ties are those of CLRS-30's bfs; a level costs its own edges, not all.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import integer
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_salsa.graphs import (
    RANGES,
    WORDS,
    connected_graph,
    graph_of,
    has_edges,
    levels_of,
    positions,
    source_of,
)

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("reach_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    Layout.SPARSE,
)


def sample(rng, size, p=0.0, family=None):
    """Draw a connected graph and a uniform source."""
    edges = connected_graph(rng, size, p, family)
    return edges, positions(size), integer(rng, size)


def sparse_bfs(row, column, s, pi):
    """Search from s; pi[v] is the node from which v was first reached, v itself for s and for nodes not reached."""
    n = len(pi)
    reach = np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    reach[s] = 1
    level = np.full(1, s)
    while len(level):  # line 10, for all nodes of one level at once
        yield reach, pi
        found = []
        for u in level:
            for e in range(row[u], row[u + 1]):  # line 12
                v = column[e]
                if not reach[v]:
                    reach[v] = 1
                    pi[v] = u  # lines 14-16
                    found.append(v)
        level = np.sort(np.array(found, dtype=np.int64))


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with networkx."""
    pi = np.arange(len(inputs["pos"]))
    for node, before in nx.bfs_predecessors(graph_of(inputs), source_of(inputs)):
        pi[node] = before
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every breadth-first tree: each reached node hangs on a neighbour one level nearer to the source."""
    level, source = levels_of(inputs), source_of(inputs)
    node, before = np.arange(len(level)), outputs["pi"].astype(np.int64)
    hangs = np.isfinite(level) & (node != source)
    if (before[~hangs] != node[~hangs]).any():
        return False
    node, before = node[hangs], before[hangs]
    return bool(has_edges(inputs, before, node).all() and (level[before] == level[node] - 1).all())


SPARSE_BFS = Algorithm(
    name="sparse_bfs",
    version=1,
    source="CLRS 3rd edition, section 22.2, page 595; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=sparse_bfs,
    verify=verify,
    reference=reference,
    smallest=2,
    ranges=RANGES,
    words=WORDS,
    growth=0.1,
)
