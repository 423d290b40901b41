"""The edges whose removal disconnects an undirected graph.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, problem 22-2 (page 621): an edge
to a child is a bridge where the child's subtree sees nothing discovered before the child. Pairs without an edge are
MASKED, neither trained nor scored. CLRS-30 shows the same events as for articulation points.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Stage, Type
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
        Feature("is_bridge_h", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("f", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("low", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("time", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("is_bridge", Stage.OUTPUT, Location.EDGE, Type.MASK),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.2, family=None):
    """Draw an undirected graph (see `undirected_graph`)."""
    A = undirected_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def bridges(A, adj, is_bridge):
    """Mark in is_bridge, both ways, the edges that are bridges; self-loops are 0 as other edges are."""
    n = A.shape[0]
    color = np.zeros(n, np.int8)
    pi, s_prev = np.arange(n), np.arange(n)
    d, f, low, time = np.zeros(n), np.zeros(n), np.zeros(n), 0.0
    for i in range(n):
        for j in range(n):
            is_bridge[i, j] = 0 if adj[i, j] else MASKED
    for event, s, u, v, s_last in depth_first(A, np.arange(n), color, s_prev, True):
        if event == OPEN:
            time += TICK
            d[u] = low[u] = time
        elif event == TREE:
            pi[v] = u
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
                    if low[child] > d[u]:
                        is_bridge[u, child] = is_bridge[child, u] = 1
        yield is_bridge, pi, color, d, f, low, s_prev, s, u, v, s_last, time


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find them with networkx."""
    is_bridge = np.where(inputs["adj"] != 0, 0.0, float(MASKED))
    for u, v in nx.bridges(undirected(inputs)):
        is_bridge[u, v] = is_bridge[v, u] = 1
    return {"is_bridge": is_bridge}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept exactly the edges without which the graph has more components; what is MASKED is not looked at."""
    graph = undirected(inputs)
    wanted = np.zeros_like(inputs["A"])
    for u, v in graph.edges:
        rest = graph.copy()
        rest.remove_edge(u, v)
        wanted[u, v] = wanted[v, u] = not nx.has_path(rest, u, v)
    return bool((outputs["is_bridge"] == wanted)[inputs["adj"] != 0].all())


BRIDGES = Algorithm(
    name="bridges",
    version=1,
    source="CLRS 3rd edition, problem 22-2, page 621; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=bridges,
    verify=verify,
    reference=reference,
    check=refuse_directed,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    shallow={
        "is_bridge": "at n = 16 the reference's graphs, of density 0.04, are forests: nearly every edge is a bridge"
    },
    growth=1.3,
    training={"p": TRAINING_DENSITIES_HALVED, "positions": "random"},
)
