"""Breadth-first search, level by level."""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import integer
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.random_graphs import adjacency, erdos_renyi
from nar_bench_clrs30.positions import ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("reach_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("pi", Stage.OUTPUT, Location.NODE, Type.POINTER),
    )
)


def sample(rng, size, p=0.5):
    A = erdos_renyi(rng, size, p)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def bfs(A, s, pi):
    n = A.shape[0]
    reach = np.zeros(n, np.int8)
    frontier = np.zeros(n, np.int8)
    for i in range(n):
        pi[i] = i
    reach[s] = frontier[s] = 1
    grew = True
    while grew:
        yield reach, pi
        grew = False
        level = frontier
        frontier = np.zeros(n, np.int8)
        for i in range(n):
            if level[i]:
                for j in range(n):
                    if A[i, j] != 0 and not reach[j]:
                        reach[j] = frontier[j] = 1
                        pi[j] = i
                        grew = True


