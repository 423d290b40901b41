"""A minimum spanning tree, grown from one node.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 23.2, MST-PRIM (page 634).
The queue is a mask over the nodes, and holds only nodes beside the tree; ties go to the lowest index. A key not known
yet is 0.
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
    TRAINING_DENSITIES,
    WEIGHT_RANGES,
    adjacency,
    derive_adjacency,
    refuse_directed,
    undirected,
    weighted_undirected_graph,
)
from nar_bench_clrs30.graphs.queue import extract_min
from nar_bench_clrs30.graphs.spanning_trees import is_minimum_spanning_forest
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("key", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("mark", Stage.HINT, Location.NODE, Type.MASK),
        Feature("in_queue", Stage.HINT, Location.NODE, Type.MASK),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.5, family=None, low=0.0, high=1.0):
    """Draw an undirected weighted graph (see `weighted_undirected_graph`) and a uniform first node."""
    A = weighted_undirected_graph(rng, size, p, family, low, high)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def mst_prim(A, s, pi):
    """Grow from s; pi[v] is the node that v hangs on, v itself for s and for nodes not reached."""
    n = A.shape[0]
    key = np.zeros(n)
    mark, in_queue = np.zeros(n, np.int8), np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    in_queue[s] = 1
    u, bits = s, key.view(np.int64)
    while u >= 0:  # line 6
        yield pi, key, mark, in_queue, u
        u = extract_min(bits, in_queue)  # line 7
        if u >= 0:
            mark[u] = 1
            in_queue[u] = 0
            for v in range(n):  # line 8; without branches, which at random take longer than to do all for each v
                nearer = (A[u, v] != 0) & (mark[v] == 0) & ((in_queue[v] == 0) | (A[u, v] < key[v]))  # line 9
                pi[v] = u if nearer else pi[v]  # line 10
                key[v] = A[u, v] if nearer else key[v]  # line 11
                in_queue[v] |= nearer


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find a minimum spanning tree with networkx (Kruskal's algorithm) and hang it on s."""
    tree, s = nx.minimum_spanning_tree(undirected(inputs), algorithm="kruskal"), int(np.argmax(inputs["s"]))
    pi = np.arange(len(tree))
    for node, before in nx.bfs_predecessors(tree, s):
        pi[node] = before
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every minimum spanning tree of the component of s, hung on s."""
    graph, s, pi = undirected(inputs), int(np.argmax(inputs["s"])), outputs["pi"].tolist()
    component = nx.node_connected_component(graph, s)
    if pi[s] != s or any(pi[v] != v for v in range(len(pi)) if v not in component):
        return False
    edges = [(v, pi[v]) for v in component if v != s]
    return is_minimum_spanning_forest(graph.subgraph(component), edges)


MST_PRIM = Algorithm(
    name="mst_prim",
    version=1,
    source="CLRS 3rd edition, section 23.2, page 634; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=mst_prim,
    verify=verify,
    reference=reference,
    check=refuse_directed,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
