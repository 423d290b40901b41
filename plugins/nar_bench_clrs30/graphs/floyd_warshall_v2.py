"""Shortest paths between all pairs, with hints that reach the output.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 25.2, FLOYD-WARSHALL (page
695). Version 1 shows a hint before each k and none after the last, and lets a self-loop into the diagonal; here one
more hint follows, and graphs have no self-loops. See docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench_clrs30.graphs.floyd_warshall import FLOYD_WARSHALL, distances, relax, show
from nar_bench_clrs30.graphs.floyd_warshall import check as check_weights
from nar_bench_clrs30.graphs.floyd_warshall import verify as verify_off_diagonal
from nar_bench_clrs30.graphs.mixed import WORDS, weighted_sample


def floyd_warshall_v2(A, Pi):
    """Find paths; Pi[i, j] is the node before j on a shortest path from i, i where there is none."""
    n = A.shape[0]
    far, D, msk = distances(A), np.empty((n, n)), np.empty((n, n), np.int8)
    for i in range(n):
        Pi[i, :] = i
    show(far, D, msk)
    yield Pi, D, msk, 0
    for k in range(n):  # line 3
        relax(k, far, Pi)
        show(far, D, msk)
        yield Pi, D, msk, k


def check(inputs: Inputs) -> None:
    """Refuse self-loops and negative weights."""
    check_weights(inputs)
    loops = np.flatnonzero(np.diagonal(inputs["A"]))
    if len(loops):
        raise InputError(f"input 'A' has a self-loop at node {loops[0]}; version 2 takes graphs without self-loops.")


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept a tree of shortest paths from every node; where there is no path, and on the diagonal, Pi[i, j] is i."""
    nodes = np.arange(len(inputs["A"]))
    return bool((np.diagonal(outputs["Pi"]) == nodes).all()) and verify_off_diagonal(inputs, outputs)


FLOYD_WARSHALL_V2 = replace(
    FLOYD_WARSHALL,
    name="floyd_warshall_v2",
    version=2,
    sample=weighted_sample,
    step=floyd_warshall_v2,
    verify=verify,
    check=check,
    words=WORDS,
    loose_ends={},
    training={"positions": "random"},
)
