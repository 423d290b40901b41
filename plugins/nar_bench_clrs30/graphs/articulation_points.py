"""The nodes whose removal disconnects an undirected graph.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, problem 22-2 (page 621): low[u] is
the earliest discovery that u's subtree sees; u cuts where a child's low is not before u, the root where it has two
children. CLRS-30 shows a hint at each event of the walk and at each neighbour seen again (see `depth_first`).
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.depth_first import BACK, CLOSE, OPEN, TICK, TREE, depth_first
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    GRAPH_RANGES,
    TRAINING_DENSITIES_HALVED,
    adjacency,
    derive_adjacency,
    refuse_directed,
    undirected,
    undirected_graph,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("is_cut_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("f", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("low", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("child_cnt", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("time", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("is_cut", Stage.OUTPUT, Location.NODE, Type.MASK),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.2, family=None):
    """Draw an undirected graph (see `undirected_graph`)."""
    A = undirected_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def articulation_points(A, is_cut):
    """Mark in is_cut the nodes that cut; child_cnt counts children in steps of TICK."""
    n = A.shape[0]
    color = np.zeros(n, np.int8)
    pi, s_prev = np.arange(n), np.arange(n)
    d, f, low, child_cnt, time = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), 0.0
    for event, s, u, v, s_last in depth_first(A, np.arange(n), color, s_prev, True):
        if event == OPEN:
            time += TICK
            d[u] = low[u] = time
        elif event == TREE:
            pi[v] = u
            child_cnt[u] += TICK
        elif event == BACK:
            if v == pi[u]:
                continue
            low[u] = min(low[u], d[v])
        elif event == CLOSE:
            time += TICK
            f[u] = time
            for child in range(n):
                if pi[child] == u:
                    low[u] = min(low[u], low[child])
                    if pi[u] != u and low[child] >= d[u]:
                        is_cut[u] = 1
            if pi[u] == u and child_cnt[u] > TICK:
                is_cut[u] = 1
        yield is_cut, pi, color, d, f, low, child_cnt, s_prev, s, u, v, s_last, time


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find them with networkx."""
    is_cut = np.zeros(len(inputs["A"]))
    is_cut[list(nx.articulation_points(undirected(inputs)))] = 1
    return {"is_cut": is_cut}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept exactly the nodes without which the graph has more components."""
    graph = undirected(inputs)
    components = nx.number_connected_components(graph)
    for node, marked in enumerate(outputs["is_cut"].tolist()):
        rest = graph.copy()
        rest.remove_node(node)
        if marked != (nx.number_connected_components(rest) > components):
            return False
    return True


ARTICULATION_POINTS = Algorithm(
    name="articulation_points",
    version=1,
    source="CLRS 3rd edition, problem 22-2, page 621; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=articulation_points,
    verify=verify,
    reference=reference,
    check=refuse_directed,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1.3,
    training={"p": TRAINING_DENSITIES_HALVED, "positions": "random"},
)
