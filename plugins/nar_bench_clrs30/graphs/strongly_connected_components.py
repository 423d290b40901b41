"""The strongly connected components of a directed graph.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.5,
STRONGLY-CONNECTED-COMPONENTS (page 617): a depth-first walk, then one of the transposed graph from the node that was
finished last. In the second walk the reference updates `d` for roots only.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import permutation, uniforms
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.depth_first import CLOSE, OPEN, ROOT, TICK, depth_first
from nar_bench_clrs30.graphs.instances import (
    CLRS30,
    FAMILY_NAMES,
    TRAINING_DENSITIES,
    adjacency,
    derive_adjacency,
    directed,
    directed_graph,
    refuse_other_adjacency,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("scc_id_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("A_t", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("color", Stage.HINT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("f", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("s_prev", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("v", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("s_last", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("time", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("scc_id", Stage.OUTPUT, Location.NODE, Type.POINTER),
    )
)


def sample(rng, size, p=0.5, eps=0.01, k=4, family=None):
    """Draw k groups with edges of probability p inside and eps from each to later ones, in random order of nodes.

    No edge leads back to an earlier group, so that no two groups grow together.
    """
    if family is None:  # noqa: SIM114 - numba leaves out what follows only for a test for None alone
        A = groups_graph(rng, size, p, eps, k)
    elif family == CLRS30:
        A = groups_graph(rng, size, p, eps, k)
    else:
        A = directed_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def groups_graph(rng, size, p, eps, k):
    """Draw k groups in random order of nodes."""
    groups = min(int(k), size)
    A = np.empty((size, size))
    node, group = permutation(rng, size), np.empty(size, np.int64)
    for i in range(size):
        group[node[i]] = min(i // (size // groups), groups - 1)
    # The reference turns each pair within a group over with probability eps: an edge to none, none to one.
    within, drawn = p * (1 - eps) + (1 - p) * eps, uniforms(rng, size * size)
    for u in range(size):
        for v in range(size):
            density = within if group[u] == group[v] else (eps if group[u] < group[v] else 0.0)
            A[u, v] = (drawn[u * size + v] < density) * 1.0
    return A


def strongly_connected_components(adj, scc_id):
    """Find them; scc_id[u] is the node from which the second walk found u's component."""
    n = adj.shape[0]
    d, f, time = np.zeros(n), np.zeros(n), 0.0
    A_t = adj.T.copy()
    for v in range(n):
        scc_id[v] = v
    graph, closed = adj, np.arange(n)
    for phase in range(2):  # line 1, and lines 2 and 3: a walk of A, and one of A_t from the node closed last
        roots, closed, left = closed, np.empty(n, np.int64), n
        color, s_prev = np.zeros(n, np.int8), np.arange(n)
        for event, s, u, v, s_last in depth_first(graph, roots, color, s_prev):
            if event != ROOT and phase == 1:
                scc_id[u] = s  # line 4
            if event == OPEN:
                if phase == 1 and u != s:
                    continue
                time += TICK
                d[u] = time
            elif event == CLOSE:
                time += TICK
                f[u] = time
                left -= 1
                closed[left] = u
            yield scc_id, A_t, color, d, f, s_prev, s, u, v, s_last, time, phase
        graph = A_t


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find them with networkx; the least node stands for its component."""
    scc_id = np.empty(len(inputs["A"]), np.int64)
    for component in nx.strongly_connected_components(directed(inputs)):
        scc_id[list(component)] = min(component)
    return {"scc_id": scc_id}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every choice of one member to stand for each component."""
    scc_id = outputs["scc_id"]
    for component in nx.strongly_connected_components(directed(inputs)):
        standing = set(scc_id[list(component)].tolist())
        if len(standing) != 1 or not standing <= component:
            return False
    return True


STRONGLY_CONNECTED_COMPONENTS = Algorithm(
    name="strongly_connected_components",
    version=1,
    source="CLRS 3rd edition, section 22.5, page 617; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=strongly_connected_components,
    verify=verify,
    reference=reference,
    check=refuse_other_adjacency,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges={"p": (0.0, 1.0), "eps": (0.0, 1.0), "k": (1.0, 64.0)},
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
