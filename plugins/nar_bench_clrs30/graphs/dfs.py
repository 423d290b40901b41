"""Depth-first search.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.3, DFS (page 604).
CLRS-30 shows a hint at each event of the walk (see `depth_first`); nodes and neighbours are tried in index order.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.depth_first import CLOSE, OPEN, TICK, TREE, depth_first, is_depth_first_forest
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    GRAPH_RANGES,
    TRAINING_DENSITIES,
    adjacency,
    derive_adjacency,
    directed_graph,
    refuse_other_adjacency,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
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
    along_edges=True,
)


def sample(rng, size, p=0.5, family=None):
    """Draw a directed graph (see `directed_graph`)."""
    A = directed_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def dfs(A, pi):
    """Search from every node not yet seen; pi[v] is the node from which v was first seen, v itself for the roots."""
    n = A.shape[0]
    color = np.zeros(n, np.int8)
    d, f, time = np.zeros(n), np.zeros(n), 0.0
    for v in range(n):
        pi[v] = v
    s_prev = pi.copy()
    for event, s, u, v, s_last in depth_first(A, np.arange(n), color, s_prev):
        if event == OPEN:
            time += TICK
            d[u] = time  # DFS-VISIT line 2
        elif event == TREE:
            pi[v] = u  # line 6
        elif event == CLOSE:
            time += TICK
            f[u] = time  # line 10
        yield pi, color, d, f, s_prev, s, u, v, s_last, time


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with a stack of neighbours that are still to be tried."""
    neighbours = [np.flatnonzero(row).tolist() for row in inputs["A"]]
    pi = np.full(len(neighbours), -1)
    for root in range(len(neighbours)):
        if pi[root] >= 0:
            continue
        pi[root] = root
        path = [(root, iter(neighbours[root]))]
        while path:
            u, rest = path[-1]
            v = next((v for v in rest if pi[v] < 0), None)
            if v is None:
                path.pop()
            else:
                pi[v] = u
                path.append((v, iter(neighbours[v])))
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every depth-first forest, whatever the order of roots and neighbours."""
    return is_depth_first_forest(inputs["A"], outputs["pi"])


DFS = Algorithm(
    name="dfs",
    version=1,
    source="CLRS 3rd edition, section 22.3, page 604; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=dfs,
    verify=verify,
    reference=reference,
    check=refuse_other_adjacency,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
