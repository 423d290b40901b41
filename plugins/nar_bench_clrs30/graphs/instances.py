"""What graph algorithms of CLRS-30 share: random graphs, the adjacency of a weight matrix, checks of given graphs.

The first part is plain Python that numba compiles; the second works on the dense inputs of one instance.
"""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array

TRAINING_DENSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Values of p in the reference's training script; each sample draws one."""


def erdos_renyi(rng, n, p):
    """Draw an undirected 0/1 graph [n, n] as the reference does.

    The reference draws a directed graph of density p and keeps an edge only where both directions are there, so
    that the density is p squared off the diagonal and p on it; drawing with p squared at once is equal in law.
    """
    A = np.empty((n, n))
    density = p * p
    for i in range(n):
        for j in range(i):
            A[i, j] = A[j, i] = (uniform(rng) < density) * 1.0
        A[i, i] = (uniform(rng) < p) * 1.0
    return A


def weighted_erdos_renyi(rng, n, p):
    """Draw an undirected graph with weights sqrt(u v + 1e-3), u and v uniform in [0, 1), as the reference does."""
    A = np.empty((n, n))
    density = p * p
    for i in range(n):
        for j in range(i):
            A[i, j] = A[j, i] = (uniform(rng) < density) * np.sqrt(uniform(rng) * uniform(rng) + 1e-3)
        loop = uniform(rng)
        A[i, i] = (uniform(rng) < p) * np.sqrt(loop * loop + 1e-3)
    return A


def adjacency(A):
    """Return the 0/1 matrix [n, n] of edges and self-loops of a weight matrix."""
    n = A.shape[0]
    adj = np.empty((n, n), np.int8)
    for i in range(n):
        for j in range(n):
            adj[i, j] = A[i, j] != 0
        adj[i, i] = 1
    return adj


def derive_adjacency(inputs: Inputs) -> Array:
    """Derive `adj` from `A` for callers who leave it out."""
    A = inputs.get("A")
    if A is None:
        raise InputError("input 'A' is missing; the adjacency is derived from it.")
    return np.asarray((A != 0) | np.eye(len(A), dtype=bool), dtype=np.int8)


def refuse_other_adjacency(inputs: Inputs) -> None:
    """Raise InputError where `adj` is not the adjacency of `A`."""
    wrong = np.argwhere(inputs["adj"] != derive_adjacency(inputs))
    if len(wrong):
        i, j = wrong[0].tolist()
        raise InputError(
            f"inputs 'A' and 'adj' disagree at [{i}, {j}]: A is {inputs['A'][i, j]:g}, adj is {inputs['adj'][i, j]:g}; "
            "adj must be 1 exactly where A is not 0 and on the diagonal. Leave adj out to have it derived."
        )
