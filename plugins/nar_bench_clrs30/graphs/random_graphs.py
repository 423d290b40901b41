"""Random graphs in the reference's distributions, as plain Python that numba compiles."""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import uniform


def erdos_renyi(rng, n, p):
    A = np.zeros((n, n))
    density = p * p
    for i in range(n):
        if uniform(rng) < p:
            A[i, i] = 1.0
        for j in range(i):
            if uniform(rng) < density:
                A[i, j] = A[j, i] = 1.0
    return A


def adjacency(A):
    n = A.shape[0]
    adj = np.zeros((n, n), np.int8)
    for i in range(n):
        for j in range(n):
            if A[i, j] != 0 or i == j:
                adj[i, j] = 1
    return adj
