"""Linear maps initialised as the reference's, from an explicit generator."""

from __future__ import annotations

import math

import torch
from torch import Generator, nn


def linear(inputs: int, outputs: int, generator: Generator, scale: float | None = None) -> nn.Linear:
    """Return a linear map with zero bias and weights from a normal distribution that is cut at two deviations.

    Args:
        inputs: fan-in.
        outputs: fan-out.
        generator: source of the weights.
        scale: standard deviation before the cut; by default 1 / sqrt(inputs), as in Haiku, the reference's library.
    """
    # Without skip_init, torch would draw weights from its global generator first.
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    scale = 1 / math.sqrt(inputs) if scale is None else scale
    with torch.no_grad():
        nn.init.trunc_normal_(layer.weight, std=scale, a=-2 * scale, b=2 * scale, generator=generator)
        nn.init.zeros_(layer.bias)
    return layer
