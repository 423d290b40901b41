"""Most activities that do not overlap.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 16.1,
GREEDY-ACTIVITY-SELECTOR (page 421). The book takes the activities in ascending order of finish times as given.
"""

from __future__ import annotations

import bisect
import itertools

import numpy as np

from nar_bench.data.random import uniform
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
        Feature("s", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("f", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("selected_h", Stage.HINT, Location.NODE, Type.MASK),
        Feature("m", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("k", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("selected", Stage.OUTPUT, Location.NODE, Type.MASK),
    )
)


def sample(rng, size):
    """Draw two numbers uniform in [0, 1) for each activity: the lesser is its start, the greater its finish."""
    s, f = np.empty(size), np.empty(size)
    for i in range(size):
        one, other = uniform(rng), uniform(rng)
        s[i], f[i] = min(one, other), max(one, other)
    return ordered_positions(size), s, f, ordered_predecessors(size)


def activity_selector(s, f, selected):
    """Select; selected[v] is 1 for the activities selected. Of equal finish times the lower index comes first."""
    yield selected, 0, 0
    order = ascending(f)
    k = order[0]
    selected[k] = 1  # line 2
    yield selected, k, k
    for m in order[1:]:  # line 4
        if s[m] >= f[k]:  # line 5
            selected[m] = 1
            k = m
        yield selected, m, k


def check(inputs: Inputs) -> None:
    """Refuse activities that do not finish after they start."""
    refuse_unordered(inputs)
    s, f = inputs["s"], inputs["f"]
    wrong = np.flatnonzero(s >= f)
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"inputs 's' and 'f' are {s[at]:g} and {f[at]:g} at [{at}]; an activity must finish after it starts."
        )


def reference(inputs: Inputs) -> dict[str, Array]:
    """Select by dynamic programming over the activities in order of their finish times."""
    s, f = inputs["s"].tolist(), inputs["f"].tolist()
    order = sorted(range(len(s)), key=lambda activity: f[activity])
    finishes = [f[activity] for activity in order]
    # The best selections of the first k activities, and how many of the others end before each one starts.
    ahead = [bisect.bisect_right(finishes, s[activity]) for activity in order]
    best = [0]
    for k, fits in enumerate(ahead):
        best.append(max(best[k], best[fits] + 1))
    selected, k = np.zeros(len(s)), len(s)
    while k:
        if best[k] == best[k - 1]:
            k -= 1
        else:
            selected[order[k - 1]] = 1
            k = ahead[k - 1]
    return {"selected": selected}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every selection of as many activities as there can be, in which no two overlap."""
    selected = outputs["selected"]
    if not np.isin(selected, (0, 1)).all() or selected.sum() != reference(inputs)["selected"].sum():
        return False
    taken = np.flatnonzero(selected)
    taken = taken[np.argsort(inputs["s"][taken], kind="stable")]
    return all(inputs["f"][one] <= inputs["s"][other] for one, other in itertools.pairwise(taken))


ACTIVITY_SELECTOR = Algorithm(
    name="activity_selector",
    version=1,
    source="CLRS 3rd edition, section 16.1, page 421; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=activity_selector,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    growth=1,
    training={"positions": "random"},
)
