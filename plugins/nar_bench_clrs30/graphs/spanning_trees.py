"""Judging answers about minimum spanning trees."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

RELATIVE_TOLERANCE = 1e-9
"""Two total weights count as equal when they differ by less than this share: another order rounds differently."""


def is_minimum_spanning_forest(graph: nx.Graph, edges: Sequence[tuple[int, int]]) -> bool:
    """Say whether `edges`, each given once, are a spanning forest of `graph` of least total weight."""
    if any(not graph.has_edge(u, v) for u, v in edges):
        return False
    forest = nx.Graph()
    forest.add_nodes_from(graph)
    forest.add_edges_from(edges)
    if len(edges) != len(graph) - nx.number_connected_components(graph) or forest.number_of_edges() != len(edges):
        return False
    if not nx.is_forest(forest):
        return False
    weight = sum(graph[u][v]["weight"] for u, v in edges)
    least = sum(data["weight"] for _, _, data in nx.minimum_spanning_edges(graph, algorithm="prim", data=True))
    return bool(abs(weight - least) <= RELATIVE_TOLERANCE * max(1.0, abs(weight), abs(least)))
