"""Where the nodes of a graph are drawn."""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray

_APART = 1.5
"""How much farther than the farthest two of one component nodes of two components are kept."""
_ROUND = 0.05
"""The share of a circle in where nodes start, so that no two start at one place."""


def places(nodes: int, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return [N, 2] places in [-1, 1], the longer way across; equal graphs have equal places.

    Nodes are pulled to distances on the page that are proportional to those in the graph, whatever its directions.

    Args:
        edges: [E, 2].

    Source: Kamada and Kawai 1989, as networkx computes it; it starts from classical scaling (Torgerson 1952), so that
    long graphs do not begin entangled.
    """
    if nodes == 1:
        return np.zeros((1, 2))
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(edges.tolist())
    far = np.full((nodes, nodes), np.nan)
    for node, reached in nx.all_pairs_shortest_path_length(graph):
        far[node, list(reached)] = list(reached.values())
    far[np.isnan(far)] = _APART + np.nanmax(far)
    wanted = {u: dict(enumerate(row)) for u, row in enumerate(far.tolist())}
    found = nx.kamada_kawai_layout(graph, dist=wanted, pos=dict(enumerate(_scaled(far))))
    at = np.array([found[node] for node in range(nodes)])
    at -= at.mean(axis=0)
    _, _, axes = np.linalg.svd(at, full_matrices=False)
    at = at @ axes.T
    # A singular vector has no sign of its own: node 0 is left of the middle and above it.
    at *= np.where(at[0] > 0, -1, 1)
    return np.asarray(at / max(np.abs(at).max(), 1e-9))


def _scaled(far: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [N, 2] the places whose distances are nearest to `far` [N, N] in the sense of classical scaling."""
    middle = np.eye(len(far)) - 1 / len(far)
    values, vectors = np.linalg.eigh(-0.5 * middle @ far**2 @ middle)
    turn = 2 * np.pi * np.arange(len(far)) / len(far)
    circle = _ROUND * far.max() * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.asarray(vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0)) + circle)
