"""Shortest paths from one source, the nearest node first.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 24.3, DIJKSTRA (page 658).
The queue is a mask over the nodes, and holds only nodes that were reached; ties go to the lowest index. A distance not
known yet is 0.
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
    directed,
    refuse_negative,
    refuse_other_adjacency,
    refuse_overflow,
    weighted_undirected_graph,
)
from nar_bench_clrs30.graphs.queue import extract_min
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
        Feature("in_queue", Stage.HINT, Location.NODE, Type.MASK),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.5, family=None, low=0.0, high=1.0):
    """Draw an undirected weighted graph (see `weighted_undirected_graph`) and a uniform source."""
    A = weighted_undirected_graph(rng, size, p, family, low, high)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def dijkstra(A, s, pi):
    """Search from s; pi[v] is the node before v on a shortest path, v itself for s and for nodes not reached."""
    n = A.shape[0]
    d = np.zeros(n)
    mark, in_queue = np.zeros(n, np.int8), np.zeros(n, np.int8)
    for v in range(n):
        pi[v] = v
    in_queue[s] = 1
    u, bits = s, d.view(np.int64)
    while u >= 0:  # line 4
        yield pi, d, mark, in_queue, u
        u = extract_min(bits, in_queue)  # line 5
        if u >= 0:
            mark[u] = 1  # line 6
            in_queue[u] = 0
            so_far = d[u]
            for v in range(n):  # line 7; without branches, which at random take longer than to do all for each v
                nearer = (A[u, v] != 0) & (mark[v] == 0) & ((in_queue[v] == 0) | (so_far + A[u, v] < d[v]))
                pi[v] = u if nearer else pi[v]  # line 8, RELAX
                d[v] = so_far + A[u, v] if nearer else d[v]
                in_queue[v] |= nearer


def check(inputs: Inputs) -> None:
    """Refuse negative weights, with which a node may be left too early, and an `adj` of another graph."""
    refuse_other_adjacency(inputs)
    refuse_overflow(inputs)
    refuse_negative(inputs)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find shortest paths with networkx."""
    graph = directed(inputs)
    pi = np.arange(len(graph))
    for node, path in nx.single_source_dijkstra_path(graph, int(np.argmax(inputs["s"]))).items():
        if len(path) > 1:
            pi[node] = path[-2]
    return {"pi": pi}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every tree of shortest paths from s."""
    return is_shortest_path_tree(inputs["A"], int(np.argmax(inputs["s"])), outputs["pi"])


DIJKSTRA = Algorithm(
    name="dijkstra",
    version=1,
    source="CLRS 3rd edition, section 24.3, page 658; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=dijkstra,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
