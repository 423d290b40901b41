"""Answers on sparse graphs are judged as answers on dense ones, although graphs have unlike numbers of edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nar_bench
from nar_bench.evaluation import evaluate as evaluation
from nar_bench.evaluation.chance import _most_frequent, constant_answers
from nar_bench.evaluation.evaluate import Answers, evaluate
from nar_bench.evaluation.metrics import (
    HintTally,
    accepted,
    exact_match,
    node_and_graph_accuracy,
    output_f1,
    output_scores,
)
from nar_bench.evaluation.rectangle import joined, rectangular
from nar_bench.layouts import as_dense
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Layout
from nar_bench.trajectory import Columns, SparseBatch


def noisy(batch: SparseBatch, seed: int, share: float) -> Columns:
    """Return the outputs with a share of the entries replaced by others."""
    rng, answers = np.random.default_rng(seed), {}
    for feature in batch.spec.outputs:
        true = batch.outputs[feature.name]
        other = rng.permutation(true.reshape(-1)).reshape(true.shape)
        answers[feature.name] = np.where(rng.random(true.shape) < share, other, true).astype(true.dtype)
    return answers


def measured(name: str, share: float = 0.2, hints: bool = False) -> dict[str, float]:
    """Measure answers of which some entries are wrong; which, depends on the instance alone."""

    def predict(batch: SparseBatch) -> Answers:
        runs = [batch.select([run]) for run in range(len(batch))]
        answers = [noisy(run, int(run.inputs["pos"].size + run.inputs["edges"].sum()), share) for run in runs]
        whole = {key: np.concatenate([one[key] for one in answers]) for key in answers[0]}
        shown = {f.name: batch.padded(f.name)[1:] for f in batch.spec.hints if not f.given} if hints else {}
        return Answers(whole, shown, np.maximum(batch.lengths - 1, 1))

    found = nar_bench.algorithm(name)
    return {metric: value for _, metric, value, _ in evaluate(found, predict, [17], 9, 0, {}, hints=hints)}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["sparse_bfs", "fast_mis", "eccentricity"])
def test_a_test_set_may_be_judged_in_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measured(name, hints=True)
    monkeypatch.setattr(evaluation, "_NODES_AT_ONCE", 40)  # two graphs at a time
    parts = measured(name, hints=True)
    assert parts.keys() == whole.keys()
    for metric, value in whole.items():
        assert parts[metric] == pytest.approx(value, abs=1e-12), metric
    (output,) = nar_bench.algorithm(name).spec.outputs
    assert {f"graph_accuracy/{output.name}", "validity", "chance"} <= whole.keys()
    assert any(metric.startswith("hint/") for metric in whole)


def test_answers_that_are_right_are_all_right() -> None:
    perfect = measured("sparse_bfs", share=0.0)
    for metric in ("score", "exact_match", "validity", "node_accuracy/pi", "graph_accuracy/pi", "chance_corrected"):
        assert perfect[metric] == 1, metric
    assert perfect["chance"] < 0.5
    assert not any(metric.startswith("hint/") for metric in perfect)


def test_accuracies_of_nodes_and_graphs_are_those_of_salsa() -> None:
    """Worked out graph by graph and node by node."""
    batch = nar_bench.generate("sparse_bfs", 9, 12, seed=1)
    answers = noisy(batch, 3, 0.04)  # type: ignore[arg-type]
    shares = []
    for true, got in zip(batch.outputs["pi"].tolist(), answers["pi"].tolist(), strict=True):
        shares.append(sum(one == other for one, other in zip(true, got, strict=True)) / 9)
    found = node_and_graph_accuracy(batch.spec, batch.outputs, answers)
    assert found["node_accuracy/pi"] == pytest.approx(sum(shares) / 12)
    assert found["graph_accuracy/pi"] == pytest.approx(shares.count(1.0) / 12)
    assert 0 < found["graph_accuracy/pi"] < 1
    depth = nar_bench.generate("eccentricity", 9, 4, seed=1)
    near = {"eccentricity": depth.outputs["eccentricity"] + np.array([0.4, -0.4, 0.6, 0])}
    assert node_and_graph_accuracy(depth.spec, depth.outputs, near) == {"graph_accuracy/eccentricity": 0.75}


MASK = Feature("chosen", "output", "edge", "mask")  # type: ignore[arg-type]
NUMBER = Feature("flow", "output", "edge", "scalar")  # type: ignore[arg-type]
EDGES = AlgorithmSpec((Feature("x", "input", "node", "scalar"), MASK, NUMBER), Layout.SPARSE)  # type: ignore[arg-type]


def on_edges(seed: int) -> tuple[SparseBatch, Columns]:
    """Return runs with outputs on edges, and answers."""
    rng = np.random.default_rng(seed)
    drawn = nar_bench.generate("sparse_bfs", 8, 5, seed=seed)
    assert isinstance(drawn, SparseBatch)
    count = len(drawn.inputs["edges"])
    inputs = {"x": drawn.inputs["pos"], "edges": drawn.inputs["edges"]}
    outputs = {"chosen": rng.integers(-1, 2, count).astype(np.int8), "flow": rng.random(count)}
    answers = {
        "chosen": np.where(rng.random(count) < 0.3, 1, outputs["chosen"]).astype(np.int8),
        "flow": outputs["flow"] + (rng.random(count) < 0.1),
    }
    return replace(drawn, spec=EDGES, inputs=inputs, hints={}, outputs=outputs), answers


def test_outputs_on_edges_are_judged_graph_by_graph() -> None:
    batch, answers = on_edges(1)
    assert len(set(np.diff(batch.edge_offsets).tolist())) > 1
    truth, given_ = (rectangular(EDGES, columns, batch) for columns in (batch.outputs, answers))
    assert output_scores(EDGES, truth, given_) == output_scores(EDGES, batch.outputs, answers)
    exact, shares, f1 = [], [], []
    for run in range(5):
        at = slice(*batch.edge_offsets[run : run + 2])
        mask, got = batch.outputs["chosen"][at], answers["chosen"][at]
        kept = mask != MASKED
        near = np.abs(batch.outputs["flow"][at] - answers["flow"][at]) < 1e-3
        exact.append(bool((mask[kept] == got[kept]).all() and near.all()))
        shares.append((mask[kept] == got[kept]).mean())
        hits = ((mask == 1) & (got == 1)).sum()
        f1.append(2 * hits / ((got[kept] == 1).sum() + (mask == 1).sum()))
    assert exact_match(EDGES, truth, given_) == np.mean(exact)
    assert node_and_graph_accuracy(EDGES, truth, given_)["node_accuracy/chosen"] == pytest.approx(np.mean(shares))
    assert output_f1(EDGES, truth, given_)["graph_mean_f1/chosen"] == pytest.approx(np.mean(f1))
    other, more = on_edges(2)
    both = joined(EDGES, [given_, rectangular(EDGES, more, other)])
    true = joined(EDGES, [truth, rectangular(EDGES, other.outputs, other)])
    pooled = [np.concatenate([one[name] for one in (batch.outputs, other.outputs)]) for name in ("chosen", "flow")]
    got_pooled = [np.concatenate([one[name] for one in (answers, more)]) for name in ("chosen", "flow")]
    expected = output_scores(
        EDGES,
        dict(zip(("chosen", "flow"), pooled, strict=True)),
        dict(zip(("chosen", "flow"), got_pooled, strict=True)),
    )
    assert output_scores(EDGES, true, both) == pytest.approx(expected)


def test_a_verifier_sees_the_answer_on_the_edges_that_there_are() -> None:
    batch, answers = on_edges(1)
    seen = []

    def verify(inputs: Columns, outputs: Columns) -> bool:
        seen.append((len(inputs["edges"]), len(outputs["chosen"]), len(outputs["flow"])))
        return True

    described = replace(nar_bench.algorithm("sparse_bfs"), spec=EDGES, verify=verify)
    assert accepted(described, batch, rectangular(EDGES, answers, batch)).all()
    assert seen
    assert all(len(set(one)) == 1 for one in seen)


def test_hints_on_edges_are_tallied_as_in_the_dense_layout() -> None:
    batch = nar_bench.generate("eccentricity", 9, 6, seed=2)
    assert isinstance(batch, SparseBatch)
    rng = np.random.default_rng(0)
    wrong = {**batch.hints, "tree": np.where(rng.random(batch.hints["tree"].shape) < 0.2, 1, batch.hints["tree"])}
    other = replace(batch, hints=wrong)
    scores = []
    for one, two in ((batch, other), (as_dense(batch), as_dense(other))):
        tally = HintTally(one.spec)
        columns = ({"tree": part.padded("tree")} for part in (one, two))
        true, got = (rectangular(one.spec, column, one)["tree"] for column in columns)
        tally.add("tree", true, got[1:], batch.lengths, batch.lengths - 1)
        scores.append(tally.scores()["tree"])
    assert scores[0] == pytest.approx(scores[1])
    assert 0.3 < scores[0] < 1


@given(st.lists(st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=1, max_size=9))
def test_the_most_frequent_value_is_counted(rows: list[list[int]]) -> None:
    values = np.array(rows)
    for column, found in zip(values.T, _most_frequent(values), strict=True):
        counts = [(column == one).sum() for one in range(5)]
        assert found == int(np.argmax(counts))


def test_chance_is_one_answer_to_every_graph() -> None:
    truth = {"pi": np.zeros((3, 40), np.int16)}
    answers = constant_answers(nar_bench.algorithm("sparse_bfs"), 40, truth, 0)
    assert answers["pi"].shape == (3, 40)
    assert (answers["pi"] == answers["pi"][0]).all()
