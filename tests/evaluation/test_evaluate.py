"""Evaluation over sizes: every metric of every predictor, whatever the chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from nar_bench_processors.mpnn import Mpnn, MpnnConfig

import nar_bench
from nar_bench.data.generate import generate
from nar_bench.data.random import derive_seed
from nar_bench.evaluation import chance
from nar_bench.evaluation import evaluate as module
from nar_bench.evaluation.evaluate import Answers, evaluate
from nar_bench.evaluation.metrics import accepted, score
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.training.validation import predict
from nar_bench.trajectory import Array, Batch


def oracle(batch: Batch) -> Answers:
    hints = {feature.name: batch.padded(feature.name)[1:] for feature in batch.spec.hints if not feature.given}
    return Answers(batch.outputs, hints, batch.lengths - 1)


def measured(algorithm: str, predictor: object, size: int = 8) -> dict[str, float]:
    found = nar_bench.algorithm(algorithm)
    return {metric: value for _, metric, value, _ in evaluate(found, predictor, [size], 6, 0, {})}  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort", "lcs_length", "floyd_warshall"])
def test_an_oracle_has_full_marks_for_outputs_and_every_hint(algorithm: str) -> None:
    values = measured(algorithm, oracle)
    spec = nar_bench.algorithm(algorithm).spec
    for feature in spec.hints:
        assert values[f"hint/{feature.name}"] == (0 if feature.type == "scalar" else 1)
    assert values["score"] == values["exact_match"] == values["validity"] == 1


def test_who_predicts_no_hints_is_not_scored_on_them() -> None:
    blind = measured("bfs", lambda batch: oracle(batch)._replace(hints={}))
    assert not [metric for metric in blind if metric.startswith("hint/")]


@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort"])
def test_chunks_change_no_metric(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    spec = nar_bench.algorithm(algorithm).spec
    net = Net(spec, Mpnn(MpnnConfig(), 8), REGIMES["hints"], NetConfig(8), torch.Generator().manual_seed(0)).eval()
    seen: list[int] = []

    def predicted(batch: Batch) -> Answers:
        seen.append(len(batch))
        answers = predict(net, batch)
        assert all(value.dtype.itemsize * value[0, 0].size <= 8 * 8 for value in answers.hints.values())  # decided
        return answers

    whole = measured(algorithm, predicted)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 2 * 64)
    parts = measured(algorithm, predicted)
    assert seen == [6, 2, 2, 2]
    assert parts == pytest.approx(whole, abs=1e-5)
    assert {f"hint/{hint.name}" for hint in spec.hints} <= set(whole)
    assert 0 < np.mean([whole[f"hint/{hint.name}"] for hint in spec.hints]) < 1


def wrong_now_and_then(batch: Batch) -> Answers:
    """Depends on each sample alone, not on its chunk: what is true at an even sum of an instance, else shifted."""
    answers = oracle(batch)
    inputs = sum(np.abs(column.reshape(len(batch), -1)).sum(axis=1) for column in batch.inputs.values())
    odd = np.floor(inputs * 7) % 2 == 1

    def spoilt(column: Array, axis: int) -> Array:
        rolled = np.roll(column, 1, axis=-1) if column.ndim > axis + 1 else column
        return np.where(odd.reshape((1,) * axis + (-1,) + (1,) * (column.ndim - axis - 1)), rolled, column)

    return Answers(
        {name: spoilt(column, 0) for name, column in answers.outputs.items()},
        {name: spoilt(column, 1) for name, column in answers.hints.items()},
        answers.steps,
    )


@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort"])
def test_equal_answers_score_the_same_to_the_last_bit_in_any_chunks(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = nar_bench.algorithm(algorithm)
    whole = measured(algorithm, wrong_now_and_then)
    batch = nar_bench.generate(algorithm, 8, 6, derive_seed("evaluate", 0, 8))
    outputs = wrong_now_and_then(batch).outputs
    assert 0 < whole["score"] < 1
    assert whole["score"] == score(found.spec, batch.outputs, outputs)
    assert whole["validity"] == accepted(found, batch, outputs).mean()
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 4 * 64)
    parts = measured(algorithm, wrong_now_and_then)
    scalars = {f"hint/{hint.name}" for hint in found.spec.hints if hint.type == "scalar"}
    for metric, value in whole.items():
        assert parts[metric] == (pytest.approx(value, rel=1e-12) if metric in scalars else value)


def test_hints_are_made_for_one_chunk_at_a_time_and_none_for_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, bool]] = []

    def spied(*arguments: Any, **options: Any) -> Batch:
        made.append((arguments[2], options.get("hints", True)))
        return generate(*arguments, **options)

    monkeypatch.setattr(module, "generate", spied)
    monkeypatch.setattr(chance, "generate", spied)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 4 * 64)
    measured("bfs", oracle)
    assert made == [(4, True), (2, True), (chance.INSTANCES, False)]
