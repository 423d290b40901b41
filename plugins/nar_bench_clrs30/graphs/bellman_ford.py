"""Shortest paths from one source, by relaxing every edge until nothing changes.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 24.1, BELLMAN-FORD
(page 651). CLRS-30 shows one hint per sweep, relaxes against the distances of the sweep before (so that a sweep does
not depend on the order of the edges), and stops at the first sweep that changes nothing. A distance not known yet is 0.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import integer
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    TRAINING_DENSITIES,
    WEIGHT_RANGES,
    adjacency,
    derive_adjacency,
    directed,
    refuse_other_adjacency,
    refuse_overflow,
    weighted_undirected_graph,
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
        Feature("msk", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.5, family=None, low=0.0, high=1.0):
    """Draw an undirected weighted graph (see `weighted_undirected_graph`) and a uniform source."""
    A = weighted_undirected_graph(rng, size, p, family, low, high)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def bellman_ford(A, s, pi):
    """Relax from s; pi[v] is the node before v on a shortest path, v itself for s and for nodes not reached."""
    n = A.shape[0]
    d = np.zeros(n)
    msk = np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    msk[s] = 1
    nearer = np.zeros(n, np.bool_)  # the nodes whose distance the last sweep changed; no other can change one now
    nearer[s] = True
    while nearer.any():  # line 2
        yield pi, d, msk
        before, relaxes = d.copy(), nearer.copy()
        nearer[:] = False
        for u in range(n):
            if relaxes[u]:
                so_far = before[u]
                for v in range(n):  # line 3; without branches, which at random take longer than to do all for each v
                    now = (A[u, v] != 0) & ((msk[v] == 0) | (so_far + A[u, v] < d[v]))
                    d[v] = so_far + A[u, v] if now else d[v]  # line 4, RELAX
                    pi[v] = u if now else pi[v]
                    msk[v] |= now
                    nearer[v] |= now


def _settles(A: Array, s: int) -> bool:
    """Say whether the sweeps end; a cycle of length 0 may shorten paths again and again, by rounding alone."""
    d, steps = np.full(len(A), np.inf), np.where(A != 0, A, np.inf)
    d[s] = 0
    for _ in range(len(A)):
        before = d
        d = np.minimum(before, (before[:, None] + steps).min(axis=0))
        if (d == before).all():
            return True
    return False


def check(inputs: Inputs) -> None:
    """Refuse an `adj` of another graph, and cycles of negative length, on which the sweeps would never end."""
    refuse_other_adjacency(inputs)
    refuse_overflow(inputs)
    A = inputs["A"]
    if (A < 0).any() and (nx.negative_edge_cycle(directed(inputs)) or not _settles(A, int(np.argmax(inputs["s"])))):
        raise InputError(
            "input 'A' has a cycle of negative length, on which no shortest path exists (an undirected edge of "
            "negative weight is such a cycle); only graphs without one are allowed."
        )


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


BELLMAN_FORD = Algorithm(
    name="bellman_ford",
    version=1,
    source="CLRS 3rd edition, section 24.1, page 651; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=bellman_ford,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=0.1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
