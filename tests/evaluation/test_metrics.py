"""Scores on values worked out by hand; equality with the reference is tested in tests/model/test_units.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.evaluation.metrics import (
    HintTally,
    accepted,
    chance_corrected,
    exact_match,
    micro_f1,
    output_f1,
    output_scores,
    score,
    selection_score,
)
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array

X = Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR)
MASK = Feature("m", Stage.OUTPUT, Location.NODE, Type.MASK)
POINTER = Feature("p", Stage.OUTPUT, Location.NODE, Type.POINTER)
SCALAR = Feature("y", Stage.OUTPUT, Location.GRAPH, Type.SCALAR)


def test_f1_pools_all_instances_and_is_no_mean_over_them() -> None:
    truth = {"m": np.array([[1, 1, 1, 1], [0, 0, 0, 1]])}
    answers = {"m": np.array([[1, 1, 1, 1], [1, 1, 1, 0]])}
    # pooled: 4 hits, 7 predicted, 5 true; a mean over instances would be (1 + 0) / 2
    assert output_scores(AlgorithmSpec((X, MASK)), truth, answers)["m"] == pytest.approx(2 * 4 / (7 + 5))


def test_masked_entries_do_not_count() -> None:
    truth = {"m": np.array([[1, 0, -1, -1]])}
    answers = {"m": np.array([[1, 0, 1, 0]])}
    spec = AlgorithmSpec((X, MASK))
    assert score(spec, truth, answers) == 1
    assert exact_match(spec, truth, answers) == 1


@pytest.mark.parametrize(
    ("truth", "answers", "expected"),
    [
        ([0, 0], [0, 0], 1.0),  # precision and recall are 1 where there is nothing to find
        ([1, 0], [0, 0], 0.0),
        ([0, 0], [1, 0], 0.0),
        ([1, 1], [1, 0], 2 / 3),
    ],
)
def test_f1_of_nothing_follows_the_reference(truth: list[int], answers: list[int], expected: float) -> None:
    assert micro_f1(np.array(truth), np.array(answers)) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_f1_is_twice_the_hits_over_predicted_and_true(pairs: list[tuple[bool, bool]]) -> None:
    truth, answers = np.array(pairs).astype(int).T
    if truth.sum() + answers.sum():
        expected = 2 * (truth * answers).sum() / (truth.sum() + answers.sum())
        assert micro_f1(truth, answers) == pytest.approx(expected)


def test_the_score_is_the_plain_mean_over_outputs() -> None:
    spec = AlgorithmSpec((X, MASK, POINTER))
    truth = {"m": np.array([[1, 0]]), "p": np.array([[0, 0]])}
    answers = {"m": np.array([[1, 0]]), "p": np.array([[0, 1]])}
    assert score(spec, truth, answers) == pytest.approx((1 + 0.5) / 2)


def test_a_scalar_output_is_measured_by_its_squared_error() -> None:
    truth, answers = {"y": np.array([1.0, 2.0])}, {"y": np.array([1.0, 4.0])}
    spec = AlgorithmSpec((X, SCALAR))
    assert output_scores(spec, truth, answers)["y"] == 2
    assert exact_match(spec, truth, answers) == 0.5


def test_an_instance_is_exact_only_with_every_output_right() -> None:
    spec = AlgorithmSpec((X, MASK, POINTER))
    truth = {"m": np.array([[1, 0], [1, 0], [0, 0]]), "p": np.array([[0, 0], [1, 1], [1, 0]])}
    answers = {"m": np.array([[1, 0], [1, 1], [0, 0]]), "p": np.array([[0, 0], [1, 1], [1, 1]])}
    assert exact_match(spec, truth, answers) == pytest.approx(1 / 3)


def test_another_breadth_first_tree_is_valid_but_not_exact() -> None:
    square = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]])
    bfs = nar_bench.algorithm("bfs")
    inputs, nodes = bfs.compact_inputs({"A": square, "s": 0})
    batch = bfs.execute({name: np.stack([value] * 3) for name, value in inputs.items()}, nodes)
    answers = {"pi": np.array([batch.outputs["pi"][0], [0, 0, 0, 2], [0, 0, 0, 0]])}
    assert batch.outputs["pi"][0].tolist() == [0, 0, 0, 1]
    assert accepted(bfs, batch, answers).tolist() == [True, True, False]
    assert exact_match(bfs.spec, batch.outputs, answers) == pytest.approx(1 / 3)
    assert score(bfs.spec, batch.outputs, answers) == pytest.approx((4 + 3 + 3) / 12)


@pytest.mark.parametrize("algorithm", ["bfs", "bellman_ford", "insertion_sort"])
def test_an_algorithms_own_outputs_have_full_marks(algorithm: str) -> None:
    found = nar_bench.algorithm(algorithm)
    batch = nar_bench.generate(algorithm, size=8, count=20, seed=0)
    assert score(found.spec, batch.outputs, batch.outputs) == 1
    assert exact_match(found.spec, batch.outputs, batch.outputs) == 1
    assert accepted(found, batch, batch.outputs).all()
    assert all(found.verify(run.inputs, run.outputs) for run in batch)


def test_scores_are_corrected_for_chance() -> None:
    assert chance_corrected(0.75, 0.5) == 0.5
    assert chance_corrected(0.5, 0.5) == 0
    assert chance_corrected(0.25, 0.5) == -0.5
    assert chance_corrected(1.0, 1.0) == 0


def test_f1_is_pooled_over_all_nodes_and_averaged_over_graphs() -> None:
    spec = AlgorithmSpec(
        (
            Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
            Feature("m", Stage.OUTPUT, Location.NODE, Type.MASK),
            Feature("p", Stage.OUTPUT, Location.NODE, Type.POINTER),
        )
    )
    truth = {"m": np.array([[1, 1, 1, 0], [1, 0, -1, 0], [-1, -1, -1, -1]]), "p": np.array([[0, 1, 2, 3]] * 3)}
    answers = {"m": np.array([[1, 1, 1, 0], [0, 1, 1, 0], [1, 1, 1, 1]]), "p": np.array([[0, 1, 2, 0]] * 3)}
    # 3 hits, 4 counted positives answered, 4 true: 0.75; the graphs have 1 and 0, and the third has no entry.
    assert output_f1(spec, truth, answers) == {
        "micro_f1/m": 0.75,
        "graph_mean_f1/m": 0.5,
        "micro_f1/p": 0.75,
        "graph_mean_f1/p": 0.75,
    }


HINTS = AlgorithmSpec(
    (
        X,
        *(
            Feature(kind.value, Stage.HINT, Location.NODE, kind, 3 if kind is Type.CATEGORICAL else 0)
            for kind in (Type.POINTER, Type.MASK, Type.CATEGORICAL, Type.SCALAR, Type.MASK_ONE)
        ),
        MASK,
    )
)


def hint_scores(name: str, truth: Array, answers: Array, lengths: list[int], steps: list[int]) -> dict[str, float]:
    tally = HintTally(HINTS)
    tally.add(name, truth, answers, np.array(lengths), np.array(steps))
    return tally.scores()


def test_hints_are_scored_at_each_step_on_the_samples_that_live() -> None:
    truth = np.zeros((4, 2, 2), int)
    answers = np.array([[[0, 0], [0, 1]], [[1, 1], [1, 1]], [[0, 1], [1, 1]]])
    # Step 1: both samples, 3 of 4 right; steps 2 and 3: the second sample has ended, 0 and 1 of 2 right.
    expected = (2 * 0.75 + 1 * 0.0 + 1 * 0.5) / 4
    assert hint_scores("pointer", truth, answers, [4, 2], [3, 3]) == {"pointer": pytest.approx(expected)}
    # The first sample makes one step, so that it has no more to be scored.
    assert hint_scores("pointer", truth, answers, [4, 2], [1, 3]) == {"pointer": pytest.approx(0.75)}


def test_a_hint_that_nobody_has_scores_nothing_and_one_that_is_masked_throughout_is_left_out() -> None:
    one = np.zeros((1, 2, 2), int)
    assert hint_scores("pointer", one, one, [1, 1], [1, 1]) == {"pointer": 0.0}
    truth = np.array([[[0, 0]], [[MASKED, MASKED]], [[1, 2]]])
    assert hint_scores("categorical", truth, np.array([[[0, 0]], [[1, 1]]]), [3], [2]) == {"categorical": 0.5}
    # Of a mask with nothing to find, precision and recall are 1, as in the reference.
    assert hint_scores("mask", truth.clip(max=0), np.array([[[0, 0]], [[1, 1]]]), [3], [2]) == {"mask": 0.5}


@settings(deadline=None)
@given(data=st.data())
def test_hints_score_the_same_in_any_parts_and_as_outputs_of_each_step_would(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([feature.type for feature in HINTS.hints]))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    shape = (5, 6) if kind is Type.MASK_ONE else (5, 6, 3)
    low, high = {Type.MASK: (-1, 2), Type.CATEGORICAL: (-1, 3)}.get(kind, (0, 3))
    truth, answers = rng.integers(low, high, shape), rng.integers(0, high, shape)[:4]
    if kind is Type.SCALAR:
        truth = truth + rng.random(shape)
    lengths, steps = rng.integers(1, 6, 6), rng.integers(1, 5, 6)
    whole = hint_scores(kind.value, truth, answers, lengths.tolist(), steps.tolist())
    tally = HintTally(HINTS)
    cut = data.draw(st.integers(1, 5))
    for part in (slice(None, cut), slice(cut, None)):
        longest = int(lengths[part].max())  # parts are padded to their own longest run, and have their own S
        made = int(steps[part].max())
        tally.add(kind.value, truth[:longest, part], answers[:made, part], lengths[part], steps[part])
    assert tally.scores() == pytest.approx(whole)
    total, weight = 0.0, 0
    output = Feature("o", Stage.OUTPUT, Location.NODE, kind, 3 if kind is Type.CATEGORICAL else 0)
    for step in range(1, 5):
        scored = (lengths > step) & (steps >= step)
        found = {"o": truth[step][scored]}
        if scored.any() and not (kind is Type.CATEGORICAL and (found["o"] == MASKED).all()):
            at = output_scores(AlgorithmSpec((X, output)), found, {"o": answers[step - 1][scored]})
            total, weight = total + scored.sum() * at["o"], weight + scored.sum()
    assert whole[kind.value] == pytest.approx(total / weight if weight else 0.0)


def test_weights_are_selected_by_what_is_greater_where_answers_are_better() -> None:
    spec, truth = AlgorithmSpec((X, SCALAR, MASK)), {"y": np.array([1.0, 2.0]), "m": np.array([[1, 0], [0, 1]])}
    right, near, far = (
        selection_score(spec, truth, {"y": np.array([1.0, 2.0 + error]), "m": truth["m"]}) for error in (0, 1, 2)
    )
    assert right == 1
    assert near == pytest.approx((1 / 1.5 + 1) / 2)
    assert far < near
    assert score(spec, truth, {"y": np.array([1.0, 4.0]), "m": truth["m"]}) > score(spec, truth, truth)
    assert selection_score(AlgorithmSpec((X, MASK)), truth, {"m": np.array([[1, 1], [0, 1]])}) == pytest.approx(0.8)
