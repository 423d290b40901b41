"""Draw sparse graphs with what an algorithm needs on them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from nar_bench.buffers import empty
from nar_bench.compiler import apart, compile_driver, compiles, explained, source_hash
from nar_bench.data import random as draws
from nar_bench.kernel import STORING, row_assignment
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import Feature, Location
from nar_bench.trajectory import Array, compact_dtype, compact_shape

Choices = dict[str, Array | None]
"""Shift axis -> the values of which each sample draws one, or None for the default that is no number."""


def arguments_of(choices: Choices) -> tuple[tuple[str, str], ...]:
    """Return for each axis the driver's parameter that holds its values, if any, and the source that draws one."""
    return tuple(("", "None") if v is None else (f"c_{axis}", f"choice(rng, c_{axis})") for axis, v in choices.items())


@apart
def both_ways(edges, n):  # type: ignore[no-untyped-def]
    """Return each undirected edge of `edges` [m, 2] both ways, sorted, int32 [2 m, 2], and which edge each is [2 m]."""
    m = len(edges)
    ends = np.empty((2 * m, 2), np.int32)
    of = np.empty(2 * m, np.int64)
    # Two stable counting sorts, by the second end and then by the first.
    start = np.zeros((2, n + 1), np.int64)
    for e in range(m):
        for side in range(2):
            start[0, edges[e, side] + 1] += 1
    for v in range(n):
        start[0, v + 1] += start[0, v]
        start[1, v + 1] = start[0, v + 1]
    by_second = np.empty(2 * m, np.int64)
    for k in range(2 * m):
        second = edges[k // 2, k % 2]
        by_second[start[0, second]] = k
        start[0, second] += 1
    for i in range(2 * m):
        e, side = by_second[i] // 2, by_second[i] % 2
        first, second = edges[e, 1 - side], edges[e, side]
        at = start[1, first]
        start[1, first] += 1
        ends[at, 0], ends[at, 1], of[at] = first, second, e
    return ends, of


@apart
def longer(column, needed):  # type: ignore[no-untyped-def]
    """Return a copy of `column` with at least `needed` rows."""
    more = np.empty((max(needed, 2 * len(column)), *column.shape[1:]), column.dtype)
    old, new = column.reshape(-1), more.reshape(-1)
    for i in range(len(old)):  # numba compiles it in a tenth of the time of a slice
        new[i] = old[i]
    return more


def sparse_inputs(
    algorithm: Algorithm, size: int, count: int, key: np.uint64, first: int, choices: Choices
) -> tuple[dict[str, Array], Array]:
    """Draw `count` instances; returns the inputs of a `SparseBatch`, `edges` among them, and its edge_offsets."""
    nodes = algorithm.nodes(size)
    on_edges, on_nodes = _split(algorithm)
    inputs = {f.name: empty((count, *compact_shape(f, nodes)), compact_dtype(f, nodes)) for f in on_nodes}
    offsets = np.zeros(count + 1, np.int64)
    chosen = [values for values in choices.values() if values is not None]
    driver = _sample_driver(algorithm, arguments_of(choices), algorithm.compiled and compiles())
    with np.errstate(over="ignore"):
        edges, *values = driver(key, np.uint64(first), count, size, offsets, *chosen, *inputs.values())
    total = offsets[-1]
    inputs["edges"] = edges[:total]
    for feature, value in zip(on_edges, values, strict=True):
        inputs[feature.name] = value[:total]
    return inputs, offsets


def _split(algorithm: Algorithm) -> tuple[list[Feature], list[Feature]]:
    on_edges = [f for f in algorithm.spec.inputs if f.location is Location.EDGE]
    return on_edges, [f for f in algorithm.spec.inputs if f.location is not Location.EDGE]


@cache
def _sample_driver(algorithm: Algorithm, axes: tuple[tuple[str, str], ...], compiled: bool) -> Callable[..., Any]:
    on_edges, on_nodes = _split(algorithm)
    picked = ", ".join(["rng", "size", *(source for _, source in axes)])
    values = ", ".join(["v_edges", *(f"v_{f.name}" for f in algorithm.spec.inputs)])
    store = [
        row_assignment(f"i_{f.name}", "b", f"v_{f.name}", len(compact_shape(f, 1)), compiled=compiled) for f in on_nodes
    ]
    columns = ["edges", *(f"e_{f.name}" for f in on_edges)]
    make = ["edges = np.empty((1024, 2), np.int32)"]
    make += [f"e_{f.name} = np.empty(1024, np.{compact_dtype(f, 1)})" for f in on_edges]
    grow = [f"{column} = longer({column}, stop)" for column in columns]
    fill = ["edges[start + e, 0], edges[start + e, 1] = ends[e, 0], ends[e, 1]"]
    fill += [f"e_{f.name}[start + e] = v_{f.name}[of[e]]" for f in on_edges]

    def block(lines: list[str], indent: str) -> str:
        return textwrap.indent("\n".join(lines), indent)

    body = f"""
rng = np.zeros(2, np.uint64)
{block(make, "")}
for b in range(count):
    rng[0] = sample_key(key, first + np.uint64(b))
    rng[1] = np.uint64(0)
    {values}{"," if not algorithm.spec.inputs else ""} = sample({picked})
    ends, of = both_ways(v_edges, size)
    start = offsets[b]
    stop = start + len(of)
    offsets[b + 1] = stop
    if stop > len(edges):
{block(grow, "        ")}
    for e in range(len(of)):
{block(fill, "        ")}
{block(store, "    ")}
return {", ".join(columns)}{"," if len(columns) == 1 else ""}
"""
    parts: dict[str, Callable[..., Any]] = {
        "sample": algorithm.sample,
        "choice": draws.choice,
        "sample_key": draws.sample_key,
        "both_ways": both_ways,
        "longer": longer,
    }
    entry = f"sample_{algorithm.name}_{source_hash(parts.values(), body)}"
    parameters = ", ".join(
        [
            "key",
            "first",
            "count",
            "size",
            "offsets",
            *(name for name, _ in axes if name),
            *(f"i_{f.name}" for f in on_nodes),
        ]
    )
    source = f"{STORING if compiled else ''}def {entry}({parameters}):\n{textwrap.indent(body, '    ')}"
    driver = compile_driver(source, entry, parts, compiled=compiled)
    return explained(driver, algorithm.name, "input distribution") if compiled else driver
