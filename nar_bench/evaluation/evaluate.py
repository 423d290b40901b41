"""Measure a predictor at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import derive_seed
from nar_bench.evaluation.chance import constant_answers
from nar_bench.evaluation.metrics import (
    HintTally,
    accepted,
    chance_corrected,
    exact_match,
    node_and_graph_accuracy,
    output_f1,
    output_scores,
    score,
)
from nar_bench.evaluation.rectangle import joined, rectangular
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import Layout, Type
from nar_bench.trajectory import Array, Batch, Columns, SparseBatch

_PAIRS_AT_ONCE = 131_072
"""Node pairs that are predicted at once: 32 graphs of 64 nodes; bounds the memory of large sizes."""
_NODES_AT_ONCE = 4096
"""The same of sparse graphs, whose memory grows with their edges alone: at a width of 128 some 100 MiB, and of an
algorithm of 3 N steps as much again for each of its hints on nodes."""

Measured = tuple[int, str, float, int]
"""(size, metric, value, number of instances)"""


class Answers(NamedTuple):
    """What is predicted for a batch of B, compact."""

    outputs: Columns
    """name -> [B, *compact_shape]."""
    hints: Columns
    """name -> [S, B, *compact_shape], answer i is of hint i + 1; empty where none are predicted."""
    steps: Array
    """[B] how many of the S each sample has."""


def evaluate(
    algorithm: Algorithm,
    predict: Callable[[Batch | SparseBatch], Answers],
    sizes: Sequence[int],
    count: int,
    seed: int,
    shift: Mapping[str, ShiftValue],
    on_size: Callable[[int], None] = lambda size: None,
    on_answers: Callable[[int, Columns, Columns], None] = lambda size, truth, answers: None,
    *,
    hints: bool = True,
    test: Callable[[int], Batch] | None = None,
) -> Iterator[Measured]:
    """Yield every metric at every size.

    Args:
        predict: returns the answers to a batch; it may read the batch's inputs, its lengths and its first hints.
        sizes: problem sizes.
        count: test instances at each size.
        seed: of the test instances; they depend on (seed, size) and on nothing of the trial.
        shift: shift axes of the test distribution.
        on_size: called before each size.
        test: returns the test instances of a size, at least `count`; None to draw them.
        on_answers: called with each size, the true outputs of all its instances and the answers, compact; features on
            edges of sparse graphs as `rectangular` makes them.
        hints: whether instances that are drawn have them; at sizes of a hundred thousand they can take gigabytes.

    Metrics: `score` and `score/<output>` (the reference's, pooled over all instances), `exact_match`, `validity`,
    `micro_f1/<output>` and `graph_mean_f1/<output>`, `chance`, the score of the best answer that does not look at the
    input, `chance_corrected`, the score above it (where no output is a scalar), and `hint/<hint>`, the reference's
    score of each hint that is predicted (see `HintTally`). For algorithms on sparse graphs also
    `node_accuracy/<output>` and `graph_accuracy/<output>`.
    """
    for size in sizes:
        on_size(size)
        spec, measured = algorithm.spec, _in_chunks(algorithm, predict, size, count, seed, shift, hints, test)
        truth, answers = measured.truth, measured.answers
        on_answers(size, truth, answers)
        floor = constant_answers(algorithm, size, truth, seed, **shift)
        reached, chance = score(spec, truth, answers), score(spec, truth, floor)
        values = {
            "score": reached,
            **{f"score/{name}": value for name, value in output_scores(spec, truth, answers).items()},
            "exact_match": exact_match(spec, truth, answers),
            "validity": float(np.mean(measured.accepted)),
            **output_f1(spec, truth, answers),
            "chance": chance,
            **{f"hint/{name}": value for name, value in measured.hints.items()},
        }
        if all(feature.type is not Type.SCALAR for feature in spec.outputs):
            values["chance_corrected"] = chance_corrected(reached, chance)
        if spec.layout is Layout.SPARSE:
            values |= node_and_graph_accuracy(spec, truth, answers)
        for metric, value in values.items():
            yield size, metric, value, count


class _Answered(NamedTuple):
    """A test set's outputs, true and answered, which are small, and what is known of the rest."""

    truth: Columns
    answers: Columns
    accepted: Array
    """[count]"""
    hints: dict[str, float]
    """The score of each predicted hint."""


def _in_chunks(
    algorithm: Algorithm,
    predict: Callable[[Batch | SparseBatch], Answers],
    size: int,
    count: int,
    seed: int,
    shift: Mapping[str, ShiftValue],
    hints: bool,
    test: Callable[[int], Batch] | None,
) -> _Answered:
    """Make the instances, predict and judge them a chunk at a time.

    Inputs and hints, true and predicted, are held for one chunk alone: of 32 instances of an algorithm with hints on
    edges, such as floyd_warshall at n = 256, they take gigabytes.
    """
    spec, nodes = algorithm.spec, max(1, algorithm.nodes(size))
    at_once = max(1, _NODES_AT_ONCE // nodes if spec.layout is Layout.SPARSE else _PAIRS_AT_ONCE // nodes**2)
    tally, truth, answered, right = HintTally(algorithm.spec), [], [], []
    whole = test(size) if test else None
    for start in range(0, count, at_once):
        drawn = min(at_once, count - start)
        if whole is None:
            drawn_from = derive_seed("evaluate", seed, size)
            chunk = generate(algorithm, size, drawn, drawn_from, first=start, hints=hints, **shift)
        else:
            chunk = whole.select(np.arange(start, start + drawn))
        answers = predict(chunk)
        truth.append(rectangular(spec, chunk.outputs, chunk))
        answered.append(rectangular(spec, answers.outputs, chunk))
        right.append(accepted(algorithm, chunk, answered[-1]))
        for name in answers.hints:
            of_hint = ({name: chunk.padded(name)}, {name: answers.hints[name]})
            expected, predicted = (rectangular(spec, columns, chunk)[name] for columns in of_hint)
            tally.add(name, expected, predicted, chunk.lengths, answers.steps)
    return _Answered(joined(spec, truth), joined(spec, answered), np.concatenate(right), tally.scores())
