"""How often one method beats another, whatever by how much."""

from __future__ import annotations

import numpy as np

from nar_bench.statistics.estimate import LEVEL
from nar_bench.statistics.mean_difference import Differences
from nar_bench.statistics.solve_rate import Share, wilson


def probability_of_improvement(differences: Differences, *, shared_seeds: bool, level: float = LEVEL) -> Share:
    """Return how likely the first method scores more than the second on one of these algorithms, picked at random.

    A tie counts half. Algorithms count equally. It says nothing of how large the improvement is.

    The interval is Wilson's, with as many trials as there are pairs of algorithm and seed, or as seeds where algorithms
    share a network. A sum of independent shares in [0, 1] varies no more than as many coin flips of their mean, so ties
    and algorithms that differ can only make it too wide; with unequal numbers of seeds it is taken with m times the
    least.

    Source: Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice", who compare
    every run of one method with every run of the other; we compare runs of the same seed, because they are pairs.
    """
    share = float(np.mean([np.mean((np.sign(d) + 1) / 2) for d in differences.values()]))
    least = min(len(d) for d in differences.values())
    trials = least if shared_seeds else least * len(differences)
    return wilson(share * trials, trials, level)
