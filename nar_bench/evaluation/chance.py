"""The floor of every table: the best answer that does not look at the input."""

from __future__ import annotations

import numpy as np

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import derive_seed
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, Layout, Location, Type
from nar_bench.trajectory import Array, Columns

INSTANCES = 512
"""Fresh instances that the constant answer is fitted on."""
_NODES = 1 << 20
"""As many as these instances may have together on sparse graphs, so that at sizes of thousands there are fewer."""


def constant_answers(
    algorithm: Algorithm, size: int, truth: Columns, seed: int, **shift: ShiftValue
) -> dict[str, Array]:
    """Return the same answer to every instance of a test set: for each entry of each output its most frequent value.

    The frequencies are those of 512 fresh instances (fewer where sparse graphs have more than 2,048 nodes), not of the
    test set. On the edges of sparse graphs, of which no two are the same, all entries have one answer. For a mask,
    whose score is F1 over all entries, the entries answered 1 are those whose frequency reaches the threshold with the
    best F1 on those instances (all, at worst). For a scalar it is the mean. A permutation is answered entry by entry.

    Args:
        truth: the test set's outputs; their shapes are those of the answers.

    Returns:
        name -> [count, *compact_shape], as `Batch.outputs`, on edges of sparse graphs as `rectangular` has them.
    """
    sparse = algorithm.spec.layout is Layout.SPARSE
    instances = min(INSTANCES, max(1, _NODES // max(1, algorithm.nodes(size)))) if sparse else INSTANCES
    seen = generate(algorithm, size, instances, derive_seed("chance", seed, size), hints=False, **shift)
    answers: dict[str, Array] = {}
    for feature in algorithm.spec.outputs:
        values = seen.outputs[feature.name]
        if sparse and feature.location is Location.EDGE:
            values = values[:, None]
        if feature.type is Type.SCALAR:
            constant = values.mean(axis=0)
        elif feature.type is Type.MASK:
            constant = _best_mask(values)
        else:
            constant = _most_frequent(values)
        answers[feature.name] = np.broadcast_to(constant, truth[feature.name].shape).astype(values.dtype)
    return answers


def _most_frequent(values: Array) -> Array:
    """Return for each column [I, ...] the most frequent value of at least 0, the least of equals; 0 where none is."""
    ordered = np.sort(values, axis=0)
    place = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    starts = np.ones(values.shape, bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=0)
    seen = np.where(ordered >= 0, place - first + 1, 0)
    found: Array = np.take_along_axis(ordered, seen.argmax(axis=0)[None], axis=0)[0]
    return np.asarray(np.maximum(found, 0))


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
