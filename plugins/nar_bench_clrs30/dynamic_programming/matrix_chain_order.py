"""Cheapest order in which to multiply a chain of matrices.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 15.2, MATRIX-CHAIN-ORDER
(page 375). CLRS-30 improves all chains in rounds, from the costs of the round before, until no cost changes; a chain
is known once one of its splits is. Matrix i is p[i - 1] x p[i], so that node 0 is no matrix.
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
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("m", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("s_h", Stage.HINT, Location.EDGE, Type.POINTER),
        Feature("msk", Stage.HINT, Location.EDGE, Type.MASK),
        Feature("s", Stage.OUTPUT, Location.EDGE, Type.POINTER),
    )
)

RELATIVE_TOLERANCE = 1e-9
"""A split attains the least cost when it is no dearer than that by more than this share: sums in another order round
differently."""

_LEAST = 1e-100
"""The least dimension: products of three are not rounded to zero."""


def sample(rng, size):
    """Draw dimensions uniform in [0, 1)."""
    p = np.empty(size)
    for i in range(size):
        p[i] = uniform(rng)
    return ordered_positions(size), p, ordered_predecessors(size)


def matrix_chain_order(p, s):
    """Fill s[i, j] for i < j: the matrix after which to split the chain from i to j; 0 where there is no split."""
    n = len(p)  # one more than the book's n
    m = np.zeros((n, n))
    msk = np.zeros((n, n), np.int8)
    # cost[l, i] is m[i, i + l], infinite where msk is 0, so that chains of one length, done together, lie side by side.
    cost = np.full((n, n), np.inf)
    least, split = np.empty(n), np.empty(n, np.int64)  # the same of m and s in this round, for one length
    for i in range(1, n):  # line 3
        cost[0, i] = 0
        msk[i, i] = 1
    settled = 1  # chains of so many matrices or fewer cannot get cheaper any more
    known = 1  # chains of so many matrices or fewer have a cost
    changed = True
    while changed:
        yield m, s, msk
        changed = False
        before = cost.copy()
        known = min(2 * known, n - 1)
        for length in range(settled, known):
            for i in range(1, n - length):  # line 6
                least[i] = before[length, i]
                split[i] = 0
            for k in range(length):  # line 9, with the book's k = i + k
                for i in range(1, n - length):
                    right = before[length - 1 - k, np.uint64(i + k + 1)]
                    q = before[k, i] + right + p[i - 1] * p[np.uint64(i + k)] * p[np.uint64(i + length)]  # line 10
                    cheaper = q < least[i]  # line 11
                    least[i] = q if cheaper else least[i]
                    split[i] = i + k if cheaper else split[i]
            for i in range(1, n - length):
                if split[i]:
                    j = i + length
                    cost[length, i] = m[i, j] = least[i]
                    s[i, j] = split[i]
                    msk[i, j] = 1
                    changed = True
        settled += 1


def check(inputs: Inputs) -> None:
    """Refuse dimensions that are not positive, and those so small that costs vanish."""
    refuse_unordered(inputs)
    p = inputs["p"]
    wrong = np.flatnonzero(p < _LEAST)
    if len(wrong):
        at = int(wrong[0])
        raise InputError(f"input 'p' is {p[at]:g} at [{at}]; a matrix dimension must be at least {_LEAST:g}.")


def _split_costs(p: Array, least: Array, i: int, j: int) -> Array:
    """Return [j - i] the cost of the chain from i to j by its last split, given the least cost of shorter chains."""
    costs: Array = least[i, i:j] + least[i + 1 : j + 1, j] + p[i - 1] * p[i:j] * p[j]
    return costs


def reference(inputs: Inputs) -> dict[str, Array]:
    """Go once over all chains, shorter ones first, and take the first split of least cost."""
    p = inputs["p"]
    n = len(p)
    least, s = np.zeros((n, n)), np.zeros((n, n), np.int64)
    for length in range(1, n):
        for i in range(1, n - length):
            costs = _split_costs(p, least, i, i + length)
            least[i, i + length] = costs.min()
            s[i, i + length] = i + costs.argmin()
    return {"s": s}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every table whose splits all attain the least cost of their chain; entries of no chain must be 0."""
    p, s = inputs["p"], outputs["s"]
    n = len(p)
    least, chains = np.zeros((n, n)), np.zeros((n, n), bool)
    for length in range(1, n):
        for i in range(1, n - length):
            j = i + length
            costs = _split_costs(p, least, i, j)
            least[i, j] = costs.min()
            chains[i, j] = True
            if not (i <= s[i, j] < j and costs[int(s[i, j]) - i] <= least[i, j] * (1 + RELATIVE_TOLERANCE)):
                return False
    return bool((s[~chains] == 0).all())


MATRIX_CHAIN_ORDER = Algorithm(
    name="matrix_chain_order",
    version=1,
    source="CLRS 3rd edition, section 15.2, page 375; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=matrix_chain_order,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    smallest=2,
    growth=1,
    training={"positions": "random"},
)
