"""Judging answers about minimum spanning trees."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx


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
    # All such forests have the same weights, each as often; so no sums, which would round, need to be compared.
    weights = sorted(graph[u][v]["weight"] for u, v in edges)
    least = nx.minimum_spanning_edges(graph, algorithm="prim", data=True)
    return bool(weights == sorted(data["weight"] for _, _, data in least))
