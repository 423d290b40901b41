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
from the spec, that calls it for each instance of a batch. Both are compiled under the algorithm's own file name, which
is what lets numba's on-disk cache find them again. Their names carry a hash of all the source they depend on, because
numba's cache looks only at the one file.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.buffers import empty
from nar_bench.errors import PluginError
from nar_bench.inline import TIME, storing_function
from nar_bench.spec import AlgorithmSpec, Feature
from nar_bench.trajectory import Array, Batch, Columns, compact_dtype, compact_shape

_LOG = logging.getLogger("nar_bench")

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
    driver = _run_driver(name, spec, step, compiled, hints)
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


def compile_driver(
    source: str, entry: str, parts: dict[str, Callable[..., Any]], *, compiled: bool = True
) -> Callable[..., Any]:
    """Turn generated driver source into a callable.

    Args:
        source: text that defines one function `entry`; it may use numpy as `np` and every key of `parts`.
        entry: the function's name.
        parts: name -> plain Python function that the driver calls; compiled with everything it calls.
        compiled: compile with numba and cache on disk beside the file of the first part, or run as plain Python.
    """
    first = next(iter(parts.values()))
    file = inspect.getfile(first)
    code = compile(source, file, "exec")
    if not compiled:
        scope: dict[str, Any] = {"np": np, **parts}
        exec(code, scope)  # noqa: S102 - our own generated source
        return scope[entry]  # type: ignore[no-any-return]
    # numba's cache imports the module named here when another process loads the driver.
    scope = {"__name__": first.__module__, "np": np, **{name: compiled_function(part) for name, part in parts.items()}}
    exec(code, scope)  # noqa: S102
    return _jitted(scope[entry])


def _jitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with numba, without the lock of Python's, kept on disk where there is a file and a place to write to.

    That is the folder `__pycache__` beside the file, or else the user's cache, or NUMBA_CACHE_DIR before both.
    """
    import numba

    if Path(function.__code__.co_filename).exists():
        try:
            return numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # numba's word for no such place
            _tell_that_nothing_is_kept()
    return numba.njit(nogil=True)(function)


@cache
def _tell_that_nothing_is_kept() -> None:
    _LOG.warning(
        "Compiled code cannot be kept, neither beside its source nor in the user's cache: each process compiles anew. "
        "Set NUMBA_CACHE_DIR to a folder that can be written."
    )


def compiled_function(function: FunctionType | Callable[..., Any]) -> Any:
    """Compile a plain Python function for numba, with every plain function that it calls by a global name.

    Authors write undecorated functions; numba needs the callees compiled too, so the function is re-created
    with compiled ones in its globals. The original keeps working interpreted.
    """
    return _compiled(function, {})


def _compiled(function: Any, memo: dict[Any, Any]) -> Any:
    if function in memo:
        return memo[function]
    scope = dict(function.__globals__)
    clone = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    clone.__module__ = function.__module__
    # A part that many algorithms share, such as the graph families, is compiled once for all of them. Its name in the
    # cache carries a hash of all the source that it depends on, as the driver's does.
    clone.__qualname__ = f"{function.__name__}_{source_hash([function])}"
    memo[function] = _jitted(clone)  # before the callees, so that recursion ends
    for name, callee in _callees(function):
        scope[name] = _compiled(callee, memo)
    return memo[function]


def _callees(function: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(_names(function.__code__)):
        callee = function.__globals__.get(name)
        if isinstance(callee, FunctionType):
            yield name, callee


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def source_hash(functions: Iterable[Callable[..., Any]], extra: str = "") -> str:
    """Return 16 hex digits over the source of `functions` and of every plain function that they call.

    Module-level constants that they read are hashed by their value.
    """
    digest = hashlib.blake2b(extra.encode(), digest_size=8)
    seen: set[Any] = set()
    todo: list[Any] = list(functions)
    while todo:
        function = todo.pop(0)
        if function in seen:
            continue
        seen.add(function)
        try:
            text = inspect.getsource(function)
        except OSError:
            text = function.__code__.co_code.hex()
        digest.update(text.encode())
        for name in sorted(_names(function.__code__)):
            value = function.__globals__.get(name)
            if isinstance(value, int | float | str | tuple | np.generic):
                digest.update(f"{name}={value!r};".encode())
        todo += [callee for _, callee in _callees(function)]
    return digest.hexdigest()


def element_assignment(target: str, value: str, axes: int) -> str:
    """Return source that stores `value` element by element into `target`; numba compiles it faster than a slice."""
    if axes == 0:
        return f"{target} = {value}"
    indices = ["nar_i", "nar_j"][:axes]
    loops = "".join(f"{'    ' * k}for {i} in range({value}.shape[{k}]):\n" for k, i in enumerate(indices))
    at = ", ".join(indices)
    opened = target[:-1]  # "h[t]" -> "h[t" so that the indices go inside the brackets
    return f"{loops}{'    ' * axes}{opened}, {at}] = {value}[{at}]"


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
t = 0
for b in range(first, count):
    start = t
{textwrap.indent(chr(10).join(f"{o}[b:b + 1] = 0" for o in outputs), "    ")}
    t = step({called})
    if t < 0:
        return b, start
    lengths[b] = t - start
return count, t
"""
    entry = f"run_{name}_{source_hash([step], repr(spec) + body)}"
    parameters = ", ".join(["first", "count", "capacity", "lengths", *inputs, *outputs, *axes])
    source = f"def {entry}({parameters}):\n{textwrap.indent(body, '    ')}"
    if not compiled:
        return compile_driver(source, entry, {"step": interpreted(step, list(axes))}, compiled=False)
    where = f"algorithm '{name}', stepping function {step.__name__}"

    def store(target: str, value: str) -> str:
        return element_assignment(f"{target}[{TIME}]", value, axes[target])

    made = storing_function(step, f"step_of_{entry}", list(axes), store, where)
    return explained(compile_driver(source, entry, {"step": made}), name, "stepping function")


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


def explained(driver: Callable[..., Any], name: str, part: str) -> Callable[..., Any]:
    """Say when the driver has to be compiled, and turn numba's typing errors into one sentence that says what to do."""
    from numba.core import event
    from numba.core.errors import NumbaError

    class Teller(event.Listener):
        told = False

        def on_start(self, _: Any) -> None:
            if not self.told:
                _LOG.warning("Compiling the %s of '%s': a few seconds, once on this machine.", part, name)
                self.told = True

        def on_end(self, _: Any) -> None:
            """The time it took is not told."""

    teller = Teller()

    def call(*arguments: Any) -> Any:
        try:
            with event.install_listener("numba:compile", teller):
                return driver(*arguments)
        except NumbaError as error:
            lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed in")]
            raise PluginError(
                f"algorithm '{name}': its {part} cannot be compiled by numba: {' '.join(lines[:3])}\n"
                "Write it with numpy arrays, numbers and loops only, or set compiled=False on the algorithm."
            ) from error

    return call


def read_only(column: NDArray[Any]) -> NDArray[Any]:
    """Return a view that neither numba nor numpy lets a stepping function write to."""
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view
