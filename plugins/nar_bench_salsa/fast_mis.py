"""A maximal independent set, found by all nodes at once with random numbers.

Source: Metivier, Robson, Saheb-Djahromi and Zemmari 2011, "An optimal bit complexity randomized distributed MIS
algorithm", section 3; SALSA-CLRS (Minder et al. 2023), which calls it fast_mis. In each round every node that is
alive draws a number; those with the least among their living neighbours join the set (phase 0), then they and their
neighbours die (phase 1). The numbers of a round are a hint that is given at each step and not to be predicted; they
follow from the input `key`, so that a run can be repeated.
"""

from __future__ import annotations

import networkx as nx
import numpy as np

from nar_bench.data.random import sample_key, uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_salsa.graphs import RANGES, WORDS, connected_graph, graph_of, positions

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.GRAPH, Type.SCALAR),
        Feature("Ain_h", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("alive", Stage.HINT, Location.NODE, Type.MASK),
        Feature("inmis_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("randomness", Stage.HINT, Location.NODE, Type.SCALAR, given=True),
        Feature("inmis", Stage.OUTPUT, Location.NODE, Type.MASK),
    ),
    Layout.SPARSE,
)

KEYS = 2.0**53
"""A key is one of so many numbers in [0, 1), k / KEYS, which a float64 holds exactly. It is an input, and networks read
inputs, so it is of the size of others and not k."""


def sample(rng, size, p=0.0, family=None):
    """Draw a connected graph and a key."""
    edges = connected_graph(rng, size, p, family)
    return edges, positions(size), uniform(rng)


def fast_mis(row, column, key, inmis):
    """Find the set; of two equal numbers the one of the lower index counts as less."""
    n = len(inmis)
    alive = np.ones(n, np.int8)
    Ain = np.ones(len(column), np.int8)
    rng = np.zeros(2, np.uint64)
    rng[0] = sample_key(np.uint64(key * KEYS), np.uint64(0))
    numbers = np.empty(n)
    while alive.any():
        for v in range(n):
            numbers[v] = uniform(rng)
        yield Ain, alive, inmis, 0, numbers
        for v in range(n):
            least = alive[v]
            for e in range(row[v], row[v + 1]):
                u = column[e]
                if alive[u] and (numbers[u] < numbers[v] or (numbers[u] == numbers[v] and u < v)):
                    least = 0
            if least:
                inmis[v] = 1
        yield Ain, alive, inmis, 1, numbers
        for v in range(n):
            if inmis[v]:
                alive[v] = 0
                for e in range(row[v], row[v + 1]):
                    alive[column[e]] = 0
        for v in range(n):
            for e in range(row[v], row[v + 1]):
                Ain[e] = alive[v] and alive[column[e]]
    yield Ain, alive, inmis, 0, numbers


def check(inputs: Inputs) -> None:
    """Refuse a key that is no multiple of 2^-53 in [0, 1)."""
    key = float(inputs["key"])
    if not (0 <= key < 1 and key * KEYS == np.floor(key * KEYS)):
        raise InputError(f"input 'key' is {key:g}; a multiple of 2^-53 from 0 to below 1 is needed, such as 0.375.")


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find a maximal independent set with networkx."""
    inmis = np.zeros(len(inputs["pos"]))
    inmis[nx.maximal_independent_set(graph_of(inputs), seed=0)] = 1
    return {"inmis": inmis}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every set of nodes without an edge between them to which no other node can be added."""
    inmis, (u, v) = outputs["inmis"], inputs["edges"].T
    if not np.isin(inmis, (0, 1)).all() or (inmis[u] * inmis[v]).any():
        return False
    kept_out = np.zeros(len(inmis), bool)
    kept_out[v[inmis[u] == 1]] = True
    return bool(((inmis == 1) | kept_out).all())


FAST_MIS = Algorithm(
    name="fast_mis",
    version=1,
    source="Metivier et al. 2011, section 3; SALSA-CLRS (Minder et al. 2023)",
    spec=SPEC,
    sample=sample,
    step=fast_mis,
    verify=verify,
    reference=reference,
    check=check,
    smallest=1,
    ranges=RANGES,
    words=WORDS,
    growth=0.1,
)
