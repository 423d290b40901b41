"""The depth-first walk that five algorithms share, and what they show of it.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 22.3, DFS and DFS-VISIT
(page 604). The book recurses; the reference keeps the stack as pointers, `s_prev`, with its top in `s_last`, and so do
we, because the stack is shown. After a visit has returned, the neighbours are looked at again from the first one.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.trajectory import Array

WHITE, GRAY, BLACK = 0, 1, 2
"""Not seen, on the stack, done: the classes of `color`."""

ROOT, OPEN, TREE, BACK, CLOSE = 0, 1, 2, 3, 4
"""What the walk yields: at a new root; u is visited for the first time; white v is put on the stack; u's neighbour v
is not white; u is done."""

TICK = 0.01
"""What `time` grows by at each visit, so that it stays near 1 at the reference's sizes."""


def first_white(A, u, color):
    """Return the first white neighbour of u; n where there is none."""
    n = len(color)
    first = n
    for v in range(n):  # without leaving early, which at random takes longer than to look at all
        first = min(first, v if (A[u, v] != 0) & (color[v] == WHITE) else n)
    return first


def depth_first(A, roots, color, s_prev, back=False):
    """Walk from each of `roots` that is still white; yields (event, s, u, v, s_last).

    Args:
        A: [n, n], an edge from u to v where A[u, v] is not 0.
        roots: [n] nodes, in the order in which they are tried.
        color: [n] all WHITE; kept up to date.
        s_prev: [n] each node itself; kept as the node below on the stack, itself at the bottom and off the stack.
        back: whether to yield BACK, which only some algorithms look at.
    """
    n = A.shape[0]
    opened = np.zeros(n, np.bool_)
    for s in roots:  # line 5
        if color[s] != WHITE:
            continue
        s_last = u = v = s
        yield ROOT, s, u, v, s_last
        while True:
            if not opened[u]:
                opened[u] = True
                color[u] = GRAY  # DFS-VISIT line 3
                yield OPEN, s, u, v, s_last
            white = first_white(A, u, color)  # line 4
            if back:
                for v in range(white):
                    if A[u, v] != 0:
                        yield BACK, s, u, v, s_last
            v = min(white, n - 1)  # the last v stays visible, as in the reference
            if white < n:
                color[v] = GRAY
                s_prev[v] = s_last
                s_last = v
                yield TREE, s, u, v, s_last
            else:
                color[u] = BLACK  # line 8
                yield CLOSE, s, u, v, s_last
                below = s_prev[u]
                s_prev[u] = u
                if below == u:
                    break
                s_last = below
            u = s_last


def is_depth_first_forest(A: Array, pi: Array) -> bool:
    """Say whether some order of roots and neighbours makes a depth-first walk of A [N, N] yield the forest `pi` [N].

    An edge to a node in another branch must lead to a branch that was walked before. So the branches below each node,
    and the trees of the forest, must be in an order along which no edge leads forwards.
    """
    nodes = len(pi)
    ways = []  # of each node, the branches from the top down to it; -1 stands above all roots
    for node in range(nodes):
        way = [node]
        while pi[way[-1]] != way[-1]:
            if A[pi[way[-1]], way[-1]] == 0 or len(way) > nodes:
                return False
            way.append(int(pi[way[-1]]))
        ways.append([-1, *reversed(way)])
    before = nx.DiGraph()
    for u, v in np.argwhere(A != 0).tolist():
        fork = next((k for k, (a, b) in enumerate(zip(ways[u], ways[v], strict=False)) if a != b), None)
        if fork is not None:
            before.add_edge(ways[v][fork], ways[u][fork])
    return bool(nx.is_directed_acyclic_graph(before))
