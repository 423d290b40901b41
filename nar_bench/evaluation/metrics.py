"""Scores of answers, over a whole test set at once; numpy only.

Truth and answers are compact columns, name -> [B, *compact_shape], of the spec's outputs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nar_bench.evaluation.rectangle import rectangular
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import GRAPH, MASKED, AlgorithmSpec, Feature, Location, Type
from nar_bench.trajectory import Array, Batch, Columns, SparseBatch, to_dense


def score(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> float:
    """Return the reference's score: the mean of `output_scores`, a share unless an output is a scalar.

    Source: Velickovic et al. 2022; the reference's `evaluate`.
    """
    return float(np.mean(list(output_scores(spec, truth, answers).values())))


def output_scores(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> dict[str, float]:
    """Return the reference's score of each output, pooled over all instances.

    mask: F1 over all entries that are not masked, of all instances together; precision is 1 where nothing was
    predicted, recall 1 where nothing is true, F1 is 0 where both are 0. mask_one, categorical, pointer,
    permutation_pointer: share of right entries that are not masked. scalar: mean squared error (not a share).
    """
    return {f.name: _output_score(f, truth[f.name], answers[f.name]) for f in spec.outputs}


def selection_score(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> float:
    """Return what is greater where answers are better, in [0, 1]: the score by which weights are selected.

    It is `score`, but that a scalar's squared error e, of which less is better, counts as 1 / (1 + e).
    """
    scores = output_scores(spec, truth, answers)
    return float(np.mean([1 / (1 + scores[f.name]) if f.type is Type.SCALAR else scores[f.name] for f in spec.outputs]))


def exact_match(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> float:
    """Return the share of instances with every entry of every output right; scalars to 1e-3."""
    return float(np.mean(_all_right(spec, truth, answers)))


def accepted(algorithm: Algorithm, batch: Batch | SparseBatch, answers: Columns) -> Array:
    """Return [B]: whether the algorithm's verifier accepts each answer; the mean is the validity.

    An answer that equals the algorithm's own is accepted without asking. Of sparse graphs answers are `rectangular`.
    """
    right = _all_right(algorithm.spec, rectangular(algorithm.spec, batch.outputs, batch), answers)
    asked = replace(batch, hints={})  # dense hints on edges are large, and no verifier sees them
    for index in np.flatnonzero(~right):
        inputs = asked[int(index)].inputs
        outputs = {f.name: _answer(f, np.asarray(answers[f.name][index]), batch) for f in algorithm.spec.outputs}
        if isinstance(batch, SparseBatch):
            edges = len(inputs[GRAPH])
            outputs |= {f.name: outputs[f.name][:edges] for f in algorithm.spec.outputs if f.location is Location.EDGE}
        right[index] = algorithm.verify(inputs, outputs)
    return right


def _answer(feature: Feature, values: Array, batch: Batch | SparseBatch) -> Array:
    sparse = isinstance(batch, SparseBatch) and feature.location is Location.EDGE
    return values.astype(np.float64) if sparse else to_dense(feature, values, batch.nodes)


def chance_corrected(score: float, chance: float) -> float:
    """Return (score - chance) / (1 - chance): 0 at chance, 1 where all is right, negative below chance.

    Both are shares. Where chance is 1 nothing can be learned, and the value is 0 by convention.

    Source: Cohen 1960, "A coefficient of agreement for nominal scales", kappa, with `chance` as the agreement
    expected.
    """
    return (score - chance) / (1 - chance) if chance < 1 else 0.0


def output_f1(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> dict[str, float]:
    """Return F1 of each output, two ways of pooling: "micro_f1/NAME" and "graph_mean_f1/NAME".

    micro_f1 counts all entries of all instances together; graph_mean_f1 is the mean over instances of each one's F1,
    which is what SALSA-CLRS (Minder et al. 2023) calls node F1. Masked entries do not count, instances that are masked
    throughout are left out of the mean (0 where all are). For a mask it is the F1 of `micro_f1`; for one of several
    classes or nodes, micro-averaged F1 is the share of right entries. Scalars have none.
    """
    values: dict[str, float] = {}
    for feature in spec.outputs:
        if feature.type is Type.SCALAR:
            continue
        expected, got = truth[feature.name], answers[feature.name]
        values[f"micro_f1/{feature.name}"] = _output_score(feature, expected, got)
        one_by_one = [
            _output_score(feature, expected[i : i + 1], got[i : i + 1])
            for i in range(len(expected))
            if _counted(feature, expected[i]).any()
        ]
        values[f"graph_mean_f1/{feature.name}"] = float(np.mean(one_by_one)) if one_by_one else 0.0
    return values


def node_and_graph_accuracy(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> dict[str, float]:
    """Return the accuracies of each output as SALSA-CLRS has them, "node_accuracy/NAME" and "graph_accuracy/NAME".

    Node accuracy is the share of right entries in each graph, in the mean over graphs; masks are no F1 here, and
    scalars have none. Graph accuracy is the share of graphs with every entry right; a scalar is rounded to a whole
    number first. Entries that are masked do not count.

    Source: Minder et al. 2023 and its code.
    """
    values: dict[str, float] = {}
    for feature in spec.outputs:
        expected, got = truth[feature.name], answers[feature.name]
        counted = _counted(feature, expected).reshape(len(expected), -1)
        right = (np.round(got) == expected if feature.type is Type.SCALAR else got == expected).reshape(counted.shape)
        if feature.type is not Type.SCALAR:
            shares = (right & counted).sum(axis=1)[counted.any(axis=1)] / counted.sum(axis=1)[counted.any(axis=1)]
            values[f"node_accuracy/{feature.name}"] = float(np.mean(shares)) if len(shares) else 0.0
        values[f"graph_accuracy/{feature.name}"] = float(np.mean((right | ~counted).all(axis=1)))
    return values


class HintTally:
    """The reference's score of each predicted hint, of a test set that is seen in parts.

    A hint's score is the mean over steps, weighted by the samples that are scored at each, of the score that
    `output_scores` gives these samples together. A sample is scored at the steps of its true run for which there is an
    answer. A step at which all classes are masked is left out, where the reference divides 0 by 0.

    Source: the reference's `evaluate_hints`. Its weights are the numbers of live samples; we divide by their sum, which
    is its sum(lengths - 1) where all steps are answered.
    """

    def __init__(self, spec: AlgorithmSpec) -> None:
        self._spec = spec
        self._steps: dict[str, list[tuple[int, Array]]] = {}

    def add(self, name: str, truth: Array, answers: Array, lengths: Array, steps: Array) -> None:
        """Add some samples of a hint.

        Args:
            truth: [T, B, *compact_shape].
            answers: [S, B, *compact_shape]; answer i is of hint i + 1.
            lengths: [B], of the true runs.
            steps: [B], how many of the S answers each sample has.
        """
        sums = self._steps.setdefault(name, [])
        for step in range(1, min(len(truth), len(answers) + 1)):
            scored = (lengths > step) & (steps >= step)
            added = int(scored.sum()), _sums(self._spec[name], truth[step][scored], answers[step - 1][scored])
            if step > len(sums):
                sums.append(added)
            else:
                before = sums[step - 1]
                sums[step - 1] = before[0] + added[0], before[1] + added[1]

    def scores(self) -> dict[str, float]:
        """Return the score of each hint; 0 where no sample was ever scored."""
        scores: dict[str, float] = {}
        for name, steps in self._steps.items():
            feature = self._spec[name]
            scored = [(count, sums) for count, sums in steps if count and (sums[-1] or feature.type is Type.MASK)]
            weight = sum(count for count, _ in scored)
            scores[name] = sum(count * _of_sums(feature, sums) for count, sums in scored) / weight if weight else 0.0
        return scores


def micro_f1(truth: Array, answers: Array) -> float:
    """Return F1 over all 0/1 entries together, with the conventions of `output_scores`."""
    return _f1(*_hits(truth, answers).tolist())


def _hits(truth: Array, answers: Array) -> Array:
    """Return how many entries are rightly answered 1, answered 1, and 1."""
    right, answered, true = (truth == 1) & (answers == 1), answers == 1, truth == 1
    return np.array([right.sum(), answered.sum(), true.sum()], np.float64)


def _f1(hits: float, predicted: float, true: float) -> float:
    precision = hits / predicted if predicted else 1.0
    recall = hits / true if true else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _output_score(feature: Feature, truth: Array, answers: Array) -> float:
    return _of_sums(feature, _sums(feature, truth, answers))


def _sums(feature: Feature, truth: Array, answers: Array) -> Array:
    """Return what a score is made of, which can be added up: of a mask `_hits`, else a total and a number."""
    counted = _counted(feature, truth)
    if feature.type is Type.SCALAR:
        return np.array([np.square(truth - answers)[counted].sum(), counted.sum()])
    if feature.type is Type.MASK:
        return _hits(truth[counted], answers[counted])
    return np.array([(truth[counted] == answers[counted]).sum(), counted.sum()], np.float64)


def _of_sums(feature: Feature, sums: Array) -> float:
    return _f1(*sums.tolist()) if feature.type is Type.MASK else float(sums[0] / sums[1])


def _counted(feature: Feature, truth: Array) -> Array:
    """Return which entries are not masked, nor filled up."""
    if feature.type is Type.SCALAR:
        return ~np.isnan(truth)
    return truth != MASKED if feature.type in (Type.MASK, Type.CATEGORICAL) else np.ones(truth.shape, bool)


def _all_right(spec: AlgorithmSpec, truth: Columns, answers: Columns) -> Array:
    count = len(next(iter(truth.values())))
    right = np.ones(count, bool)
    for feature in spec.outputs:
        expected, got = truth[feature.name], answers[feature.name]
        if feature.type is Type.SCALAR:
            equal = np.isclose(got, expected, rtol=1e-3, atol=1e-3) | np.isnan(expected)
        else:
            equal = (got == expected) | ((expected == MASKED) & (feature.type in (Type.MASK, Type.CATEGORICAL)))
        right &= equal.reshape(count, -1).all(axis=1)
    return right
