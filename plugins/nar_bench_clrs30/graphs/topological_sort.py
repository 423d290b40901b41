"""An order of a directed acyclic graph in which every edge points forwards.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.4, TOPOLOGICAL-SORT
(page 613): each node goes to the front of a list when its depth-first visit ends. topo[u] is the node after u in it.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.depth_first import BLACK, CLOSE, OPEN, depth_first
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    GRAPH_RANGES,
    TRAINING_DENSITIES,
    acyclic_graph,
    adjacency,
    derive_adjacency,
    directed,
    refuse_cyclic,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("topo_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("topo_head_h", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("topo", Stage.OUTPUT, Location.NODE, Type.POINTER),
        Feature("topo_head", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, p=0.5, family=None):
    """Draw a directed acyclic graph (see `acyclic_graph`)."""
    A = acyclic_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def topological_sort(A, topo, topo_head):
    """Sort; topo[u] is the node after u, u itself for the last; topo_head is the first."""
    n = A.shape[0]
    color = np.zeros(n, np.int8)
    head = 0
    for v in range(n):
        topo[v] = v
    s_prev = topo.copy()
    for event, s, u, v, s_last in depth_first(A, np.arange(n), color, s_prev):
        if event == OPEN and u != s:
            continue  # the reference shows only that a root turns gray
        if event == CLOSE:
            if color[head] == BLACK:
                topo[u] = head
            head = u  # line 2
        yield topo, head, color, s_prev, s, u, v, s_last
    topo_head[0] = head


def reference(inputs: Inputs) -> dict[str, Array]:
    """Sort with networkx."""
    order = list(nx.topological_sort(directed(inputs)))
    topo, head = np.empty(len(order), np.int64), np.zeros(len(order))
    for node, after in zip(order, [*order[1:], order[-1]], strict=True):
        topo[node] = after
    head[order[0]] = 1
    return {"topo": topo, "topo_head": head}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every order of all nodes in which each edge points forwards."""
    after, node = outputs["topo"].tolist(), int(np.argmax(outputs["topo_head"]))
    place = {node: 0}
    while after[node] != node:
        node = after[node]
        if node in place:
            return False
        place[node] = len(place)
    return len(place) == len(after) and all(place[u] < place[v] for u, v in np.argwhere(inputs["A"] != 0).tolist())


TOPOLOGICAL_SORT = Algorithm(
    name="topological_sort",
    version=1,
    source="CLRS 3rd edition, section 22.4, page 613; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=topological_sort,
    verify=verify,
    reference=reference,
    check=refuse_cyclic,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
