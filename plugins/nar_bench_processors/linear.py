"""Linear maps with the reference's initial weights, from torch's global generator, as a processor's are drawn."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from nar_bench.model.edges import EdgeVectors


def linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear map with Haiku's initial weights: a normal of deviation 1 / sqrt(inputs), cut at two, no bias."""
    layer = nn.Linear(inputs, outputs)
    scale = inputs**-0.5
    nn.init.trunc_normal_(layer.weight, std=scale, a=-2 * scale, b=2 * scale)
    nn.init.zeros_(layer.bias)
    return layer


def on_edges(layer: nn.Linear, edge: Float[Tensor, "B N N H"] | EdgeVectors) -> Float[Tensor, "B N N D"]:
    """Return a linear map of every edge vector; of EdgeVectors through the few features that they are made of."""
    if isinstance(edge, EdgeVectors):
        return edge.through(layer.weight, layer.bias).dense()
    mapped: Tensor = layer(edge)
    return mapped
