"""Breadth-first search, level by level.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.2, BFS (page 595).
CLRS-30 shows one hint per level instead of one per dequeued node, and breaks ties towards the lowest index.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import integer
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    GRAPH_RANGES,
    TRAINING_DENSITIES,
    adjacency,
    derive_adjacency,
    directed,
    refuse_other_adjacency,
    undirected_graph,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("reach_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.5, family=None):
    """Draw an undirected graph (see `undirected_graph`) and a uniform source."""
    A = undirected_graph(rng, size, p, family)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def bfs(adj, s, pi):
    """Search from s; pi[v] is the node from which v was first reached, v itself for s and for nodes not reached."""
    n = adj.shape[0]
    reach, queue = np.zeros(n, np.int8), np.zeros(n, np.int8)  # the queue holds the nodes of one level
    for v in range(n):
        pi[v] = v
    reach[s] = queue[s] = 1
    while queue.any():  # line 10, for all nodes of one level at once
        yield reach, pi
        level = queue.copy()
        queue[:] = 0
        for u in range(n):
            if level[u]:
                for v in range(n):  # line 12; without branches, which at random take longer than to do all for each v
                    new = (reach[v] == 0) & (adj[u, v] != 0)
                    pi[v] = u if new else pi[v]  # lines 14-16
                    reach[v] |= new
                    queue[v] |= new  # line 17


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with networkx."""
    graph = directed(inputs)
    source = int(np.argmax(inputs["s"]))
    pi = np.arange(len(graph))
    for node, predecessor in nx.bfs_predecessors(graph, source):
        pi[node] = predecessor
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every breadth-first tree: each reached node hangs on a neighbour one level nearer to the source."""
    graph = directed(inputs)
    source = int(np.argmax(inputs["s"]))
    levels = nx.single_source_shortest_path_length(graph, source)
    for node, parent in enumerate(outputs["pi"].tolist()):
        if node == source or node not in levels:
            if parent != node:
                return False
        elif not (graph.has_edge(parent, node) and levels.get(parent) == levels[node] - 1):
            return False
    return True


BFS = Algorithm(
    name="bfs",
    version=1,
    source="CLRS 3rd edition, section 22.2, page 595; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=bfs,
    verify=verify,
    reference=reference,
    check=refuse_other_adjacency,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    growth=0,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
