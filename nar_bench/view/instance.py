"""One run of one algorithm, with the lines of its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nar_bench.data.generate import generate
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm
from nar_bench.trajectory import Batch, SparseBatch
from nar_bench.view.lines import Lines, traced

MOST_NODES = 80
"""More cannot be told apart on a page; 64 and the few that some algorithms have besides."""


@dataclass(frozen=True)
class Instance:
    """A run.

    Attributes:
        size: problem size n.
        batch: the one trajectory.
        lines: what was run of the source for it.
    """

    algorithm: Algorithm
    size: int
    batch: Batch | SparseBatch
    lines: Lines


def draw(algorithm: Algorithm, size: int, seed: int, shift: Mapping[str, Any], first: int = 0) -> Instance:
    """Draw sample `first` of a seed and run the algorithm on it, interpreted, as its source reads.

    Raises:
        InputError: a value that is not allowed, or more nodes than `MOST_NODES`.
        UnknownName: a shift axis that the algorithm does not have.
    """
    if size >= algorithm.smallest and (nodes := algorithm.nodes(size)) > MOST_NODES:
        raise InputError(
            f"algorithm '{algorithm.name}', size {size}: an instance has {nodes} nodes; at most {MOST_NODES} can be "
            "told apart on a page. Choose a smaller --size; nar-bench show prints any."
        )
    read = replace(algorithm, compiled=False)
    with traced(algorithm.step) as lines:
        batch = generate(read, size, 1, seed, first=first, **shift)
    return Instance(algorithm, size, batch, lines)
