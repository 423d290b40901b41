"""A maximum matching of a bipartite graph, as a flow of most units from a source to a sink.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 26.3 (page 732) and
EDMONDS-KARP (page 727). Node 0 is the source, then come the nodes of the left, those of the right, and the sink. The
reference finds each augmenting path by relaxing whole sweeps (phase 0), then walks back along it (phase 1). The
reference specifies this algorithm, but leaves it out of the 30. Pairs without an edge are MASKED; the diagonal is 1.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.graphs import edges_of
from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.graphs.instances import (
    CLRS30,
    FAMILY_NAMES,
    GRAPH_RANGES,
    TRAINING_DENSITIES_HALVED,
    adjacency,
    derive_adjacency,
    directed,
    refuse_other_adjacency,
)
from nar_bench_clrs30.positions import derive_positions, ordered_positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("s", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("t", Stage.INPUT, Location.NODE, Type.MASK_ONE),
        Feature("in_matching_h", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("A_h", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("adj_h", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("d", Stage.HINT, Location.NODE, Type.SCALAR),
        Feature("msk", Stage.HINT, Location.NODE, Type.MASK),
        Feature("pi", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("u", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("in_matching", Stage.OUTPUT, Location.EDGE, Type.MASK),
    ),
    along_edges=True,
)


def sample(rng, size, p=0.3, family=None):
    """Draw edges from the left half of `size` nodes to the right half, with probability p or from a family."""
    left, n = size - size // 2, size + 2
    A = np.zeros((n, n))
    A[0, 1 : left + 1] = 1.0
    A[left + 1 : n - 1, n - 1] = 1.0
    if family is None:  # noqa: SIM114 - numba leaves out what follows only for a test for None alone
        join_halves(rng, A, left, p)
    elif family == CLRS30:
        join_halves(rng, A, left, p)
    else:
        edges = edges_of(rng, int(family) - 1, size, p)
        for e in range(len(edges)):
            u, v = min(edges[e, 0], edges[e, 1]), max(edges[e, 0], edges[e, 1])
            if u < left <= v:
                A[u + 1, v + 1] = 1.0
    return ordered_positions(n), A, adjacency(A), 0, n - 1


def join_halves(rng, A, left, p):
    """Draw each edge from the left to the right half with probability p."""
    n = len(A)
    for u in range(1, left + 1):
        for v in range(left + 1, n - 1):
            A[u, v] = (uniform(rng) < p) * 1.0


def bipartite_matching(A, adj, s, t, in_matching):
    """Mark in in_matching the edges that carry a unit, from lower to higher index."""
    n = A.shape[0]
    residual, adj_h = A.copy(), adj.copy()
    for i in range(n):
        for j in range(n):
            in_matching[i, j] = MASKED + adj[i, j] + adj[j, i]
    u = t
    while True:  # FORD-FULKERSON line 3
        d, msk, pi = np.zeros(n), np.zeros(n, np.int8), np.arange(n)
        msk[s] = 1
        before, known = d.copy(), msk.copy()
        while pi[t] == t:
            before, known = d.copy(), msk.copy()
            yield in_matching, residual, adj_h, before, known, pi, u, 0
            for u in range(n):  # the last u, the sink, stays visible, as in the reference
                if known[u]:
                    for v in range(n):
                        if residual[u, v] != 0 and (not msk[v] or before[u] + residual[u, v] < d[v]):
                            d[v] = before[u] + residual[u, v]
                            pi[v] = u
                            msk[v] = 1
            if (d == before).all():
                return
        u = t
        yield in_matching, residual, adj_h, before, known, pi, u, 1
        while pi[u] != u:  # line 5
            above = pi[u]
            if above < u:
                in_matching[above, u] = 1  # line 7
            else:
                in_matching[u, above] = 0  # line 8
            residual[above, u], residual[u, above] = 0.0, 1.0
            if above != u:
                adj_h[above, u], adj_h[u, above] = 0, 1
            u = above
            yield in_matching, residual, adj_h, before, known, pi, u, 1


def check(inputs: Inputs) -> None:
    """Refuse what is no network of unit edges from node 0 over a left and a right half to the last node."""
    refuse_other_adjacency(inputs)
    A, n = inputs["A"], len(inputs["A"])
    s, t = int(np.argmax(inputs["s"])), int(np.argmax(inputs["t"]))
    if s != 0 or t != n - 1:
        raise InputError(f"inputs 's' and 't' are nodes {s} and {t}; they must be the first, 0, and the last, {n - 1}.")
    left, right = np.flatnonzero(A[s]), np.flatnonzero(A[:, t])
    middle = np.zeros_like(A)
    middle[np.ix_(left, right)] = A[np.ix_(left, right)]
    middle[s, left], middle[right, t] = 1, 1
    inner = np.concatenate([left, right])
    if not np.array_equal(inner, np.arange(1, n - 1)) or not np.array_equal(middle, A) or not np.isin(A, (0, 1)).all():
        raise InputError(
            "input 'A' is no bipartite network: node 0 must lead to nodes 1 .. l, nodes l+1 .. N-2 to node N-1, and "
            "all other edges from the first to the second group; every edge is 1."
        )


def nodes_of(size: int) -> int:
    """Return the number of nodes: both halves, the source and the sink."""
    return size + 2


def derive_source(inputs: Inputs) -> Array:
    """Derive `s`, the first node."""
    return np.asarray(0)


def derive_sink(inputs: Inputs) -> Array:
    """Derive `t`, the last node."""
    return np.asarray(len(inputs["A"]) - 1)


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find a maximum matching with networkx (Hopcroft and Karp)."""
    adj, graph = inputs["adj"], directed(inputs)
    n = len(graph)
    in_matching = MASKED + adj + adj.T
    left = set(graph.successors(0))
    matching = nx.bipartite.hopcroft_karp_matching(graph.subgraph(range(1, n - 1)).to_undirected(), left)
    for u in left & set(matching):
        in_matching[0, u] = in_matching[u, matching[u]] = in_matching[matching[u], n - 1] = 1
    return {"in_matching": in_matching}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every maximum matching: a flow of unit edges that no flow exceeds; what is MASKED is not looked at."""
    A, flow = inputs["A"], np.where(inputs["A"] != 0, outputs["in_matching"], 0)
    rest = outputs["in_matching"][(A == 0) & (inputs["adj"] + inputs["adj"].T > 0)]
    expected = (MASKED + inputs["adj"] + inputs["adj"].T)[(A == 0) & (inputs["adj"] + inputs["adj"].T > 0)]
    if not np.isin(flow, (0, 1)).all() or not np.array_equal(rest, expected):
        return False
    balance = flow.sum(axis=1) - flow.sum(axis=0)
    graph = directed(inputs)
    most = nx.maximum_flow_value(graph, 0, len(A) - 1, capacity="weight") if len(A) > 1 else 0
    return bool((balance[1:-1] == 0).all() and balance[0] == most)


BIPARTITE_MATCHING = Algorithm(
    name="bipartite_matching",
    version=1,
    source="CLRS 3rd edition, section 26.3, page 732; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=bipartite_matching,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "adj": derive_adjacency, "s": derive_source, "t": derive_sink},
    nodes=nodes_of,
    smallest=2,
    ranges=GRAPH_RANGES,
    words={"family": FAMILY_NAMES},
    growth=1,
    training={"p": TRAINING_DENSITIES_HALVED, "positions": "random"},
)
