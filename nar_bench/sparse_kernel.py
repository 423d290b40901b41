"""Run a stepping function over a batch of sparse graphs.

As in `nar_bench.kernel`, with two more parameters that give the graph as lists of neighbours: the neighbours of node u
are column[row[u]:row[u + 1]], ascending; row is [N + 1], column [E]. Features on edges are [E], in the order of column:

    def bfs(row, column, s, pi):
        ...
        for e in range(row[u], row[u + 1]):
            v = column[e]
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.buffers import empty
from nar_bench.compiler import compile_driver, compiles, source_hash
from nar_bench.errors import PluginError
from nar_bench.inline import TIME, storing_function
from nar_bench.kernel import (
    driver_of,
    first_capacity,
    interpreted,
    joined,
    parameters_of,
    read_only,
    row_assignment,
    rows_seen,
)
from nar_bench.spec import AlgorithmSpec, Feature, Location
from nar_bench.trajectory import Array, Columns, SparseBatch, compact_dtype, compact_shape

GRAPH = ("row", "column")

_BASE, _EDGES = "nar_base", "nar_edges"


def execute_sparse(
    name: str,
    spec: AlgorithmSpec,
    step: FunctionType,
    inputs: Columns,
    edge_offsets: NDArray[np.int64],
    nodes: int,
    *,
    compiled: bool = True,
    hints: bool = True,
) -> SparseBatch:
    """Run `step` on every instance and return the trajectories.

    Args:
        inputs: as in `SparseBatch`: every input of the spec, and `edges`, sorted within each instance.
        edge_offsets: [B + 1].
        name, spec, step, nodes, compiled, hints: as in `nar_bench.kernel.execute`.

    Raises:
        PluginError: the stepping function names an unknown feature or cannot be compiled.
    """
    count = len(edge_offsets) - 1
    driver = _run_driver(name, spec, step, compiled and compiles(), hints)
    takes = parameters_of(name, spec, step, GRAPH)
    read = [read_only(inputs[f.name]) for f in takes if f in spec.inputs]
    outputs = {f.name: _column(f, count, int(edge_offsets[-1]), nodes) for f in spec.outputs}
    write = [outputs[f.name] for f in takes if f in spec.outputs]
    shown = spec.hints if hints else ()
    most_edges = int(np.diff(edge_offsets).max(initial=0))
    lengths, row = np.zeros(count, np.int64), np.empty(nodes + 1, np.int64)
    column = np.ascontiguousarray(inputs["edges"][:, 1], dtype=np.int64)
    row_bytes = sum(_column(f, 1, most_edges, nodes).nbytes for f in shown)
    capacity, done = first_capacity(driver, nodes, count, row_bytes), 0
    chunks: list[list[Array]] = []
    while done < count:
        chunk = [_column(f, capacity, capacity * most_edges, nodes) for f in shown]
        with np.errstate(over="ignore"):
            reached, rows, cells = driver(
                done, count, capacity, lengths, edge_offsets, inputs["edges"], row, column, *read, *write, *chunk
            )
        if reached == done:
            capacity *= 4
            continue
        chunks.append([hint[: cells if _on_edges(f) else rows] for f, hint in zip(shown, chunk, strict=True)])
        capacity = max(16, int(1.1 * lengths[:reached].sum() / reached * (count - reached)))
        done = reached
    if count and not lengths.all():
        raise PluginError(
            f"algorithm '{name}': the stepping function yielded no hint at all; it must yield at least once."
        )
    if count:
        rows_seen[driver, nodes] = lengths.mean()
    return SparseBatch(
        spec=spec,
        nodes=nodes,
        inputs=inputs,
        hints={
            f.name: joined([chunk[k] for chunk in chunks] or [_column(f, 0, 0, nodes)]) for k, f in enumerate(shown)
        },
        outputs=outputs,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        edge_offsets=edge_offsets,
    )


def _on_edges(feature: Feature) -> bool:
    return feature.location is Location.EDGE


def _column(feature: Feature, rows: int, cells: int, nodes: int) -> Array:
    shape = (cells,) if _on_edges(feature) else (rows, *compact_shape(feature, nodes))
    return empty(shape, compact_dtype(feature, nodes))


@cache
def _run_driver(name: str, spec: AlgorithmSpec, step: FunctionType, compiled: bool, keep: bool) -> Callable[..., Any]:
    takes = parameters_of(name, spec, step, GRAPH)
    arguments = {"row": "row", "column": "column[low:high]"}
    for feature in takes:
        column = f"{'i' if feature in spec.inputs else 'o'}_{feature.name}"
        if _on_edges(feature):
            arguments[feature.name] = f"{column}[low:high]"
        elif compact_shape(feature, 1):
            arguments[feature.name] = f"{column}[b]"
        elif feature in spec.outputs:
            arguments[feature.name] = f"{column}[b:b + 1]"
        else:
            whole = compact_dtype(feature, 1).kind == "i"
            arguments[feature.name] = f"np.int64({column}[b])" if whole else f"{column}[b]"
    inputs = [f"i_{f.name}" for f in takes if f in spec.inputs]
    outputs = [f for f in takes if f in spec.outputs]
    targets = {f"h_{f.name}": f for f in spec.hints} if keep else {}
    zero = "\n".join(f"o_{f.name}[{'low:high' if _on_edges(f) else 'b:b + 1'}] = 0" for f in outputs)
    order = inspect.signature(step).parameters
    called = ", ".join([*(arguments[one] for one in order), *targets, "cells - t * (high - low)", "high - low"])
    body = f"""
t = np.int64(0)
cells = 0
for b in range(first, count):
    low, high, start = edge_offsets[b], edge_offsets[b + 1], t
    row[:] = 0
    for e in range(low, high):
        row[edges[e, 0] + 1] += 1
    for u in range(len(row) - 1):
        row[u + 1] += row[u]
{textwrap.indent(zero, "    ")}
    t = step({called}, t, capacity)
    if t < 0:
        return b, start, cells
    lengths[b] = t - start
    cells += lengths[b] * (high - low)
return count, t, cells
"""

    def store(target: str, value: str) -> str:
        feature = targets[target]
        if _on_edges(feature):
            at = f"{target}[{_BASE} + {TIME} * {_EDGES} + nar_i]"
            return f"for nar_i in range({_EDGES}):\n    {at} = {value}[nar_i]"
        return row_assignment(target, TIME, value, len(compact_shape(feature, 1)))

    stored = "".join(store(target, target) for target in targets)
    entry = f"run_{name}_{source_hash([step], repr(spec) + body + stored)}"
    fixed = ["first", "count", "capacity", "lengths", "edge_offsets", "edges", "row", "column"]
    parameters = ", ".join([*fixed, *inputs, *(f"o_{f.name}" for f in outputs), *targets])
    source = f"def {entry}({parameters}):\n{textwrap.indent(body, '    ')}"

    if not compiled:

        def place(target: str, t: int, base: int, edges: int) -> slice | int:
            return slice(base + t * edges, base + (t + 1) * edges) if _on_edges(targets[target]) else t

        return compile_driver(source, entry, {"step": interpreted(step, list(targets), place, 2)}, compiled=False)
    where = f"algorithm '{name}', stepping function {step.__name__}"
    made = storing_function(step, f"step_of_{entry}", list(targets), store, where, (_BASE, _EDGES))
    return driver_of(made, source, entry, name)
