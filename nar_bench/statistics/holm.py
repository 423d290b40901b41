"""Several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float] | np.ndarray) -> list[float]:
    """Return adjusted p values, in the order given: the chance of one false alarm or more is at most the level.

    It assumes nothing of how the tests depend on each other.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p_values, kind="stable")
    left = np.arange(len(order), 0, -1)
    stepped = np.minimum(1.0, np.maximum.accumulate(left * np.asarray(p_values, np.float64)[order]))
    adjusted = np.empty(len(order))
    adjusted[order] = stepped
    return [float(one) for one in adjusted]
