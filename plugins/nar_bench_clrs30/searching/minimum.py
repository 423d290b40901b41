"""The least key.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 9.1, MINIMUM (page 214).
Of equal keys the first is taken.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.keys import KEY_DISTRIBUTIONS, draw_keys
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
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("min_h", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("min", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, keys=0):
    """Draw keys, by default uniform in [0, 1) (see `draw_keys`)."""
    return ordered_positions(size), draw_keys(rng, size, keys), ordered_predecessors(size)


def minimum(key, min):
    """Find the node of the least key."""
    least = 0  # line 1
    yield least, 0
    for i in range(1, len(key)):  # line 2
        if key[least] > key[i]:  # line 3
            least = i
        yield least, i
    min[0] = least


def reference(inputs: Inputs) -> dict[str, Array]:
    """Find it with numpy."""
    least = np.zeros(len(inputs["key"]))
    least[np.argmin(inputs["key"])] = 1
    return {"min": least}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every node whose key no other is less than."""
    return bool(inputs["key"][np.argmax(outputs["min"])] == np.min(inputs["key"]))


MINIMUM = Algorithm(
    name="minimum",
    version=1,
    source="CLRS 3rd edition, section 9.1, page 214; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=minimum,
    verify=verify,
    reference=reference,
    check=refuse_unordered,
    derive={"pos": derive_positions, "pred": derive_predecessors},
    words={"keys": KEY_DISTRIBUTIONS},
    growth=1,
    training={"positions": "random"},
)
