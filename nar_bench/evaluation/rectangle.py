"""Answers on edges as one row for each graph, although graphs have unlike numbers of edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nar_bench.spec import MASKED, AlgorithmSpec, Location, Type
from nar_bench.trajectory import Array, Batch, Columns, SparseBatch


def rectangular(spec: AlgorithmSpec, columns: Columns, batch: Batch | SparseBatch) -> Columns:
    """Return columns of a batch with features on edges of sparse graphs [..., sum of E] as [..., B, greatest E].

    What is filled up does not count: masks are MASKED there, scalars NaN.
    """
    if isinstance(batch, Batch):
        return columns
    counts = np.diff(batch.edge_offsets)
    there = np.arange(int(counts.max(initial=0))) < counts[:, None]
    made = dict(columns)
    for name, values in columns.items():
        if spec[name].location is Location.EDGE:
            filled = np.full((*values.shape[:-1], *there.shape), *_fill(spec, name, values))
            filled[..., there] = values
            made[name] = filled
    return made


def joined(spec: AlgorithmSpec, parts: Sequence[Columns]) -> Columns:
    """Return the columns of several batches end to end, with rows filled up to the longest."""
    whole = {}
    for name in parts[0]:
        values = [part[name] for part in parts]
        if len({one.shape[1:] for one in values}) > 1:
            longest = max(one.shape[1] for one in values)
            values = [
                np.pad(one, ((0, 0), (0, longest - one.shape[1])), constant_values=_fill(spec, name, one)[0])
                for one in values
            ]
        whole[name] = np.concatenate(values)
    return whole


def _fill(spec: AlgorithmSpec, name: str, values: Array) -> tuple[float, np.dtype[Any]]:
    return (np.nan if spec[name].type is Type.SCALAR else MASKED), values.dtype
