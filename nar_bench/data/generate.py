"""Draw instances of an algorithm and run it on them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from nar_bench.buffers import empty
from nar_bench.compiler import compile_driver, compiles, explained, source_hash
from nar_bench.data import random as draws
from nar_bench.data.random import Stream, derive_seed
from nar_bench.data.sparse import Choices, arguments_of, sparse_inputs
from nar_bench.errors import InputError, UnknownName
from nar_bench.kernel import STORING, row_assignment
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import Layout, Location, Type
from nar_bench.trajectory import Array, compact_dtype, compact_shape

ShiftValue = Any
"""A number, the word for one, a sequence of these, or one of POSITIONS."""

POSITIONS = ("ordered", "random")
"""Values of the shift axis `positions`, which every algorithm with an input `pos` has."""

_LARGEST_SEED = 2**63 - 1


def generate(
    algorithm: Algorithm,
    size: int,
    count: int,
    seed: int,
    *,
    first: int = 0,
    hints: bool = True,
    **shift: ShiftValue,
) -> Any:
    """Draw `count` instances and run the algorithm on each.

    Sample i depends on (algorithm, size, seed, i, shift) alone: not on `count`, on the order, or on the machine.

    Args:
        size: problem size n, at least the algorithm's smallest.
        count: number of instances, at least 0.
        seed: in [0, 2^63).
        first: index of the first sample; samples first .. first + count - 1 are made.
        hints: whether to keep the hints; at sizes of a thousand they can take gigabytes for one instance.
        shift: shift axes, by name: a number, the word for one (`family="grid"`), or a sequence of these of which
            each sample draws one.
            `positions` is "ordered" (i / N, the default) or "random" (sorted uniform draws).

    Returns:
        a `Batch`, or a `SparseBatch` where the algorithm's spec is sparse.

    Raises:
        InputError: a size, count, seed or shift value that is not allowed.
        UnknownName: a shift axis that the algorithm does not have.
    """
    axes = shift_axes(algorithm)
    values = dict(shift)
    positions = values.pop("positions", POSITIONS[0])
    _check_range(algorithm, "size", size, algorithm.smallest, 2**31 - 1)
    _check_range(algorithm, "count", count, 0, 2**40)
    _check_range(algorithm, "seed", seed, 0, _LARGEST_SEED)
    _check_range(algorithm, "first", first, 0, _LARGEST_SEED)
    if positions not in POSITIONS:
        raise InputError(
            f"algorithm '{algorithm.name}', shift axis 'positions': got {positions!r}; allowed: {', '.join(POSITIONS)}."
        )
    for name in values:
        if name not in axes:
            raise UnknownName("shift axis", name, [*axes, "positions"], where=f"algorithm '{algorithm.name}'")
    given = {name: values.get(name, default) for name, default in axes.items()}
    choices = {name: None if value is None else _choices(algorithm, name, value) for name, value in given.items()}
    key = np.uint64(derive_seed(algorithm.name, size, seed))
    if algorithm.spec.layout is Layout.SPARSE:
        inputs, edge_offsets = sparse_inputs(algorithm, size, count, key, first, choices)
    else:
        inputs, edge_offsets = _dense_inputs(algorithm, size, count, key, first, choices), None
    if positions == "random":
        _randomise_positions(algorithm, inputs, seed, first)
    return algorithm.execute(inputs, algorithm.nodes(size), hints=hints, edge_offsets=edge_offsets)


def _dense_inputs(
    algorithm: Algorithm, size: int, count: int, key: np.uint64, first: int, choices: Choices
) -> dict[str, Array]:
    nodes = algorithm.nodes(size)
    inputs = {f.name: empty((count, *compact_shape(f, nodes)), compact_dtype(f, nodes)) for f in algorithm.spec.inputs}
    chosen = [values for values in choices.values() if values is not None]
    driver = _sample_driver(algorithm, arguments_of(choices), algorithm.compiled and compiles())
    with np.errstate(over="ignore"):
        driver(key, np.uint64(first), count, size, *chosen, *inputs.values())
    return inputs


@cache
def shift_axes(algorithm: Algorithm) -> dict[str, float | None]:
    """Return the shift axes of an algorithm with their default values; None stands for the first word of an axis."""
    parameters = list(inspect.signature(algorithm.sample).parameters.values())[2:]
    return {parameter.name: parameter.default for parameter in parameters}


def _check_range(algorithm: Algorithm, name: str, value: Any, low: int, high: int) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise InputError(
            f"algorithm '{algorithm.name}', {name}: got {value!r}; a whole number from {low} to {high} is needed."
        )


def _choices(algorithm: Algorithm, name: str, value: ShiftValue) -> Array:
    words = algorithm.words.get(name, ())
    if words:
        return _word_choices(algorithm, name, value, words)
    try:
        choices = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        choices = np.empty(0)
    if choices.ndim != 1 or not len(choices) or not np.isfinite(choices).all():
        raise InputError(
            f"algorithm '{algorithm.name}', shift axis '{name}': got {value!r}; "
            "a finite number or a sequence of them is needed."
        )
    low, high = algorithm.ranges.get(name, (-np.inf, np.inf))
    if (choices < low).any() or (choices > high).any():
        raise InputError(
            f"algorithm '{algorithm.name}', shift axis '{name}': got {value!r}; allowed: from {low:g} to {high:g}."
        )
    return choices


def _word_choices(algorithm: Algorithm, name: str, value: ShiftValue, words: tuple[str, ...]) -> Array:
    chosen = [value] if isinstance(value, str | int) else list(value)
    unknown = [one for one in chosen if one not in words and one not in range(len(words))]
    if unknown or not chosen:
        raise UnknownName(
            "value", str(unknown[0] if unknown else value), words, where=f"algorithm '{algorithm.name}', axis '{name}'"
        )
    return np.array([words.index(one) if one in words else one for one in chosen], np.float64)


def _randomise_positions(algorithm: Algorithm, inputs: dict[str, Array], seed: int, first: int) -> None:
    """Replace `pos` by sorted uniform draws, within each run of nodes that starts at pos 0 (as the reference does)."""
    feature = next((f for f in algorithm.spec.inputs if f.name == "pos"), None)
    if feature is None or feature.location is not Location.NODE or feature.type is not Type.SCALAR:
        raise InputError(
            f"algorithm '{algorithm.name}': positions='random' needs a node scalar input 'pos', which its spec has not."
        )
    position_seed = derive_seed(algorithm.name, "positions", seed)
    for row, pos in enumerate(inputs["pos"]):
        drawn = Stream(position_seed, first + row).uniform(len(pos))
        for segment in np.split(np.arange(len(pos)), np.flatnonzero(pos == 0)):
            pos[segment] = np.sort(drawn[segment])


@cache
def _sample_driver(algorithm: Algorithm, axes: tuple[tuple[str, str], ...], compiled: bool) -> Callable[..., Any]:
    features = algorithm.spec.inputs
    picked = ", ".join(["rng", "size", *(source for _, source in axes)])
    values = ", ".join(f"v_{f.name}" for f in features)
    store = "\n".join(
        row_assignment(f"i_{f.name}", "b", f"v_{f.name}", len(compact_shape(f, 1)), compiled=compiled) for f in features
    )
    body = f"""
rng = np.zeros(2, np.uint64)
for b in range(count):
    rng[0] = sample_key(key, first + np.uint64(b))
    rng[1] = np.uint64(0)
    {values}{"," if len(features) == 1 else ""} = sample({picked})
{textwrap.indent(store, "    ")}
"""
    parts: dict[str, Callable[..., Any]] = {
        "sample": algorithm.sample,
        "choice": draws.choice,
        "sample_key": draws.sample_key,
    }
    entry = f"sample_{algorithm.name}_{source_hash(parts.values(), body)}"
    parameters = ", ".join(
        ["key", "first", "count", "size", *(name for name, _ in axes if name), *(f"i_{f.name}" for f in features)]
    )
    source = f"{STORING if compiled else ''}def {entry}({parameters}):\n{textwrap.indent(body, '    ')}"
    driver = compile_driver(source, entry, parts, compiled=compiled)
    return explained(driver, algorithm.name, "input distribution") if compiled else driver
