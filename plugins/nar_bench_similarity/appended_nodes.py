"""What the similar inputs with more nodes share: how many there are, and where they stand in the order of nodes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.trajectory import Array


def with_a_quarter_more(nodes: int) -> int:
    """Return N plus a quarter of it, at least one more."""
    return nodes + max(1, nodes // 4)


def places(inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return `pos` of all nodes, the new ones after the others, and `pred`, the node before, where there is such.

    Positions i / N become i / N'; others keep their order and their part [0, N / N') of the line.
    """
    old = len(inputs["pos"])
    new = with_a_quarter_more(old)
    made = {"pos": np.concatenate([inputs["pos"] * old / new, np.arange(old, new) / new])}
    if "pred" in inputs:
        made["pred"] = np.concatenate([inputs["pred"], np.arange(old - 1, new - 1)])
    return made
