"""Losses on values worked out by hand; equality with the reference is tested in tests/model/test_units.py."""

from __future__ import annotations

import math

import pytest
import torch

from nar_bench.model.predictions import Predictions
from nar_bench.model.tensors import TensorBatch
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.training.losses import supervised_loss

X = Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR)
SCALAR_OUTPUT = Feature("y", Stage.OUTPUT, Location.GRAPH, Type.SCALAR)


def batch_of(
    spec: AlgorithmSpec, hints: dict[str, torch.Tensor], outputs: dict[str, torch.Tensor], lengths: list[int]
) -> TensorBatch:
    return TensorBatch(spec, 2, {}, hints, outputs, torch.tensor(lengths))


def test_an_output_is_a_mean_over_the_batch_and_masked_entries_do_not_count() -> None:
    mask = Feature("m", Stage.OUTPUT, Location.NODE, Type.MASK)
    batch = batch_of(AlgorithmSpec((X, mask)), {}, {"m": torch.tensor([[1.0, 0.0], [1.0, -1.0]])}, [2, 2])
    raw = torch.tensor([[0.0, 0.0], [math.log(3), 50.0]], requires_grad=True)
    total, parts = supervised_loss(Predictions({"m": raw}, {}, None, batch.last_steps() + 1), batch)
    assert total.item() == pytest.approx((2 * math.log(2) + math.log(4 / 3)) / 3)
    assert list(parts) == ["output/m"]
    total.backward()
    assert raw.grad is not None
    assert raw.grad[1, 1] == 0


def test_a_hint_is_compared_with_the_next_one_and_long_runs_weigh_more() -> None:
    hint = Feature("h", Stage.HINT, Location.GRAPH, Type.SCALAR)
    # Run 0 has hints 5, 1, 2; run 1 has 5, 3 and is padded.
    hints = {"h": torch.tensor([[5.0, 5.0], [1.0, 3.0], [2.0, 99.0]])}
    batch = batch_of(AlgorithmSpec((X, hint, SCALAR_OUTPUT)), hints, {"y": torch.zeros(2)}, [3, 2])
    raw = {"h": torch.tensor([[0.0, 1.0], [0.0, 7.0]])}
    total, parts = supervised_loss(Predictions({"y": torch.full((2,), 0.5)}, raw, None, batch.last_steps() + 1), batch)
    assert parts["hint/h"].item() == pytest.approx((1 + 4 + 4) / 3)
    assert parts["output/y"].item() == pytest.approx(0.25)
    assert total.item() == pytest.approx(3.25)


def test_hints_that_were_not_predicted_do_not_count() -> None:
    hint = Feature("h", Stage.HINT, Location.GRAPH, Type.SCALAR)
    batch = batch_of(AlgorithmSpec((X, hint, SCALAR_OUTPUT)), {"h": torch.ones(3, 2)}, {"y": torch.zeros(2)}, [3, 3])
    assert list(supervised_loss(Predictions({"y": torch.zeros(2)}, {}, None, batch.last_steps() + 1), batch)[1]) == [
        "output/y"
    ]


def test_a_permutation_is_trained_as_a_cycle_with_its_first_node() -> None:
    order = Feature("p", Stage.OUTPUT, Location.NODE, Type.PERMUTATION_POINTER)
    batch = batch_of(AlgorithmSpec((X, order)), {}, {"p": torch.tensor([[0, 0]])}, [2])
    log_p = torch.tensor([[[-100.0, -0.5], [-0.25, -100.0]]])  # node 0 is the first, so the cycle points it at node 1
    raw = {"p": log_p, "p_mask": torch.tensor([[0.0, math.log(3)]])}
    _, parts = supervised_loss(Predictions(raw, {}, None, batch.last_steps() + 1), batch)
    assert parts["output/p"].item() == pytest.approx((0.5 + 0.25) / 2)
    assert parts["output/p_mask"].item() == pytest.approx(math.log(4))


def test_a_feature_that_is_masked_everywhere_has_loss_zero_and_finite_gradients() -> None:
    masked = Feature("c", Stage.OUTPUT, Location.NODE, Type.CATEGORICAL, 3)
    batch = batch_of(AlgorithmSpec((X, masked)), {}, {"c": torch.full((1, 2), -1)}, [2])
    raw = torch.zeros(1, 2, 3, requires_grad=True)
    total, _ = supervised_loss(Predictions({"c": raw}, {}, None, batch.last_steps() + 1), batch)
    total.backward()
    assert total == 0
    assert raw.grad is not None
    assert not raw.grad.any()


def test_a_penalty_is_a_mean_over_the_steps_that_each_sample_made() -> None:
    # Three, one and one steps, which is not what the lengths say; what lies beyond is of no consequence.
    hint = Feature("h", Stage.HINT, Location.GRAPH, Type.SCALAR)
    batch = batch_of(
        AlgorithmSpec((X, hint, SCALAR_OUTPUT)), {"h": torch.zeros(4, 3)}, {"y": torch.zeros(3)}, [4, 4, 2]
    )
    made = torch.tensor([[1.0, 4.0, 5.0], [2.0, 90.0, 90.0], [6.0, 90.0, 90.0]], requires_grad=True)
    total, parts = supervised_loss(
        Predictions({"y": torch.zeros(3)}, {}, None, torch.tensor([3, 1, 1]), penalties=made), batch
    )
    assert parts["penalty"].item() == total.item() == pytest.approx((3 + 4 + 5) / 3)
    total.backward()
    assert made.grad is not None
    torch.testing.assert_close(made.grad, torch.tensor([[1 / 9, 1 / 3, 1 / 3], [1 / 9, 0.0, 0.0], [1 / 9, 0.0, 0.0]]))
