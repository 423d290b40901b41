"""How CLRS-30 tells the network the order of the nodes: the inputs `pos` and `pred`.

Twelve algorithms of the reference never change the order that they start from, and yet show it in every hint as
`pred_h`; its training script moves that constant to the inputs as `pred`. Here it is an input from the start.
"""

from __future__ import annotations

import numpy as np

from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array


def ordered_positions(n):
    """Return i / n for each of n nodes; compiled by numba."""
    pos = np.empty(n)
    for i in range(n):
        pos[i] = i / n
    return pos


def ordered_predecessors(n):
    """Return [n] the node before each node, itself for the first; compiled by numba."""
    pred = np.empty(n, np.int64)
    for i in range(n):
        pred[i] = max(i - 1, 0)
    return pred


def derive_positions(inputs: Inputs) -> Array:
    """Derive `pos` from the number of nodes for callers who leave it out."""
    return np.asarray(ordered_positions(_nodes(inputs)))


def derive_predecessors(inputs: Inputs) -> Array:
    """Derive `pred` from the number of nodes for callers who leave it out."""
    return np.asarray(ordered_predecessors(_nodes(inputs)))


def refuse_other_predecessors(inputs: Inputs, expected: Array) -> None:
    """Raise InputError where `pred` is not the `expected` order [N]."""
    wrong = np.flatnonzero(inputs["pred"] != expected)
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"input 'pred' is {int(inputs['pred'][at])} at [{at}]; it must be {int(expected[at])}, the node before it "
            "in the order given. Leave pred out to have it derived."
        )


def refuse_unordered(inputs: Inputs) -> None:
    """Raise InputError where `pred` is not the order of the node indices."""
    refuse_other_predecessors(inputs, derive_predecessors(inputs))


def _nodes(inputs: Inputs) -> int:
    return next(len(value) for value in inputs.values() if value.ndim > 0)
