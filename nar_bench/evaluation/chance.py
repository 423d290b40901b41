"""The floor of every table: the best answer that does not look at the input."""

from __future__ import annotations

import numpy as np

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import derive_seed
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, Type
from nar_bench.trajectory import Array

INSTANCES = 512
"""Fresh instances that the constant answer is fitted on."""


def constant_answers(algorithm: Algorithm, size: int, count: int, seed: int, **shift: ShiftValue) -> dict[str, Array]:
    """Return the same answer `count` times: for each entry of each output its most frequent value.

    The frequencies are those of 512 fresh instances, not of the test set. For a mask, whose score is F1 over all
    entries, the entries answered 1 are those whose frequency reaches the threshold with the best F1 on those
    instances (all, at worst). For a scalar it is the mean. A permutation is answered entry by entry.

    Returns:
        name -> [count, *compact_shape], as `Batch.outputs`.
    """
    seen = generate(algorithm, size, INSTANCES, derive_seed("chance", seed, size), hints=False, **shift)
    answers: dict[str, Array] = {}
    for feature in algorithm.spec.outputs:
        values = seen.outputs[feature.name]
        if feature.type is Type.SCALAR:
            constant = values.mean(axis=0)
        elif feature.type is Type.MASK:
            constant = _best_mask(values)
        else:
            classes = np.arange(max(int(values.max()), 0) + 1)
            constant = np.stack([(values == one).sum(axis=0) for one in classes]).argmax(axis=0)
        answers[feature.name] = np.broadcast_to(constant, (count, *values.shape[1:])).astype(values.dtype)
    return answers


def _best_mask(values: Array) -> Array:
    """Return the 0/1 pattern with the best pooled F1: the most frequent entries, down to the best threshold."""
    counted = (values != MASKED).sum(axis=0).ravel()
    true = (values == 1).sum(axis=0).ravel()
    frequency = true / np.maximum(counted, 1)
    order = np.argsort(-frequency, kind="stable")
    hits, predicted = np.cumsum(true[order]), np.cumsum(counted[order])
    f1 = 2 * hits / np.maximum(predicted + true.sum(), 1)
    pattern = np.zeros(frequency.size, np.int8)
    pattern[order[: int(f1.argmax()) + 1]] = 1
    return pattern.reshape(values.shape[1:])
