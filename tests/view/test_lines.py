"""The lines that tracing tells are those that Python ran."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import pytest
from chosen import ALGORITHMS

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.view.instance import draw
from nar_bench.view.lines import traced
from nar_bench.view.listing import listing


def _twice(value: int) -> int:
    return 2 * value


def _inner(count: int) -> Any:
    for i in range(count):
        yield _twice(i)


def _steps(count: int) -> Any:
    total = 0
    for i in range(count):
        for _ in range(i):
            total += 1
        yield total
    total = _twice(total)


def _outer(count: int) -> Any:
    yield from _inner(count)


def test_every_line_is_counted_for_the_step_that_it_leads_to() -> None:
    with traced(_steps) as lines:
        list(_steps(3))
    first = _steps.__code__.co_firstlineno

    def by_row(counts: Counter[tuple[str, int]]) -> dict[int, int]:
        return {line - first: count for (_, line), count in counts.items()}

    # rows: 1 total, 2 outer loop, 3 inner loop, 4 adds, 5 yields, 6 the end; the callee stands eleven lines above
    assert by_row(lines.steps[0]) == {1: 1, 2: 1, 3: 1, 5: 1}
    assert by_row(lines.steps[1]) == {2: 1, 3: 2, 4: 1, 5: 1}
    assert by_row(lines.steps[2]) == {2: 1, 3: 3, 4: 2, 5: 1}
    callee = _twice.__code__.co_firstlineno + 1 - first
    assert by_row(lines.steps[3]) == {2: 1, 6: 1, callee: 1}
    assert [line - first for _, line in lines.ends] == [5, 5, 5, callee]
    assert lines.codes == [_steps.__code__, _twice.__code__]


def test_a_step_ends_in_the_generator_that_is_walked_through() -> None:
    with traced(_outer) as lines:
        assert list(_outer(2)) == [0, 2]
    assert lines.codes == [_outer.__code__, _inner.__code__, _twice.__code__]
    assert len(lines.steps) == 3


def test_of_two_runs_the_last_is_kept_and_the_tracing_before_comes_back() -> None:
    before = sys.gettrace()
    with traced(_steps) as lines:
        list(_steps(5))
        list(_steps(2))
    assert len(lines.steps) == 3
    assert sys.gettrace() is before


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_step_of_every_algorithm_ends_at_a_yield_of_its_source(name: str) -> None:
    instance = draw(registry().load(Kind.ALGORITHM, name), 8, 0, {})
    listed = {
        (line.file, line.number): "".join(text for _, text in line.pieces)
        for function in listing(instance.lines.codes)
        for line in function.lines
    }
    assert len(instance.lines.steps) == instance.batch.lengths[0] + 1
    for end in instance.lines.ends[:-1]:
        assert "yield" in listed[end]
    run = {place for step in instance.lines.steps for place in step}
    assert run <= set(listed), "everything that is run is listed"
