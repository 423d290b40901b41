"""Edge vectors kept as their features equal the vectors themselves."""

from __future__ import annotations

import torch
from torch import nn

from nar_bench.model.edges import EdgeVectors


def test_encoders_add_up_and_linear_maps_fold_in() -> None:
    torch.manual_seed(0)
    scalar, classes, reader = nn.Linear(1, 6), nn.Linear(3, 6), nn.Linear(6, 4)
    v, c = torch.randn(2, 5, 5, 1), torch.randn(2, 5, 5, 3)
    none = EdgeVectors(torch.zeros(2, 5, 5, 0), torch.zeros(6, 0), torch.zeros(6))
    torch.testing.assert_close(none.dense(), torch.zeros(2, 5, 5, 6))
    edges = none.plus(v, scalar).plus(c, classes)
    torch.testing.assert_close(edges.dense(), scalar(v) + classes(c))
    folded = edges.through(reader.weight, reader.bias)
    torch.testing.assert_close(folded.dense(), reader(scalar(v) + classes(c)))
    torch.testing.assert_close(none.through(reader.weight, reader.bias).dense(), reader(torch.zeros(2, 5, 5, 6)))
