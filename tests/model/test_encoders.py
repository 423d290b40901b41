"""Encoders: initial weights, and the graph that features span."""

from __future__ import annotations

import math

import torch

from nar_bench.model.encoders import Encoder, empty
from nar_bench.model.linear import linear
from nar_bench.spec import Feature, Location, Stage, Type


def encoder(*features: Feature, hidden: int = 8) -> Encoder:
    return Encoder(features, hidden, torch.Generator().manual_seed(0))


def test_initial_weights_are_a_truncated_normal_of_deviation_one_over_root_fan_in() -> None:
    layer = linear(64, 400, torch.Generator().manual_seed(0))
    assert layer.bias.abs().max() == 0
    assert layer.weight.abs().max() <= 2 / 8
    # Cut at two deviations, a normal has 0.8796 of its deviation left.
    assert math.isclose(layer.weight.std().item(), 0.8796 / 8, rel_tol=0.02)


def test_scalar_hints_start_smaller_than_scalar_inputs() -> None:
    made = [Feature("x", stage, Location.NODE, Type.SCALAR) for stage in (Stage.INPUT, Stage.HINT)]
    spread = [encoder(one, hidden=400).maps["x"].weight.std().item() for one in made]
    assert math.isclose(spread[0], 0.8796, rel_tol=0.1)
    assert math.isclose(spread[1], 0.8796 / 20, rel_tol=0.1)


def test_pointers_and_edge_masks_span_a_symmetric_graph_and_scalars_do_not() -> None:
    pointer = Feature("p", Stage.HINT, Location.NODE, Type.POINTER)
    mask = Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK)
    weight = Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR)
    values = {name: torch.zeros(1, 4, 4) for name in ("p", "adj", "A")}
    values["p"][0, 0, 1], values["adj"][0, 2, 1], values["A"][0, 3, 0] = 1, 1, 1
    values["p"][0, 3, 2] = values["p"][0, 2, 3] = 0.25  # their sum is not above one half
    encoded = encoder(pointer, mask, weight)(values, empty(1, 4, 8, torch.zeros(())))
    assert encoded.adjacency[0].int().tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]


def test_each_location_gets_the_sum_of_its_features() -> None:
    features = (
        Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("c", Stage.INPUT, Location.NODE, Type.CATEGORICAL, 3),
        Feature("g", Stage.INPUT, Location.GRAPH, Type.SCALAR),
        Feature("A", Stage.INPUT, Location.EDGE, Type.SCALAR),
    )
    values = {
        "x": torch.randn(2, 4),
        "c": torch.eye(3)[torch.zeros(2, 4, dtype=int)],
        "g": torch.randn(2),
        "A": torch.randn(2, 4, 4),
    }
    made = encoder(*features)
    encoded = made(values, empty(2, 4, 8, values["x"]))
    torch.testing.assert_close(encoded.node, made.maps["x"](values["x"][..., None]) + made.maps["c"](values["c"]))
    torch.testing.assert_close(encoded.graph, made.maps["g"](values["g"][..., None]))
    torch.testing.assert_close(encoded.edge.dense(), made.maps["A"](values["A"][..., None]))
