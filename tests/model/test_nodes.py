"""Node vectors kept as their features equal the vectors themselves, alone and with others behind them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nar_bench.model.nodes import NodeVectors, node_map


def made(*features: int) -> tuple[NodeVectors, Tensor]:
    """Return vectors of so many features from each of several encoders, and the vectors themselves."""
    torch.manual_seed(0)
    vectors = NodeVectors(torch.zeros(2, 5, 0), torch.zeros(6, 0), torch.zeros(6))
    dense = torch.zeros(2, 5, 6)
    for count in features:
        layer, values = nn.Linear(count, 6), torch.randn(2, 5, count)
        vectors, dense = vectors.plus(values, layer), dense + layer(values)
    return vectors, dense


@pytest.mark.parametrize("features", [(), (1,), (1, 3)])
def test_encoders_add_up_and_linear_maps_fold_in(features: tuple[int, ...]) -> None:
    vectors, dense = made(*features)
    torch.testing.assert_close(vectors.dense(), dense)
    first, second = torch.randn(2, 5, 4), torch.randn(2, 5, 3)
    beside, whole = vectors.beside(first, second), torch.cat([dense, first, second], dim=-1)
    torch.testing.assert_close(beside.dense(), whole)
    layer = nn.Linear(13, 7)
    torch.testing.assert_close(node_map(layer, beside), layer(whole))
    assert torch.equal(node_map(layer, whole), layer(whole))


def test_gradients_reach_the_features_the_others_and_every_weight() -> None:
    vectors, dense = made(1, 3)
    other, layer = torch.randn(2, 5, 4, requires_grad=True), nn.Linear(10, 7)
    learned = [vectors.weight, vectors.bias, other, *layer.parameters()]
    ours = torch.autograd.grad(node_map(layer, vectors.beside(other)).sin().sum(), learned)
    plain = nn.functional.linear(vectors.values, vectors.weight, vectors.bias)
    torch.testing.assert_close(plain, dense)
    expected = torch.autograd.grad(layer(torch.cat([plain, other], dim=-1)).sin().sum(), learned)
    for one, two in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, two)
