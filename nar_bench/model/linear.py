"""Linear maps initialised as the reference's, from an explicit generator."""

from __future__ import annotations

import math

import torch
from torch import Generator, nn


def linear(inputs: int, outputs: int, generator: Generator, scale: float | None = None) -> nn.Linear:
    """Return a linear map with zero bias and weights from a normal of standard deviation `scale`, cut at two.

    Args:
        scale: by default 1 / sqrt(inputs), as in Haiku, the reference's library.
    """
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
    scale = 1 / math.sqrt(inputs) if scale is None else scale
    with torch.no_grad():
        nn.init.trunc_normal_(layer.weight, std=scale, a=-2 * scale, b=2 * scale, generator=generator)
        nn.init.zeros_(layer.bias)
    return layer
