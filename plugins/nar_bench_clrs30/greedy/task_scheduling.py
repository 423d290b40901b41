"""Unit-time tasks with deadlines, selected greedily by weight, as CLRS-30 does it.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 16.5 (page 443), with
GREEDY of section 16.4 (page 439). The book accepts a task when all tasks accepted can still meet their deadlines.
CLRS-30 accepts it when its own deadline is later than the number of tasks accepted before it, which may refuse a
task that an exchange of two others would let in: its selection is feasible, but not always of greatest weight. That
is kept here, as the published numbers are about it.
"""

from __future__ import annotations

import itertools

import numpy as np

from nar_bench.data.random import integer, uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import ascending
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
        Feature("d", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("w", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("selected_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("t", Stage.HINT, Location.GRAPH, Type.SCALAR),
        Feature("selected", Stage.OUTPUT, Location.NODE, Type.MASK),
    )
)


def sample(rng, size):
    """Draw deadlines uniform in 1..n and weights uniform in [0, 1)."""
    d, w = np.empty(size), np.empty(size)
    for i in range(size):
        d[i] = 1 + integer(rng, size)
        w[i] = uniform(rng)
    return ordered_positions(size), d, w, ordered_predecessors(size)


def task_scheduling(d, w, selected):
    """Select; selected[v] is 1 for the tasks selected. Of equal weights the lower index comes first."""
    t = 0  # tasks selected
    yield selected, 0, t
    for i in ascending(-w):  # lines 2-3 of GREEDY
        if t < d[i]:  # line 4
            selected[i] = 1  # line 5
            t += 1
        yield selected, i, t


def check(inputs: Inputs) -> None:
    """Refuse deadlines that are not whole numbers from 1, and negative weights."""
    refuse_unordered(inputs)
    d, w = inputs["d"], inputs["w"]
    wrong = np.flatnonzero((d < 1) | (d != np.floor(d)))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(f"input 'd' is {d[at]:g} at [{at}]; a deadline must be a whole number of at least 1.")
    wrong = np.flatnonzero(w < 0)
    if len(wrong):
        at = int(wrong[0])
        raise InputError(f"input 'w' is {w[at]:g} at [{at}]; a weight must be at least 0.")


def _by_weight(inputs: Inputs) -> list[list[int]]:
    """Return the tasks in groups of equal weight, the heaviest first."""
    w = inputs["w"].tolist()
    order = sorted(range(len(w)), key=lambda task: -w[task])
    return [list(group) for _, group in itertools.groupby(order, key=lambda task: w[task])]


def reference(inputs: Inputs) -> dict[str, Array]:
    """Count the tasks accepted, the heaviest first."""
    selected = np.zeros(len(inputs["d"]))
    for task in itertools.chain(*_by_weight(inputs)):
        selected[task] = selected.sum() < inputs["d"][task]
    return {"selected": selected}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every selection that comes about in some order of descending weight; equal weights in any order.

    Among tasks of equal weight the best order for a given selection is: those selected, the earliest deadline first,
    then those refused, when as many as possible have been accepted before them.
    """
    selected = outputs["selected"]
    if not np.isin(selected, (0, 1)).all():
        return False
    accepted = 0
    for group in _by_weight(inputs):
        for deadline in sorted(inputs["d"][task] for task in group if selected[task]):
            if accepted >= deadline:
                return False
            accepted += 1
        if any(accepted < inputs["d"][task] for task in group if not selected[task]):
            return False
    return True


TASK_SCHEDULING = Algorithm(
    name="task_scheduling",
    version=1,
    source="CLRS 3rd edition, section 16.5, page 443; hints and selection as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=task_scheduling,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    growth=1,
    training={"positions": "random"},
)
