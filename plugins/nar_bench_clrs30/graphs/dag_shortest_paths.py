"""Shortest paths from one source in a directed acyclic graph.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 24.2, DAG-SHORTEST-PATHS
(page 655): sort the nodes that the source reaches topologically, then relax the edges of each in that order. A distance
not known yet is 0.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import integer, uniforms
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.depth_first import BLACK, CLOSE, OPEN, depth_first
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    TRAINING_DENSITIES,
    WEIGHT_RANGES,
    acyclic_graph,
    adjacency,
    derive_adjacency,
    directed,
    refuse_cyclic,
    refuse_overflow,
)
from nar_bench_clrs30.graphs.shortest_paths import is_shortest_path_tree
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("mark", Stage.HINT, Location.NODE, Type.MASK),
        Feature("topo_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("topo_head_h", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    )
)


def sample(rng, size, p=0.5, family=None, low=0.0, high=1.0):
    """Draw a directed acyclic graph (see `acyclic_graph`), weights uniform in [low, high), and a uniform source."""
    A = acyclic_graph(rng, size, p, family)
    A *= low + (high - low) * uniforms(rng, size * size).reshape(size, size)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def dag_shortest_paths(A, s, pi):
    """Sort, then relax from s; pi[v] is the node before v on a shortest path, v itself for s and nodes not reached."""
    n = A.shape[0]
    d, mark = np.zeros(n), np.zeros(n, np.int8)
    color = np.zeros(n, np.int8)
    u = v = s_last = s
    for i in range(n):
        pi[i] = i
    topo, head, s_prev = pi.copy(), 0, pi.copy()
    for event, root, u, v, s_last in depth_first(A, np.full(1, s), color, s_prev):  # line 1
        if event == OPEN and u != root:
            continue
        if event == CLOSE:
            if color[head] == BLACK:
                topo[u] = head
            head = u
        yield pi, d, mark, topo, head, color, s_prev, u, v, s_last, 0
    mark[head] = 1  # line 2; s comes first of all that it reaches
    while topo[head] != head:  # line 3
        yield pi, d, mark, topo, head, color, s_prev, u, v, s_last, 1
        so_far = d[head]
        for j in range(n):  # line 4; without branches, which at random take longer than to do all for each j
            nearer = (A[head, j] != 0) & ((mark[j] == 0) | (so_far + A[head, j] < d[j]))
            d[j] = so_far + A[head, j] if nearer else d[j]  # line 5, RELAX
            pi[j] = head if nearer else pi[j]
            mark[j] |= nearer
        head = topo[head]
    yield pi, d, mark, topo, head, color, s_prev, u, v, s_last, 1


def check(inputs: Inputs) -> None:
    """Refuse graphs with cycles, an `adj` of another graph, and weights that might overflow."""
    refuse_cyclic(inputs)
    refuse_overflow(inputs)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find shortest paths with networkx."""
    graph = directed(inputs)
    pi = np.arange(len(graph))
    for node, path in nx.single_source_bellman_ford_path(graph, int(np.argmax(inputs["s"]))).items():
        if len(path) > 1:
            pi[node] = path[-2]
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every tree of shortest paths from s."""
    return is_shortest_path_tree(inputs["A"], int(np.argmax(inputs["s"])), outputs["pi"])


DAG_SHORTEST_PATHS = Algorithm(
    name="dag_shortest_paths",
    version=1,
    source="CLRS 3rd edition, section 24.2, page 655; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=dag_shortest_paths,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
