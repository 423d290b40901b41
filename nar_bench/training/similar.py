"""Batches of inputs with one similar input each, for the contrastive loss."""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Algorithm, SimilarInput
from nar_bench.trajectory import Batch


def with_similar(algorithm: Algorithm, batch: Batch, similar: SimilarInput, seed: int, first: int) -> Batch:
    """Return 2 B runs: those of `batch`, then one run on an input similar to each, in the same order.

    Args:
        seed: of the draws; sample i of the run uses index first + i, whatever the batch size.
        first: index of the batch's first sample.
    """
    changed = [
        similar.transform(Stream(seed, first + row), {name: column[row] for name, column in batch.inputs.items()})
        for row in range(len(batch))
    ]
    inputs = {
        name: np.concatenate([column, np.stack([one[name] for one in changed]).astype(column.dtype)])
        for name, column in batch.inputs.items()
    }
    both: Batch = algorithm.execute(inputs, batch.nodes)
    return both
