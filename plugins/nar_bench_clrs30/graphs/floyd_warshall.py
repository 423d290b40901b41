"""Shortest paths between all pairs of nodes.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 25.2, FLOYD-WARSHALL (page
695), with the predecessors of equation 25.7 (page 697). CLRS-30 shows a hint *before* each k, so that the last hint is
one relaxation short of the output; a distance not known is 0. Where i has a self-loop, D[i, i] starts from its weight
and not from 0, so that D[i, i] and Pi[i, i] come to describe a closed walk; the diagonal is therefore not judged.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.instances import (
    FAMILY_NAMES,
    TRAINING_DENSITIES,
    WEIGHT_RANGES,
    adjacency,
    derive_adjacency,
    refuse_negative,
    refuse_other_adjacency,
    refuse_overflow,
    weighted_undirected_graph,
)
from nar_bench_clrs30.graphs.shortest_paths import all_pairs_predecessors, is_shortest_path_tree, shortest_distances
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("Pi_h", Stage.HINT, Location.EDGE, Type.POINTER),
        Feature("D", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("msk", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("k", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("Pi", Stage.OUTPUT, Location.EDGE, Type.POINTER),
    )
)


def sample(rng, size, p=0.5, family=None, low=0.0, high=1.0):
    """Draw an undirected weighted graph (see `weighted_undirected_graph`)."""
    A = weighted_undirected_graph(rng, size, p, family, low, high)
    return ordered_positions(size), A, adjacency(A)


def distances(A):
    """Return D with infinity for a distance that is not known; the edges are what is known at first."""
    n = A.shape[0]
    far = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            far[i, j] = A[i, j] if (A[i, j] != 0) | (i == j) else np.inf
    return far


def relax(k, far, Pi):
    """Allow paths through k: line 7 and equation 25.7, for all pairs."""
    n = far.shape[0]
    from_k, before_k = far[k].copy(), Pi[k].copy()
    for i in range(n):
        so_far = far[i, k]
        if so_far < np.inf:
            for j in range(n):  # without branches, which at random take longer than to do all for each j
                through = so_far + from_k[j]
                shorter = through < far[i, j]
                far[i, j] = through if shorter else far[i, j]
                Pi[i, j] += shorter * (before_k[j] - Pi[i, j])  # a choice of two places is not done several at a time


def show(far, D, msk):
    """Write the distances that are known to D, 0 for the others, and to `msk` which are known."""
    n = far.shape[0]
    for i in range(n):
        for j in range(n):
            known = far[i, j] < np.inf
            D[i, j] = far[i, j] if known else 0.0
            msk[i, j] = known


def floyd_warshall(A, Pi):
    """Find paths; Pi[i, j] is the node before j on a shortest path from i, i where there is none."""
    n = A.shape[0]
    far, D, msk = distances(A), np.empty((n, n)), np.empty((n, n), np.int8)
    for i in range(n):
        Pi[i, :] = i
    for k in range(n):  # line 3
        show(far, D, msk)
        yield Pi, D, msk, k
        relax(k, far, Pi)


def check(inputs: Inputs) -> None:
    """Refuse negative weights, which would need the diagonal at 0, and an `adj` of another graph."""
    refuse_other_adjacency(inputs)
    refuse_overflow(inputs)
    refuse_negative(inputs)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find shortest paths from every node with networkx (Dijkstra's algorithm)."""
    return {"Pi": all_pairs_predecessors(inputs["A"])}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept a tree of shortest paths from every node; where there is no path from i to j, Pi[i, j] must be i."""
    A, Pi = inputs["A"], outputs["Pi"]
    for i in range(len(A)):
        reached = shortest_distances(A, i)
        row = Pi[i].copy()
        for j in range(len(A)):
            if j not in reached:
                if row[j] != i:
                    return False
                row[j] = j
        row[i] = i
        if not is_shortest_path_tree(A, i, row):
            return False
    return True


FLOYD_WARSHALL = Algorithm(
    name="floyd_warshall",
    version=1,
    source="CLRS 3rd edition, section 25.2, page 695; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=floyd_warshall,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency},
    loose_ends={"Pi_h": "the reference shows the hint before the last relaxation"},
    ranges=WEIGHT_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES, "positions": "random"},
)
