"""The place of a value in sorted keys.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, exercise 2.3-5 (page 39). The
reference searches for the first key that is not less than the target, and answers the last node where there is none.
Its output is named `return`, which Python does not allow as a name; here it is `return_`.
"""

from __future__ import annotations

import bisect

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import KEY_DISTRIBUTIONS, ascending, draw_keys
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
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("target", Stage.INPUT, Location.GRAPH, Type.SCALAR),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("low", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("high", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("mid", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("return_", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`), sort them, and draw a target uniform in [0, 1)."""
    key = draw_keys(rng, size, keys)
    return ordered_positions(size), key[ascending(key)], uniform(rng), ordered_predecessors(size)


def binary_search(key, target, return_):
    """Find the first node whose key is at least `target`, the last node where there is none."""
    low, high = 0, len(key) - 1
    yield low, high, (low + high) // 2
    while low < high:
        mid = (low + high) // 2
        if target <= key[mid]:
            high = mid
        else:
            low = mid + 1
        yield low, high, (low + high) // 2
    return_[0] = high


def check(inputs: Inputs) -> None:
    """Refuse keys that are not sorted."""
    refuse_unordered(inputs)
    falls = np.flatnonzero(np.diff(inputs["key"]) < 0)
    if len(falls):
        at = int(falls[0])
        raise InputError(
            f"input 'key' falls from {inputs['key'][at]:g} at [{at}] to {inputs['key'][at + 1]:g} at [{at + 1}]; "
            "binary search needs keys in ascending order."
        )


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with Python's bisect."""
    found = np.zeros(len(inputs["key"]))
    found[min(bisect.bisect_left(inputs["key"].tolist(), float(inputs["target"])), len(found) - 1)] = 1
    return {"return_": found}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the first node whose key is at least the target, or the last node where there is none."""
    key, target, found = inputs["key"], inputs["target"], int(np.argmax(outputs["return_"]))
    before = found == 0 or key[found - 1] < target
    return bool(before and (key[found] >= target or found == len(key) - 1))


BINARY_SEARCH = Algorithm(
    name="binary_search",
    version=1,
    source="CLRS 3rd edition, exercise 2.3-5, page 39; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=binary_search,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=0.2,
    training={"positions": "random"},
)
