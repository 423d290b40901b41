"""Batches as tensors against the dense layout, and permutations closed to cycles."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nar_bench
from nar_bench.model.answers import fuse_permutation
from nar_bench.model.tensors import cyclic_permutation, expand, to_tensors
from nar_bench.spec import Feature, Location, Stage, Type


@pytest.mark.parametrize("algorithm", ["bfs", "bellman_ford", "insertion_sort"])
def test_expanded_tensors_are_the_dense_trajectories(algorithm: str) -> None:
    batch = nar_bench.generate(algorithm, size=7, count=5, seed=0)
    tensors = to_tensors(batch)
    for row, run in enumerate(batch):
        for feature in batch.spec.inputs:
            ours = expand(feature, tensors.inputs[feature.name], 7)[row].numpy()
            np.testing.assert_allclose(ours, run.inputs[feature.name], rtol=1e-6)
        for feature in batch.spec.hints:
            ours = expand(feature, tensors.hints[feature.name], 7)[: run.length, row].numpy()
            dense = run.hints[feature.name]
            np.testing.assert_allclose(ours, np.eye(7)[dense] if feature.type is Type.POINTER else dense, rtol=1e-6)
        assert not tensors.hints[batch.spec.hints[0].name][run.length :, row].any()


def test_steps_and_live_predictions_follow_the_lengths() -> None:
    batch = nar_bench.generate("bellman_ford", size=9, count=8, seed=0)
    tensors = to_tensors(batch)
    assert tensors.steps == max(batch.lengths) - 1
    for row, length in enumerate(batch.lengths):
        assert tensors.last_steps()[row] == max(0, length - 2)
        assert tensors.live()[:, row].tolist() == [step + 1 < length for step in range(tensors.steps)]


def test_a_masked_class_is_written_as_the_reference_writes_it() -> None:
    feature = Feature("b", Stage.HINT, Location.EDGE, Type.CATEGORICAL, 3)
    assert expand(feature, torch.tensor([0, 2, -1]), 4).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, -1]]


@given(st.lists(st.permutations(range(6)), min_size=1, max_size=3))
def test_closing_an_order_to_a_cycle_and_opening_it_gives_the_order(orders: list[list[int]]) -> None:
    pred = torch.empty(len(orders), 6, dtype=torch.int64)
    for row, order in enumerate(orders):
        pred[row, order[0]] = order[0]
        pred[row, order[1:]] = torch.tensor(order[:-1])
    cyclic, first = cyclic_permutation(pred)
    assert [int(one) for one in first] == [order[0] for order in orders]
    assert all(sorted(row.tolist()) == list(range(6)) for row in cyclic)
    one_hot = torch.eye(6)
    torch.testing.assert_close(fuse_permutation(one_hot[cyclic], one_hot[first]), pred)


def test_a_single_node_is_its_own_predecessor() -> None:
    cyclic, first = cyclic_permutation(torch.zeros(2, 1, dtype=torch.int64))
    assert cyclic.tolist() == [[0], [0]]
    assert first.tolist() == [0, 0]
