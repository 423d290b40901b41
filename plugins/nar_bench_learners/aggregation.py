"""How vectors of many objects become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

AGGREGATES = ("mean", "sum", "max", "min")


def aggregate(vectors: Tensor, how: str, axis: int) -> Tensor:
    """Aggregate along an axis by the mean, sum, greatest or least."""
    if how == "mean":
        return vectors.mean(axis)
    if how == "sum":
        return vectors.sum(axis)
    return vectors.amax(axis) if how == "max" else vectors.amin(axis)
