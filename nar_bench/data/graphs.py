"""Families of random undirected graphs, as lists of edges; plain Python that numba compiles.

Every family is drawn by `edges_of(rng, family, n, p)`, with the nodes in random order where the family has one, so that
an index tells nothing about a place. A graph of n nodes and m edges costs O(n + m), so that n may be 100,000.

======================  ==============================================================================================
family                  what is drawn
======================  ==============================================================================================
erdos_renyi             each pair with probability p
watts_strogatz          a ring in which each node knows its k nearest, k one of 4, 6, 8, and each edge is rewired with
                        one probability drawn from [0.05, 0.2) (SALSA-CLRS, Minder et al. 2023, section 3)
delaunay                the Delaunay triangulation of uniform points in the unit square (SALSA-CLRS, section 3)
grid                    a square grid; its last row may be short
path                    one path
tree                    a uniform labelled tree
caterpillar             a path of half of the nodes; each other node hangs on one of them
barbell                 two cliques of a third of the nodes each, of at most 64, joined by a path
community               four groups; pairs within one with probability min(1, 3 p), others with p / 3
power_law               preferential attachment, two edges per new node (Barabasi and Albert 1999)
======================  ==============================================================================================

For `erdos_renyi` and `community` p = 0 stands for SALSA's sparse density, c ln n / n with c uniform in [1, 3).
"""

from __future__ import annotations

import math

import numpy as np

from nar_bench.compiler import apart
from nar_bench.data.delaunay import delaunay_edges
from nar_bench.data.random import integer, permutation, uniform

FAMILIES = (
    "erdos_renyi",
    "watts_strogatz",
    "delaunay",
    "grid",
    "path",
    "tree",
    "caterpillar",
    "barbell",
    "community",
    "power_law",
)
"""The names, in the order of the numbers that `edges_of` takes."""

_LARGEST_BELL = 64
_GROUPS = 4


@apart
def edges_of(rng, family, n, p):
    """Draw a graph; returns int64 [m, 2], each edge once, without self-loops.

    Args:
        family: index into `FAMILIES`; None for the first, in which case numba does not compile the others.
        n: number of nodes, at least 1.
        p: density in [0, 1], for the families that have one.
    """
    if family is None:
        return _random_pairs(rng, n, _density(rng, n, p))
    if family == 0:
        return _random_pairs(rng, n, _density(rng, n, p))
    if family == 1:
        edges = _watts_strogatz(rng, n)
    elif family == 2:
        edges = delaunay_edges(rng, n)
    elif family == 3:
        edges = _grid(n)
    elif family == 4:
        edges = _path(n)
    elif family == 5:
        edges = _tree(rng, n)
    elif family == 6:
        edges = _caterpillar(rng, n)
    elif family == 7:
        edges = _barbell(n)
    elif family == 8:
        edges = _community(rng, n, _density(rng, n, p))
    else:
        edges = _power_law(rng, n)
    name = permutation(rng, n)
    for e in range(len(edges)):
        edges[e, 0], edges[e, 1] = name[edges[e, 0]], name[edges[e, 1]]
    return edges


def _density(rng, n, p):
    if p != 0:
        return p
    return min(1.0, (1 + 2 * uniform(rng)) * math.log(n) / n) if n > 1 else 0.0


def copy_edges(edges, longer):
    """Copy all edges to the first rows of `longer`; numba compiles it in a tenth of the time of a slice."""
    for e in range(len(edges)):
        longer[e, 0], longer[e, 1] = edges[e, 0], edges[e, 1]


@apart
def components_of(n, edges):
    """Count the connected components of a graph of n nodes; `edges` is [m, 2]."""
    parent = np.arange(n)
    count = n
    for e in range(len(edges)):
        u, v = _root(parent, edges[e, 0]), _root(parent, edges[e, 1])
        if u != v:
            parent[u] = v
            count -= 1
    return count


def connected_edges_of(rng, family, n, p):
    """Draw a connected graph: draw until one is connected, as SALSA-CLRS does, at most 1,000 times.

    A density at which 1,000 draws fail gets the missing edges between components, one for each.
    """
    edges = edges_of(rng, family, n, p)
    for _ in range(1000):
        if components_of(n, edges) == 1:
            return edges
        edges = edges_of(rng, family, n, p)
    parent = np.arange(n)
    for e in range(len(edges)):
        parent[_root(parent, edges[e, 0])] = _root(parent, edges[e, 1])
    joined = np.empty((len(edges) + n, 2), np.int64)
    copy_edges(edges, joined)
    count = len(edges)
    for v in range(1, n):
        u = integer(rng, v)
        if _root(parent, u) != _root(parent, v):
            parent[_root(parent, u)] = _root(parent, v)
            joined[count, 0], joined[count, 1] = u, v
            count += 1
    return joined[:count]


def _root(parent, v):
    while parent[v] != v:
        parent[v] = parent[parent[v]]
        v = parent[v]
    return v


@apart
def _random_pairs(rng, n, p):
    """Each of n (n - 1) / 2 pairs with probability p, by skipping ahead (Batagelj and Brandes 2005, algorithm 1)."""
    edges = np.empty((int(min(0.5 * n * n, 16 + p * n * n)), 2), np.int64)
    count = 0
    if p <= 0:
        return edges[:0]
    log_of_miss = math.log1p(-p) if p < 1 else -math.inf
    v, u = 1, -1
    while v < n:
        u += 1 + (int(min(math.log(1 - uniform(rng)) / log_of_miss, 1e18)) if p < 1 else 0)
        while u >= v and v < n:
            u -= v
            v += 1
        if v < n:
            if count == len(edges):
                more = np.empty((2 * len(edges) + 16, 2), np.int64)
                copy_edges(edges, more)
                edges = more
            edges[count, 0], edges[count, 1] = u, v
            count += 1
    return edges[:count]


