"""Generators that become functions: what is compiled does what the generator does, and what cannot be is told."""

from __future__ import annotations

import numpy as np
import pytest

from nar_bench.errors import PluginError
from nar_bench.kernel import execute
from nar_bench.spec import AlgorithmSpec, Feature

SPEC = AlgorithmSpec(
    (
        Feature("x", "input", "node", "scalar"),
        Feature("a", "hint", "node", "scalar"),
        Feature("k", "hint", "graph", "scalar"),
        Feature("y", "output", "node", "scalar"),
    )
)
STEP = 3
X = np.array([[1.0, 2.0, 0.5], [4.0, 0.0, 3.0]])


def walk(limit, values):
    total = 0.0
    for n in range(limit):
        total += values[n] * STEP
        yield n, total
        if total > 10:
            yield -n, total


def loops(x, y):
    n = 7.0
    for m, total in walk(len(x), x):
        if m == 1:
            continue
        for j in range(2):
            if j == 1:
                continue
            y[abs(m)] += total
        yield y, n
    n += 1
    yield y, n


def inner_of_inner(x, y):
    for m, _ in outer(x):
        y[m] = m
        yield y, 1.0


def outer(values):
    for m, total in walk(limit=2, values=values):
        if m >= 0:
            yield m, total


def delegates(x, y):
    yield x, -1.0
    yield from loops(x, y)


def returns(x, y):
    for i in range(len(x)):
        y[i] = i
        yield y, 0.0
        if x[i] > 1:
            return


UP, DOWN = 0, 1


def moves(values, downwards=False, shift=2):
    for k in range(len(values)):
        yield UP, k + shift
        if downwards:
            yield None, values  # numba cannot compile this
        yield DOWN, k


def events(x, y):
    for event, k in moves(x):
        if event == UP and k == 2:
            y[k - 2] += 1
        elif event != UP:
            if x[k] > 1:
                continue
            y[k] += 10
        elif not (event == UP or k == 2):
            y[k] = "never"  # nor this
        yield y, k


def hidden(x, y):
    UP = 5  # hides the global of the same name
    for event, k in moves(x, shift=UP):
        if event == UP:
            y[k] = 1
        yield y, k


def changed(x, y):
    for event, k in moves(x):
        if event == UP:
            y[0] += k
        event += 1
        if event == DOWN:
            y[1] += k
        yield y, event


def same(step) -> None:
    compiled = execute("made", SPEC, step, {"x": X}, 3)
    plain = execute("made", SPEC, step, {"x": X}, 3, compiled=False)
    np.testing.assert_array_equal(compiled.offsets, plain.offsets)
    for name in ("a", "k"):
        np.testing.assert_array_equal(compiled.hints[name], plain.hints[name], err_msg=name)
    np.testing.assert_array_equal(compiled.outputs["y"], plain.outputs["y"])
    assert plain.offsets[-1] > 2
    bare = execute("made", SPEC, step, {"x": X}, 3, hints=False)
    assert bare.hints == {}
    np.testing.assert_array_equal(bare.offsets, plain.offsets)
    np.testing.assert_array_equal(bare.outputs["y"], plain.outputs["y"])


STEPS = [loops, inner_of_inner, delegates, returns, events, hidden, changed]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_compiled_is_interpreted(step) -> None:
    same(step)


def breaks(x, y):
    for m, _ in walk(2, x):
        if m:
            break
        yield y, 0.0


def sends(x, y):
    got = yield y, 0.0
    y[0] = got


def empty_handed(x, y):
    yield


def too_few(x, y):
    yield (y,)


def early(values):
    for v in values:
        if v > 1:
            return
        yield v, v


def loops_over_early(x, y):
    for _, _ in early(x):
        yield y, 0.0


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (breaks, "cannot be left by `break`"),
        (sends, "a yield must be a statement of its own"),
        (empty_handed, "yields nothing"),
        (too_few, "yields 1 values; the spec has 2 hints"),
        (loops_over_early, "early returns early"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_its_line(step, says: str) -> None:
    with pytest.raises(PluginError, match=rf"stepping function {step.__name__}.*line \d+.*{says}"):
        execute("made", SPEC, step, {"x": X}, 3)
