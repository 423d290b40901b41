"""Inputs that are similar to those of a batch, for the contrastive loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Algorithm, SimilarInput
from nar_bench.trajectory import Array, Batch


def with_similar(algorithm: Algorithm, batch: Batch, similar: SimilarInput, seed: int, first: int) -> Batch:
    """Return 2 B runs: those of `batch`, then one run on an input similar to each, in the same order.

    Args:
        similar: makes inputs of as many nodes.
        seed: of the draws; sample i of the run uses index first + i, whatever the batch size.
        first: index of the batch's first sample.
    """
    changed = _changed(batch, similar, seed, first)
    inputs = {name: np.concatenate([column, changed[name]]) for name, column in batch.inputs.items()}
    both: Batch = algorithm.execute(inputs, batch.nodes)
    return both


def similar_to(algorithm: Algorithm, batch: Batch, similar: SimilarInput, seed: int, first: int) -> Batch:
    """Return B runs, one on an input similar to each of `batch`, on as many nodes as `similar` makes.

    Args:
        seed, first: see `with_similar`.
    """
    nodes = batch.nodes if similar.nodes is None else similar.nodes(batch.nodes)
    made: Batch = algorithm.execute(_changed(batch, similar, seed, first), nodes)
    return made


def _changed(batch: Batch, similar: SimilarInput, seed: int, first: int) -> Mapping[str, Array]:
    changed = [
        similar.transform(Stream(seed, first + row), {name: column[row] for name, column in batch.inputs.items()})
        for row in range(len(batch))
    ]
    return {
        name: np.stack([one[name] for one in changed]).astype(column.dtype) for name, column in batch.inputs.items()
    }