@apart
def _watts_strogatz(rng, n):
    """The model of Watts and Strogatz 1998: ring, then each edge's far end rewired with probability q."""
    half = min(2 + integer(rng, 3), (n - 1) // 2)
    q = 0.05 + 0.15 * uniform(rng)
    edges = np.empty((n * half if half else n - 1, 2), np.int64)
    if half == 0:  # two nodes have no ring
        for v in range(n - 1):
            edges[v, 0], edges[v, 1] = v, v + 1
        return edges
    for step in range(half):
        for u in range(n):
            edges[step * n + u, 0], edges[step * n + u, 1] = u, (u + step + 1) % n
    degree = np.full(n, 2 * half)
    for step in range(half):
        for u in range(n):
            if uniform(rng) < q and degree[u] < n - 1:
                w = integer(rng, n)
                while w == u or _has_edge(edges, half, u, w):
                    w = integer(rng, n)
                degree[edges[step * n + u, 1]] -= 1
                degree[w] += 1
                edges[step * n + u, 1] = w
    return edges


def _has_edge(edges, half, u, w):
    """Say whether there is an edge between u and w; each node is the first end of `half` edges, one for each step."""
    n = len(edges) // half
    for step in range(half):  # noqa: SIM110 - numba has no any() of a generator
        if edges[step * n + u, 1] == w or edges[step * n + w, 1] == u:
            return True
    return False


@apart
def _grid(n):
    width = math.ceil(math.sqrt(n))
    edges = np.empty((2 * n, 2), np.int64)
    count = 0
    for v in range(n):
        if v % width:
            edges[count, 0], edges[count, 1] = v - 1, v
            count += 1
        if v >= width:
            edges[count, 0], edges[count, 1] = v - width, v
            count += 1
    return edges[:count]


@apart
def _path(n):
    edges = np.empty((n - 1, 2), np.int64)
    for v in range(n - 1):
        edges[v, 0], edges[v, 1] = v, v + 1
    return edges


@apart
def _tree(rng, n):
    """A uniform labelled tree from a random Pruefer sequence."""
    edges = np.empty((n - 1, 2), np.int64)
    if n == 1:
        return edges
    sequence = np.empty(n - 2, np.int64)
    degree = np.ones(n, np.int64)
    for k in range(n - 2):
        sequence[k] = integer(rng, n)
        degree[sequence[k]] += 1
    least = 0
    while degree[least] != 1:
        least += 1
    leaf = least
    for k in range(n - 2):
        v = sequence[k]
        edges[k, 0], edges[k, 1] = leaf, v
        degree[v] -= 1
        if degree[v] == 1 and v < least:
            leaf = v
        else:
            least += 1
            while degree[least] != 1:
                least += 1
            leaf = least
    edges[n - 2, 0], edges[n - 2, 1] = leaf, n - 1
    return edges


@apart
def _caterpillar(rng, n):
    spine = (n + 1) // 2
    edges = np.empty((n - 1, 2), np.int64)
    for v in range(1, n):
        edges[v - 1, 0], edges[v - 1, 1] = v - 1 if v < spine else integer(rng, spine), v
    return edges


@apart
def _barbell(n):
    bell = min(n // 3, _LARGEST_BELL)
    edges = np.empty((bell * bell + n, 2), np.int64)
    count = 0
    for v in range(n):
        first = 0 if v < bell else (n - bell if v > n - bell else v - 1)
        for u in range(max(first, 0), v):
            edges[count, 0], edges[count, 1] = u, v
            count += 1
    return edges[:count]


@apart
def _community(rng, n, p):
    within, between = min(1.0, 3 * p), p / 3
    inner = _random_pairs(rng, n, within)
    outer = _random_pairs(rng, n, between)
    edges = np.empty((len(inner) + len(outer), 2), np.int64)
    count = 0
    for e in range(len(inner)):
        if inner[e, 0] * _GROUPS // n == inner[e, 1] * _GROUPS // n:
            edges[count, 0], edges[count, 1] = inner[e, 0], inner[e, 1]
            count += 1
    for e in range(len(outer)):
        if outer[e, 0] * _GROUPS // n != outer[e, 1] * _GROUPS // n:
            edges[count, 0], edges[count, 1] = outer[e, 0], outer[e, 1]
            count += 1
    return edges[:count]


@apart
def _power_law(rng, n):
    """Each new node is joined to two earlier ones, chosen with odds proportional to their degree."""
    edges = np.empty((max(2 * n - 3, n - 1), 2), np.int64)
    ends = np.empty(2 * len(edges), np.int64)  # every node as often as its degree
    count = 0
    for v in range(1, n):
        first = -1
        for _ in range(min(v, 2)):
            u = 0 if v == 1 else ends[integer(rng, 2 * (count - (first >= 0)))]
            while u == first:
                u = ends[integer(rng, 2 * (count - 1))]
            ends[2 * count], ends[2 * count + 1] = u, v
            edges[count, 0], edges[count, 1] = u, v
            first = u
            count += 1
    return edges
