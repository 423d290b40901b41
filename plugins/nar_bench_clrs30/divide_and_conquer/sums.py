"""What both ways to the maximum subarray share: numbers, and judging an answer."""

from __future__ import annotations

import itertools

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array

RELATIVE_TOLERANCE = 1e-9
"""Two sums count as equal when they differ by less than this share of the sum of all magnitudes: sums in another order
round differently."""


def signed_numbers(rng, n, low, high):
    """Draw n numbers uniform in [low, high)."""
    key = np.empty(n)
    for i in range(n):
        key[i] = low + (high - low) * uniform(rng)
    return key


def best_of_all(inputs: Inputs) -> dict[str, Array]:
    """Find the first pair of ends of greatest sum by looking at all."""
    n, total = len(inputs["key"]), np.concatenate([[0.0], np.cumsum(inputs["key"])])
    first, last = max(itertools.combinations_with_replacement(range(n), 2), key=lambda e: total[e[1] + 1] - total[e[0]])
    return {"start": np.arange(n) == first, "end": np.arange(n) == last}


def has_greatest_sum(inputs: Inputs, outputs: Inputs) -> bool:
    """Say whether the numbers from start to end, at least one, have the greatest sum that consecutive ones have."""
    key, start, end = inputs["key"], int(np.argmax(outputs["start"])), int(np.argmax(outputs["end"]))
    if end < start:
        return False
    greatest = best = -np.inf
    for number in key.tolist():
        best = number + max(best, 0.0)
        greatest = max(greatest, best)
    return bool(abs(key[start : end + 1].sum() - greatest) <= RELATIVE_TOLERANCE * np.abs(key).sum())
