"""At each place of a sequence, the place of the greatest key so far."""

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type

SPEC = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("best_h", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("best", Stage.OUTPUT, Location.NODE, Type.POINTER),
    )
)


def sample(rng, size):
    """Draw uniform keys; what follows `size` would be shift axes, each with a default."""
    key = np.empty(size)
    for i in range(size):
        key[i] = uniform(rng)
    return np.arange(size) / size, key


def prefix_maximum(key, best):
    """Fill best[i] with the place of the greatest of key[0..i]; the first of equal ones."""
    n = len(key)
    for i in range(n):
        best[i] = i
    yield best, 0
    for i in range(1, n):
        if key[best[i - 1]] >= key[i]:
            best[i] = best[i - 1]
        yield best, i


def verify(inputs, outputs):
    """Accept any place of a greatest key: among equal keys each is right."""
    greatest = np.maximum.accumulate(inputs["key"])
    best = outputs["best"]
    return bool((best <= np.arange(len(best))).all() and (inputs["key"][best] == greatest).all())


def reference(inputs):
    """Look at every prefix anew."""
    return {"best": np.array([int(np.argmax(inputs["key"][: i + 1])) for i in range(len(inputs["key"]))])}


PREFIX_MAXIMUM = Algorithm(
    name="prefix_maximum",
    version=1,
    source="folklore; a scan with maximum",
    spec=SPEC,
    sample=sample,
    step=prefix_maximum,
    verify=verify,
    reference=reference,
    derive={"pos": lambda inputs: np.arange(len(inputs["key"])) / len(inputs["key"])},
    training={"positions": "random"},
)
