"""The input `pos` of CLRS-30, which tells the network the order of the nodes."""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array


def ordered_positions(n):
    """Return i / n for each of n nodes; compiled by numba."""
    return np.arange(n) / n


def derive_positions(inputs: Inputs) -> Array:
    """Derive `pos` from the number of nodes for callers who leave it out."""
    nodes = next(len(value) for value in inputs.values() if value.ndim > 0)
    return np.asarray(ordered_positions(nodes))
