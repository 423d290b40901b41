"""Graphs of the corrected versions: of many families, of the stated density, without self-loops.

See docs/decisions/0002-corrected-versions.md. The functions named `..._sample` are input distributions as they stand;
all is plain Python that numba compiles.
"""

from __future__ import annotations

import numpy as np

from nar_bench.data.graphs import FAMILIES, edges_of
from nar_bench.data.random import integer, uniform
from nar_bench_clrs30.graphs.instances import adjacency
from nar_bench_clrs30.positions import ordered_positions

MIXED_NAMES = ("mixed", *FAMILIES)
"""Names of the shift axis `family`: one family drawn for each instance, or always the same."""

WORDS = {"family": MIXED_NAMES}


def mixed_edges(rng, n, p, family):
    """Draw the edges [m, 2] of an undirected graph; p = 0 is the sparse density of `nar_bench.data.graphs`."""
    which = int(family) - 1
    if which < 0:
        which = integer(rng, len(FAMILIES))
    return edges_of(rng, which, n, p)


def mixed_graph(rng, n, p, family):
    """Draw an undirected 0/1 graph [n, n]."""
    A = np.zeros((n, n))
    edges = mixed_edges(rng, n, p, family)
    for e in range(len(edges)):
        A[edges[e, 0], edges[e, 1]] = A[edges[e, 1], edges[e, 0]] = 1.0
    return A


def mixed_weights(rng, n, p, family, low, high):
    """Draw an undirected graph with weights uniform in (low, high]; 0 would be no edge."""
    A = np.zeros((n, n))
    edges = mixed_edges(rng, n, p, family)
    for e in range(len(edges)):
        w = high - (high - low) * uniform(rng)
        A[edges[e, 0], edges[e, 1]] = A[edges[e, 1], edges[e, 0]] = w
    return A


def mixed_directed(rng, n, p, family):
    """Draw a directed 0/1 graph [n, n]: each edge one way, the other, or both, with equal odds."""
    A = np.zeros((n, n))
    edges = mixed_edges(rng, n, p, family)
    for e in range(len(edges)):
        ways = integer(rng, 3)
        if ways != 0:
            A[edges[e, 0], edges[e, 1]] = 1.0
        if ways != 1:
            A[edges[e, 1], edges[e, 0]] = 1.0
    return A


def graph_sample(rng, size, p=0.0, family=0):
    """Draw an undirected graph."""
    A = mixed_graph(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)


def source_sample(rng, size, p=0.0, family=0):
    """Draw an undirected graph and a uniform source."""
    A = mixed_graph(rng, size, p, family)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def weighted_sample(rng, size, p=0.0, family=0, low=0.0, high=1.0):
    """Draw an undirected weighted graph."""
    A = mixed_weights(rng, size, p, family, low, high)
    return ordered_positions(size), A, adjacency(A)


def weighted_source_sample(rng, size, p=0.0, family=0, low=0.0, high=1.0):
    """Draw an undirected weighted graph and a uniform source."""
    A = mixed_weights(rng, size, p, family, low, high)
    return ordered_positions(size), integer(rng, size), A, adjacency(A)


def directed_sample(rng, size, p=0.0, family=0):
    """Draw a directed graph."""
    A = mixed_directed(rng, size, p, family)
    return ordered_positions(size), A, adjacency(A)
