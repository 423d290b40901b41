"""How far the farthest node is from a source: a flood, and its echo.

Source: Chang 1982, "Echo algorithms: depth parallel operations on general graphs"; SALSA-CLRS (Minder et al. 2023). The
flood spreads one level at each step and leaves a tree; then, from its leaves on, each node reports the height of its
subtree when all nodes below it have. A run takes 2 e + 2 hints, e the eccentricity. Nodes that cannot be reached do not
count.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import integer
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_salsa.graphs import RANGES, WORDS, connected_graph, graph_of, levels_of, positions, source_of

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("visited", Stage.HINT, Location.NODE, Type.MASK),
        Feature("msgphase", Stage.HINT, Location.NODE, Type.MASK),
        Feature("leaf", Stage.HINT, Location.NODE, Type.MASK),
        Feature("floodstate", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("echostate", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("tree", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("eccentricity_h", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("eccentricity", Stage.OUTPUT, Location.GRAPH, Type.SCALAR),
    ),
    Layout.SPARSE,
)


def sample(rng, size, p=0.0, family=None):
    """Draw a connected graph and a uniform source."""
    edges = connected_graph(rng, size, p, family)
    return edges, positions(size), integer(rng, size)


def flood(row, column, level, parent, tree, floodstate, visited, depth):
    """Flood from the nodes of one level; returns those reached, each hung on the first that reaches it."""
    found = []
    for u in level:
        for e in range(row[u], row[u + 1]):
            v = column[e]
            if not visited[v]:
                visited[v] = 1
                floodstate[v] = depth
                parent[v] = u
                tree[e] = 1
                found.append(v)
    return np.sort(np.array(found, dtype=np.int64))


def eccentricity(row, column, s, eccentricity):
    """Measure it; floodstate is the distance from s, echostate the height of a node's subtree once it has reported."""
    n = len(row) - 1
    visited, msgphase, leaf = np.zeros(n, np.int8), np.zeros(n, np.int8), np.zeros(n, np.int8)
    floodstate, echostate = np.zeros(n), np.zeros(n)
    tree, parent = np.zeros(len(column), np.int8), np.full(n, -1)
    visited[s] = 1
    order = np.empty(n, np.int64)  # by level
    order[0] = s
    reached, depth = 1, 0
    level = np.full(1, s)
    while len(level):
        yield visited, msgphase, leaf, floodstate, echostate, tree, 0.0
        depth += 1
        level = flood(row, column, level, parent, tree, floodstate, visited, depth)
        for v in level:
            order[reached] = v
            reached += 1
    height = np.zeros(n, np.int64)
    below = np.zeros(n, np.int64)
    for k in range(reached - 1, 0, -1):
        v = order[k]
        height[parent[v]] = max(height[parent[v]], height[v] + 1)
        below[parent[v]] += 1
    for k in range(reached):
        leaf[order[k]] = below[order[k]] == 0
    for step in range(depth):
        for k in range(reached):
            v = order[k]
            if height[v] == step:
                msgphase[v] = 1
                echostate[v] = step
        yield visited, msgphase, leaf, floodstate, echostate, tree, float(step) if step == height[s] else 0.0
    eccentricity[0] = height[s]


def reference(inputs: Inputs) -> dict[str, Array]:
    """Measure it with networkx."""
    distances = nx.single_source_shortest_path_length(graph_of(inputs), source_of(inputs))
    return {"eccentricity": np.asarray(float(max(distances.values())))}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the right number alone."""
    level = levels_of(inputs)
    return bool(outputs["eccentricity"] == level[np.isfinite(level)].max())


ECCENTRICITY = Algorithm(
    name="eccentricity",
    version=1,
    source="Chang 1982; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=eccentricity,
    verify=verify,
    reference=reference,
    smallest=1,
    ranges=RANGES,
    words=WORDS,
    growth=0.1,
)
