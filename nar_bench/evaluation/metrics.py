"""Scores of answers, over a whole test set at once; numpy only.

Truth and answers are compact columns, name -> [B, *compact_shape], of the spec's outputs.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Type
from nar_bench.trajectory import Array, Batch, Columns, to_dense


def score(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> float:
    """Return the reference's score in [0, 1]: the mean of `output_scores` (a scalar output counts as minus its error).

    Source: Velickovic et al. 2022, section 4; the reference's `evaluate`.
    """
    return float(np.mean(list(output_scores(spec, truth, answers).values())))


def output_scores(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> dict[str, float]:
    """Return the reference's score of each output, pooled over all instances.

    mask: F1 over all entries that are not masked, of all instances together; precision is 1 where nothing was
    predicted, recall 1 where nothing is true, F1 is 0 where both are 0. mask_one, categorical, pointer,
    permutation_pointer: share of right entries that are not masked. scalar: mean squared error (not a share).
    """
    return {f.name: _output_score(f, truth[f.name], answers[f.name]) for f in spec.outputs}


def exact_match(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> float:
    """Return the share of instances with every entry of every output right; scalars to 1e-3."""
    return float(np.mean(_all_right(spec, truth, answers)))


def validity(algorithm: Algorithm, batch: Batch, answers: Columns) -> float:
    """Return the share of instances whose answer the algorithm's verifier accepts.

    An answer that equals the algorithm's own is valid without asking.
    """
    right = _all_right(algorithm.spec, batch.outputs, answers)
    for index in np.flatnonzero(~right):
        outputs = {f.name: to_dense(f, np.asarray(answers[f.name][index]), batch.nodes) for f in algorithm.spec.outputs}
        right[index] = algorithm.verify(batch[int(index)].inputs, outputs)
    return float(np.mean(right))


def micro_f1(truth: Array, answers: Array) -> float:
    """Return F1 over all 0/1 entries together, with the conventions of `output_scores`."""
    hits = float(((truth == 1) & (answers == 1)).sum())
    predicted, true = float((answers == 1).sum()), float((truth == 1).sum())
    precision = hits / predicted if predicted else 1.0
    recall = hits / true if true else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _output_score(feature: Feature, truth: Array, answers: Array) -> float:
    if feature.type is Type.SCALAR:
        return float(np.mean((truth - answers) ** 2))
    counted = truth != MASKED if feature.type in (Type.MASK, Type.CATEGORICAL) else np.ones(truth.shape, bool)
    if feature.type is Type.MASK:
        return micro_f1(truth[counted], answers[counted])
    return float(np.mean(truth[counted] == answers[counted]))


def _all_right(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> Array:
    count = len(next(iter(truth.values())))
    right = np.ones(count, bool)
    for feature in spec.outputs:
        expected, got = truth[feature.name], answers[feature.name]
        if feature.type is Type.SCALAR:
            equal = np.isclose(got, expected, rtol=1e-3, atol=1e-3)
        else:
            equal = (got == expected) | ((expected == MASKED) & (feature.type in (Type.MASK, Type.CATEGORICAL)))
        right &= equal.reshape(count, -1).all(axis=1)
    return right
