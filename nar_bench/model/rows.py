"""Samples of a batch, chosen in whatever holds one row for each: so that those whose run is over need no more steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nar_bench.errors import PluginError
from nar_bench.model.edges import EdgeVectors, WrittenEdges
from nar_bench.model.nodes import NodeVectors
from nar_bench.model.sparse_part import Part


def choose(held: Any, rows: Int[Tensor, " R"] | Part) -> Any:
    """Return `held` for some samples.

    Args:
        held: a tensor with the batch as its first axis, in the sparse layout the nodes, edges or graphs of a union, or
            tuples, lists, dicts and dataclasses of these; of edge and node vectors only the values are rows. What has
            no axes, and whatever else it is, is left as it is. What is the same object in several places still is.
        rows: indices of the samples; in the sparse layout the graphs.
    """
    chosen: dict[int, Any] = {}

    def of(held: Any) -> Any:
        if id(held) not in chosen:
            chosen[id(held)] = made(held)
        return chosen[id(held)]

    def made(held: Any) -> Any:
        if isinstance(held, Tensor):
            if not held.ndim:
                return held
            return held.index_select(0, rows.rows(len(held)) if isinstance(rows, Part) else rows)
        if isinstance(held, EdgeVectors | WrittenEdges | NodeVectors):
            return replace(held, values=of(held.values))
        if isinstance(held, dict):
            return {name: of(value) for name, value in held.items()}
        if isinstance(held, tuple) and hasattr(held, "_fields"):
            return type(held)(*(of(value) for value in held))
        if isinstance(held, tuple | list):
            return type(held)(of(value) for value in held)
        if is_dataclass(held) and not isinstance(held, type):
            return replace(held, **{one.name: of(getattr(held, one.name)) for one in fields(held)})
        return held

    return of(held)


def choose_state(state: Any, rows: Int[Tensor, " R"] | Part, processor: str) -> Any:
    """Return a processor's state, and what it may have parts of, for some samples.

    Raises:
        PluginError: the state holds a tensor whose first axis is not the batch; nodes, edges or graphs on a union.
    """
    try:
        return choose(state, rows)
    except IndexError as error:
        wrong, axis = "is shorter than the batch", "the batch"
        if isinstance(rows, Part):
            wrong, axis = f"is none of its graphs ({error})", "nodes, edges or graphs"
        raise PluginError(
            f"processor {processor}: its state holds a tensor whose first axis {wrong}, so the state cannot go on with "
            f"some of the samples alone. Every tensor in a state needs {axis} as its first axis."
        ) from error


def spread(values: Float[Tensor, "R ..."], rows: Int[Tensor, " R"], batch: int) -> Float[Tensor, "B ..."]:
    """Return the rows at their places in a batch, zeros elsewhere."""
    if len(values) == batch:
        return values
    return torch.zeros(batch, *values.shape[1:], dtype=values.dtype, device=values.device).index_copy(0, rows, values)


def gather(parts: Sequence[tuple[Int[Tensor, " R"], Any]]) -> Any:
    """Return as one batch what was held for parts of it: (rows, held) for each, every sample in one of them.

    Tensors, named tuples, dicts and edge vectors as in `choose`; all parts hold the same.
    """
    if len(parts) == 1:
        return parts[0][1]
    places = torch.cat([rows for rows, _ in parts]).argsort()
    return _combine(lambda *held: torch.cat(held).index_select(0, places), *(held for _, held in parts))


def where(rows: Bool[Tensor, " B"], new: Any, old: Any) -> Any:
    """Return `new` for some samples of a batch, and `old` for the others; both as in `gather`."""
    return _combine(lambda one, other: torch.where(rows.view(-1, *[1] * (one.ndim - 1)), one, other), new, old)


def _combine(function: Callable[..., Tensor], *held: Any) -> Any:
    """Return what `held` all are, with `function` of their tensors in the place of each."""
    one = held[0]
    if isinstance(one, Tensor):
        return function(*held)
    if isinstance(one, EdgeVectors | WrittenEdges):
        return replace(one, values=function(*(part.values for part in held)))
    if isinstance(one, dict):
        return {name: _combine(function, *(part[name] for part in held)) for name in one}
    return one if one is None else type(one)(*(_combine(function, *column) for column in zip(*held, strict=True)))
