"""Binary search tree with the least expected cost of a search.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 15.5, OPTIMAL-BST
(page 402). n keys have n + 1 gaps and so n + 1 nodes: node i is the gap before the key that the book calls i + 1, with
p[i] that key's probability (0 at the last node) and q[i] the gap's. The tree from i to j holds the keys between those
gaps, and its root r stands between the trees from i to r and from r + 1 to j.
"""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.positions import (
    derive_positions,
    derive_predecessors,
    ordered_positions,
    ordered_predecessors,
    refuse_unordered,
)

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("p", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("q", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("root_h", Stage.HINT, Location.EDGE, Type.POINTER),
        Feature("e", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("w", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("msk", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("root", Stage.OUTPUT, Location.EDGE, Type.POINTER),
    )
)

RELATIVE_TOLERANCE = 1e-9
"""A root attains the least cost when it is no dearer than that by more than this share: sums in another order round
differently."""

INFINITE = 1e9
"""The reference's infinity, greater than every cost."""


def nodes(size: int) -> int:
    """Return the number of nodes of an instance of `size` keys."""
    return size + 1


def sample(rng, size):
    """Draw 2n + 1 numbers uniform in [0, 1) and divide them by their sum."""
    n = size + 1
    p, q = np.zeros(n), np.zeros(n)
    total = 0.0  # summed one by one, in an order that numba and numpy share
    for i in range(n):
        q[i] = uniform(rng)
        total += q[i]
        if i < size:
            p[i] = uniform(rng)
            total += p[i]
    return ordered_positions(n), p / total, q / total, ordered_predecessors(n)


def optimal_bst(p, q, root):
    """Fill root[i, j] for i < j: the root of the best tree from i to j; 0 where there is no tree."""
    n = len(q)  # one more than the book's n
    e, w = np.zeros((n, n)), np.zeros((n, n))
    msk = np.zeros((n, n), np.int8)
    cost = np.empty((n, n))  # cost[l, i] is e[i, i + l], so that trees of one length, done together, lie side by side
    weight, least, best = q.copy(), np.empty(n), np.empty(n, np.int64)  # the same of w, e and root of this length
    for i in range(n):  # line 2
        e[i, i] = w[i, i] = cost[0, i] = q[i]
        msk[i, i] = 1
    yield root, e, w, msk
    for length in range(1, n):  # line 5
        trees = n - length
        for i in range(trees):  # line 6
            weight[i] = weight[i] + p[i + length - 1] + q[i + length]  # line 9
            least[i] = INFINITE
            best[i] = 0
        for k in range(length):  # line 10, with root r = i + k
            for i in range(trees):
                t = cost[k, i] + cost[length - 1 - k, np.uint64(i + k + 1)] + weight[i]
                cheaper = t < least[i]  # line 12
                least[i] = t if cheaper else least[i]
                best[i] = i + k if cheaper else best[i]
        for i in range(trees):
            j = i + length
            e[i, j] = cost[length, i] = least[i]
            w[i, j] = weight[i]
            root[i, j] = best[i]
            msk[i, j] = 1
        yield root, e, w, msk


def check(inputs: Inputs) -> None:
    """Refuse negative probabilities, one for a key too many, and sums that are far from those of probabilities."""
    refuse_unordered(inputs)
    p, q = inputs["p"], inputs["q"]
    for name, value in (("p", p), ("q", q)):
        wrong = np.flatnonzero(value < 0)
        if len(wrong):
            at = int(wrong[0])
            raise InputError(f"input '{name}' is {value[at]:g} at [{at}]; a probability must be at least 0.")
    if p[-1] != 0:
        raise InputError(
            f"input 'p' is {p[-1]:g} at [{len(p) - 1}]; it must be 0 at the last node, as there is one key less than "
            "there are nodes."
        )
    total = float(p.sum() + q.sum())
    if total * len(p) >= INFINITE:
        raise InputError(
            f"inputs 'p' and 'q' sum to {total:g}; together they must be less than {INFINITE / len(p):g}, and "
            "probabilities sum to 1."
        )


def _root_costs(inputs: Inputs, least: Array, i: int, j: int) -> Array:
    """Return [j - i] the cost of the tree from i to j by its root, given the least cost of smaller trees."""
    weight = inputs["p"][i:j].sum() + inputs["q"][i : j + 1].sum()
    costs: Array = least[i, i:j] + least[i + 1 : j + 1, j] + weight
    return costs


def reference(inputs: Inputs) -> dict[str, Array]:
    """Go once over all trees, smaller ones first, and take the first root of least cost."""
    n = len(inputs["q"])
    least, root = np.diag(inputs["q"]).astype(float), np.zeros((n, n), np.int64)
    for length in range(1, n):
        for i in range(n - length):
            costs = _root_costs(inputs, least, i, i + length)
            least[i, i + length] = costs.min()
            root[i, i + length] = i + costs.argmin()
    return {"root": root}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every table whose roots all attain the least cost of their tree; entries of no tree must be 0."""
    n, root = len(inputs["q"]), outputs["root"]
    least = np.diag(inputs["q"]).astype(float)
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = _root_costs(inputs, least, i, j)
            least[i, j] = costs.min()
            if not (i <= root[i, j] < j and costs[int(root[i, j]) - i] <= least[i, j] * (1 + RELATIVE_TOLERANCE)):
                return False
    return bool((root[np.tril_indices(n)] == 0).all())


OPTIMAL_BST = Algorithm(
    name="optimal_bst",
    version=1,
    source="CLRS 3rd edition, section 15.5, page 402; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=optimal_bst,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    nodes=nodes,
    growth=1,
    training={"positions": "random"},
)
