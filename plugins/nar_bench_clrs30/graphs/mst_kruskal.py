"""A minimum spanning tree, the lightest edge first.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 23.2, MST-KRUSKAL (page
631), with the sets of section 21.3 as pointers `pi` that each search shortens on its way to the root. CLRS-30 shows a
hint at each edge, at each step of its two searches (phase 1 and 2), and after it has been decided. Of two roots the
greater index stays.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.compiler import apart
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    TRAINING_DENSITIES_HALVED,
    WEIGHT_RANGES,
    adjacency,
    derive_adjacency,
    refuse_directed,
    refuse_negative,
    undirected,
    weighted_undirected_graph,
)
from nar_bench_clrs30.graphs.spanning_trees import is_minimum_spanning_forest
from nar_bench_clrs30.keys import ascending
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("in_mst_h", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("pi", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("root_u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("root_v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("mask_u", Stage.HINT, Location.NODE, Type.MASK),
        Feature("mask_v", Stage.HINT, Location.NODE, Type.MASK),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.CATEGORICAL, 3),
        Feature("in_mst", Stage.OUTPUT, Location.EDGE, Type.MASK),
    )
)


def sample(rng, size, p=0.2, family=None, low=0.0, high=1.0):
    """Draw an undirected weighted graph (see `weighted_undirected_graph`)."""
    A = weighted_undirected_graph(rng, size, p, family, low, high)
    return ordered_positions(size), A, adjacency(A)


@apart
def by_weight(A):
    """Return the edges [m, 2] with u < v, lightest first; of equal weights the one that comes first in A."""
    n, m = A.shape[0], 0
    edges, weight = np.empty((n * (n - 1) // 2, 2), np.int64), np.empty(n * (n - 1) // 2)
    for u in range(n):
        for v in range(u + 1, n):
            if A[u, v] > 0:
                edges[m, 0], edges[m, 1], weight[m] = u, v, A[u, v]
                m += 1
    return edges[ascending(weight[:m])]


def climb(pi, root, mask):
    """Step from `root` to the node above, on which all nodes passed, in `mask`, are hung; returns it."""
    root = pi[root]
    for i in range(len(pi)):
        if mask[i]:
            pi[i] = root
    mask[root] = 1
    return root


def mst_kruskal(A, in_mst):
    """Mark in in_mst, both ways, the edges of the tree."""
    n = A.shape[0]
    pi = np.arange(n)
    mask_u, mask_v = np.zeros(n, np.int8), np.zeros(n, np.int8)
    yield in_mst, pi, 0, 0, 0, 0, mask_u, mask_v, 0
    edges = by_weight(A)  # line 4
    for e in range(len(edges)):  # line 5
        u, v = edges[e, 0], edges[e, 1]
        mask_u[:], mask_v[:] = 0, 0
        mask_u[u] = mask_v[v] = 1
        root_u, root_v = u, v
        yield in_mst, pi, u, v, root_u, root_v, mask_u, mask_v, 1
        while pi[root_u] != root_u:  # line 6, FIND-SET(u)
            root_u = climb(pi, root_u, mask_u)
            yield in_mst, pi, u, v, root_u, root_v, mask_u, mask_v, 1
        while pi[root_v] != root_v:  # line 6, FIND-SET(v)
            root_v = climb(pi, root_v, mask_v)
            yield in_mst, pi, u, v, root_u, root_v, mask_u, mask_v, 2
        if root_u != root_v:
            in_mst[u, v] = in_mst[v, u] = 1  # line 7
            pi[min(root_u, root_v)] = max(root_u, root_v)  # line 8, UNION
        yield in_mst, pi, u, v, root_u, root_v, mask_u, mask_v, 0


def check(inputs: Inputs) -> None:
    """Refuse directed graphs and negative weights, which the reference takes for no edge."""
    refuse_directed(inputs)
    refuse_negative(inputs)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find a minimum spanning forest with networkx (Prim's algorithm)."""
    in_mst = np.zeros_like(inputs["A"])
    for u, v in nx.minimum_spanning_edges(undirected(inputs), algorithm="prim", data=False):
        in_mst[u, v] = in_mst[v, u] = 1
    return {"in_mst": in_mst}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every minimum spanning forest, each edge marked both ways."""
    in_mst = outputs["in_mst"]
    edges = [(u, v) for u, v in np.argwhere(in_mst == 1).tolist() if u <= v]
    marked = bool((in_mst == in_mst.T).all() and np.isin(in_mst, (0, 1)).all())
    return marked and is_minimum_spanning_forest(undirected(inputs), edges)


MST_KRUSKAL = Algorithm(
    name="mst_kruskal",
    version=1,
    source="CLRS 3rd edition, section 23.2, page 631; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=mst_kruskal,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=2.2,
    training={"p": TRAINING_DENSITIES_HALVED, "positions": "random"},
)
