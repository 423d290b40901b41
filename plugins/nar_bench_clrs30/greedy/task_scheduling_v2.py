"""Unit-time tasks with deadlines: a selection of greatest weight that can meet all its deadlines.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 16.5 (page 443), with
GREEDY of section 16.4 (page 439) and the slots of problem 16-4 (page 447): a task is selected where a slot at or before
its deadline is free, and takes the latest one. Slots are shown as nodes: node k is the slot that ends at time k + 1.
Deadlines are given divided by n, so that their scale does not grow with the size. Version 1 selects by counting, and is
not optimal; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np

from nar_bench.data.random import integer, uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.greedy.task_scheduling import TASK_SCHEDULING
from nar_bench_clrs30.keys import ascending
from nar_bench_clrs30.positions import ordered_positions, ordered_predecessors, refuse_unordered

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("d", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("w", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("selected_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("taken", Stage.HINT, Location.NODE, Type.MASK),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("slot", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("selected", Stage.OUTPUT, Location.NODE, Type.MASK),
    )
)

RELATIVE_TOLERANCE = 1e-9
"""Two total weights count as equal when they differ by less than this share."""


def sample(rng, size):
    """Draw deadlines uniform in 1/n, 2/n .. 1 and weights uniform in [0, 1)."""
    d, w = np.empty(size), np.empty(size)
    for i in range(size):
        d[i] = (1 + integer(rng, size)) / size
        w[i] = uniform(rng)
    return ordered_positions(size), d, w, ordered_predecessors(size)


def task_scheduling_v2(d, w, selected):
    """Select; selected[v] is 1 for the tasks selected; `slot` is the slot looked at last for task i."""
    n = len(d)
    taken = np.zeros(n, np.int8)
    yield selected, taken, 0, 0
    for i in ascending(-w):  # GREEDY lines 2 and 3
        slot = int(np.round(d[i] * n)) - 1
        while slot > 0 and taken[slot]:
            slot -= 1
        if not taken[slot]:  # line 4
            taken[slot] = 1
            selected[i] = 1  # line 5
        yield selected, taken, i, slot


def check(inputs: Inputs) -> None:
    """Refuse deadlines that are no multiple of 1 / n from 1 / n to 1, and negative weights."""
    refuse_unordered(inputs)
    d, w, n = inputs["d"], inputs["w"], len(inputs["d"])
    slot = n * np.clip(d, 0, 2)  # what is not below 2 is wrong in any case
    wrong = np.flatnonzero((np.abs(slot - np.round(slot)) > 1e-6) | (np.round(slot) < 1) | (np.round(slot) > n))
    if len(wrong):
        raise InputError(f"input 'd' is {d[wrong[0]]:g} at [{wrong[0]}]; allowed are 1/{n}, 2/{n} and so on to 1.")
    wrong = np.flatnonzero(w < 0)
    if len(wrong):
        raise InputError(f"input 'w' is {w[wrong[0]]:g} at [{wrong[0]}]; a weight must be at least 0.")


def reference(inputs: Inputs) -> dict[str, Array]:
    """Match tasks and slots with networkx, so that the tasks matched weigh the most."""
    n = len(inputs["d"])
    graph = nx.Graph()
    for task, (deadline, weight) in enumerate(zip(inputs["d"], inputs["w"].tolist(), strict=True)):
        graph.add_edges_from(((task, n + slot) for slot in range(int(np.round(deadline * n)))), weight=weight)
    selected = np.zeros(n)
    for pair in nx.max_weight_matching(graph):
        selected[min(pair)] = 1
    return {"selected": selected}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every selection of greatest weight of which at most t tasks are due by t, for all t (lemma 16.12)."""
    selected, n = outputs["selected"], len(inputs["d"])
    if not np.isin(selected, (0, 1)).all():
        return False
    deadlines = np.sort(np.round(inputs["d"][selected == 1] * n))
    if (deadlines < np.arange(1, len(deadlines) + 1)).any():
        return False
    weight, most = (float(inputs["w"] @ one) for one in (selected, reference(inputs)["selected"]))
    return abs(weight - most) <= RELATIVE_TOLERANCE * max(1.0, most)


TASK_SCHEDULING_V2 = replace(
    TASK_SCHEDULING,
    name="task_scheduling_v2",
    version=2,
    source="CLRS 3rd edition, section 16.5, page 443, and problem 16-4, page 447",
    spec=SPEC,
    sample=sample,
    step=task_scheduling_v2,
    verify=verify,
    reference=reference,
    check=check,
)
