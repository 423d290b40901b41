"""Distributions of objects that several targets share."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from nar_bench.data.random import Stream
from nar_bench.plugin.learnability import Objects, Values, without_pairs


def uniform_objects(stream: Stream, size: int, count: int, features: int = 1) -> Objects:
    """Draw objects with features uniform in [-1, 1)."""
    return without_pairs(2 * stream.uniform(count, size, features) - 1)


def uniform_arguments(config: Any, stream: Stream, size: int, count: int) -> Objects:
    """Draw two arguments, uniform in [-1, 1), as the features of one object."""
    return uniform_objects(stream, 1, count, 2)


def on_sphere(stream: Stream, count: int, dimension: int) -> Values:
    """Draw unit vectors, uniform on the sphere: [count, dimension]."""
    # Half a step is added, for the normal quantile of 0 is not finite.
    drawn = special.ndtri(stream.uniform(count, dimension) + 2.0**-54)
    unit: Values = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit
