"""Compile a stepping function with numba and run it over a whole batch.

A stepping function is the book's loop as a plain Python generator. Its parameters are named after inputs
and outputs of the spec: inputs are read-only, outputs are zeroed arrays that it fills in place. It yields its
hints, one tuple per step, in the order of the spec:

    def insertion_sort(key, pred):
        ...
        yield pred, i, j

Per instance it receives each feature in the compact form: arrays for nodes and edges, an int for a mask_one
input, a number for a graph input; a mask_one or graph *output* is an array of shape (1,), so that it can be filled.

What is compiled is a function in which each yield stores the hints (see `nar_bench.inline`), and a driver, generated
from the spec, that calls it for each instance of a batch.
"""

from __future__ import annotations

import inspect
import math
import textwrap
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.buffers import empty
from nar_bench.compiler import apart, compile_driver, compiles, explained, source_hash
from nar_bench.errors import PluginError
from nar_bench.inline import TIME, storing_function
from nar_bench.spec import AlgorithmSpec, Feature
from nar_bench.trajectory import Array, Batch, Columns, compact_dtype, compact_shape

_FIRST_CHUNK, _FIRST_BYTES = 4096, 1 << 28
"""Hint rows allocated first, and their most bytes; a chunk that cannot hold one trajectory is enlarged fourfold."""


def execute(
    name: str,
    spec: AlgorithmSpec,
    step: FunctionType,
    inputs: Columns,
    nodes: int,
    *,
    compiled: bool = True,
    hints: bool = True,
) -> Batch:
    """Run `step` on every instance and return the trajectories.

    Args:
        name: the algorithm, for errors.
        inputs: name -> [B, *compact_shape]; every input of the spec.
        nodes: N.
        compiled: with numba; False runs the same source interpreted (about 500 times slower).
        hints: whether to keep the hints; without them a batch holds inputs, outputs and lengths.

    Raises:
        PluginError: the stepping function names an unknown feature or cannot be compiled.
    """
    count = len(next(iter(inputs.values())))
    driver = _run_driver(name, spec, step, compiled and compiles(), hints)
    takes = parameters_of(name, spec, step)
    # Read-only types make numba (and numpy) refuse a stepping function that changes its inputs.
    read = [read_only(inputs[feature.name]) for feature in takes if feature in spec.inputs]
    outputs = {f.name: empty((count, *compact_shape(f, nodes)), compact_dtype(f, nodes)) for f in spec.outputs}
    write = [outputs[feature.name] for feature in takes if feature in spec.outputs]
    shown = [(f.name, compact_shape(f, nodes), compact_dtype(f, nodes)) for f in (spec.hints if hints else ())]
    lengths = np.zeros(count, np.int64)
    row = sum(dtype.itemsize * math.prod(shape) for _, shape, dtype in shown)
    capacity, done = first_capacity(driver, nodes, count, row), 0
    chunks: list[list[Array]] = []
    while done < count:
        chunk = [empty((capacity, *shape), dtype) for _, shape, dtype in shown]
        with np.errstate(over="ignore"):
            reached, rows = driver(done, count, capacity, lengths, *read, *write, *chunk)
        if reached == done:
            capacity *= 4
            continue
        chunks.append([hint[:rows] for hint in chunk])
        # The rest needs about as many rows per instance as what has run so far; a tenth more avoids a tiny last chunk.
        capacity = max(16, int(1.1 * lengths[:reached].sum() / reached * (count - reached)))
        done = reached
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if count and not lengths.all():
        raise PluginError(
            f"algorithm '{name}': the stepping function yielded no hint at all; it must yield at least once."
        )
    if count:
        rows_seen[driver, nodes] = offsets[-1] / count
    if not chunks:
        chunks = [[np.empty((0, *shape), dtype) for _, shape, dtype in shown]]
    columns = {name: joined([chunk[k] for chunk in chunks]) for k, (name, _, _) in enumerate(shown)}
    return Batch(spec=spec, nodes=nodes, inputs=inputs, hints=columns, outputs=outputs, offsets=offsets)


rows_seen: dict[Any, float] = {}
"""(driver, nodes) -> mean length of the trajectories of the last batch."""


