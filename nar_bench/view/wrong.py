"""Which predicted entries are wrong."""

from __future__ import annotations

import numpy as np

from nar_bench.spec import MASKED, Feature, Type
from nar_bench.trajectory import Array

SHARE = 0.1
"""A number is wrong where it is off by more than this share of the range that the true one has in the run."""


def tolerance(feature: Feature, truth: Array) -> float:
    """Return by how much a number may be off; 0 for all other types. A range of 0 counts as 1."""
    if feature.type is not Type.SCALAR:
        return 0.0
    return SHARE * (float(truth.max() - truth.min()) or 1.0)


def wrong(feature: Feature, truth: Array, predicted: Array, allowed: float) -> Array:
    """Return where compact values [..., *compact_shape] are wrong, uint8; masked entries are right whatever is said.

    Args:
        allowed: `tolerance` of the feature.
    """
    if feature.type is Type.SCALAR:
        return np.asarray(~(np.abs(predicted - truth) <= allowed), np.uint8)  # NaN is wrong too
    counts = truth != MASKED if feature.type in (Type.MASK, Type.CATEGORICAL) else np.ones(truth.shape, bool)
    return np.asarray((predicted != truth) & counts, np.uint8)