def first_capacity(driver: Any, nodes: int, count: int, row: int) -> int:
    """Return how many hint rows to allocate first: as many as the last batch would need, and a quarter more.

    Where there was none, as many as `_FIRST_CHUNK` and `_FIRST_BYTES` allow at `row` bytes for each.
    """
    seen = rows_seen.get((driver, nodes))
    return int(1.25 * seen * count) + 64 if seen else max(16, min(_FIRST_CHUNK, _FIRST_BYTES // max(row, 1)))


def joined(parts: list[Array]) -> Array:
    """Return the parts of one hint's column, at least one, as one."""
    if len(parts) == 1:
        return parts[0]
    rows = sum(len(part) for part in parts)
    return np.concatenate(parts, out=empty((rows, *parts[0].shape[1:]), parts[0].dtype))


STORING = "from nar_bench.rows import store_row\n"
"""What the source of `row_assignment` needs; a line of its own, as whoever does not compile does not need numba."""


def row_assignment(column: str, row: str, value: str, axes: int, *, compiled: bool = True) -> str:
    """Return source that stores `value`, of so many axes, into a row of a column."""
    return f"store_row({column}, {row}, {value})" if compiled and axes else f"{column}[{row}] = {value}"


@cache
def parameters_of(name: str, spec: AlgorithmSpec, step: FunctionType, graph: tuple[str, ...] = ()) -> list[Feature]:
    """Return the features that a stepping function takes; it may also take the names in `graph`.

    Raises:
        PluginError: an unknown parameter, an output that it does not take, or no generator.
    """
    known = {feature.name: feature for feature in (*spec.inputs, *spec.outputs)}
    takes = [parameter for parameter in inspect.signature(step).parameters if parameter not in graph]
    unknown = [parameter for parameter in takes if parameter not in known]
    missing = [feature.name for feature in spec.outputs if feature.name not in takes]
    if unknown or missing:
        raise PluginError(
            f"algorithm '{name}': the stepping function takes ({', '.join(takes)}); its parameters must be "
            f"inputs of the spec and all outputs ({', '.join([*graph, *known])})."
            + (f" Unknown: {', '.join(unknown)}." if unknown else "")
            + (f" Missing: {', '.join(missing)}." if missing else "")
        )
    if not inspect.isgeneratorfunction(step):
        raise PluginError(f"algorithm '{name}': the stepping function must be a generator that yields its hints.")
    return [known[parameter] for parameter in takes]


@cache
def _run_driver(name: str, spec: AlgorithmSpec, step: FunctionType, compiled: bool, keep: bool) -> Callable[..., Any]:
    takes = parameters_of(name, spec, step)
    arguments: dict[str, str] = {}
    for feature in takes:
        scalar = not compact_shape(feature, 1)
        if feature in spec.inputs:
            whole = scalar and compact_dtype(feature, 1).kind == "i"
            arguments[feature.name] = f"np.int64(i_{feature.name}[b])" if whole else f"i_{feature.name}[b]"
        else:
            arguments[feature.name] = f"o_{feature.name}[b:b + 1]" if scalar else f"o_{feature.name}[b]"
    inputs = [f"i_{f.name}" for f in takes if f in spec.inputs]
    outputs = [f"o_{f.name}" for f in takes if f in spec.outputs]
    axes = {f"h_{f.name}": len(compact_shape(f, 1)) for f in spec.hints} if keep else {}
    called = ", ".join([*arguments.values(), *axes, "t", "capacity"])
    body = f"""
t = np.int64(0)
for b in range(first, count):
    start = t
{textwrap.indent(chr(10).join(f"{o}[b:b + 1] = 0" for o in outputs), "    ")}
    t = step({called})
    if t < 0:
        return b, start
    lengths[b] = t - start
return count, t
"""

    def store(target: str, value: str) -> str:
        return row_assignment(target, TIME, value, axes[target])

    stored = "".join(store(target, target) for target in axes)
    entry = f"run_{name}_{source_hash([step], repr(spec) + body + stored)}"
    parameters = ", ".join(["first", "count", "capacity", "lengths", *inputs, *outputs, *axes])
    source = f"def {entry}({parameters}):\n{textwrap.indent(body, '    ')}"
    if not compiled:
        return compile_driver(source, entry, {"step": interpreted(step, list(axes))}, compiled=False)
    where = f"algorithm '{name}', stepping function {step.__name__}"
    made = storing_function(step, f"step_of_{entry}", list(axes), store, where)
    return driver_of(made, source, entry, name)


def driver_of(step: FunctionType, source: str, entry: str, name: str) -> Callable[..., Any]:
    """Compile the driver of a step that stores its hints, with what it stores them by.

    Args:
        step: as `nar_bench.inline.storing_function` makes it.
        source, entry: of the driver, which calls `step`.
        name: the algorithm's.
    """
    exec(STORING, step.__globals__)  # noqa: S102
    return explained(compile_driver(source, entry, {"step": apart(step)}), name, "stepping function")


def _same_row(target: str, t: int) -> int:
    return t


def interpreted(
    step: FunctionType, targets: list[str], place: Callable[..., int | slice] = _same_row, extra: int = 0
) -> Callable[..., int]:
    """Return what `storing_function` makes, by running the generator as it is.

    Args:
        targets: names of the arrays to write to.
        place: `place(target, t, *<extra arguments>)` returns where in the target row t is.
        extra: number of further arguments after the targets.
    """

    def run(*arguments: Any) -> int:
        takes = len(arguments) - len(targets) - extra - 2
        hints, more, (t, capacity) = (
            arguments[takes : takes + len(targets)],
            arguments[takes + len(targets) : -2],
            arguments[-2:],
        )
        for values in step(*arguments[:takes]):
            if hints:
                if t == capacity:
                    return -1
                shown = values if isinstance(values, tuple) else (values,)
                for target, hint, value in zip(targets, hints, shown, strict=True):
                    hint[place(target, t, *more)] = value
            t += 1
        return int(t)

    return run


def read_only(column: NDArray[Any]) -> NDArray[Any]:
    """Return a view that neither numba nor numpy lets a stepping function write to."""
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view
