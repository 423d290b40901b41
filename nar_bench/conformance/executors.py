"""What every executor must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nar_bench.conformance.kit import require
from nar_bench.plugin.contracts import Executor


def square(item: int) -> int:
    """Work that succeeds."""
    return item * item


def fail_on_three(item: int) -> int:
    """Work that fails for one item."""
    if item == 3:
        raise ValueError("three")
    return item


def stop_on_two(item: int) -> int:
    """Work that the user interrupts."""
    if item == 2:
        raise KeyboardInterrupt
    return item


def is_described(executor: Executor) -> None:
    """The source is named."""
    require(bool(executor.source.strip()), "source is empty.")


def runs_every_item_once(executor: Executor) -> None:
    """Every item comes back once, with its own result, for one and for two workers."""
    for workers in (1, 2):
        results = list(executor.build(workers).run(square, list(range(7))))
        require(
            sorted(item for item, _ in results) == list(range(7)),
            f"items came back as {[item for item, _ in results]}.",
        )
        wrong = [(item, got) for item, got in results if got != item * item]
        require(not wrong, f"item and result do not belong together: {wrong[:1]}.")


def a_failure_is_an_outcome(executor: Executor) -> None:
    """An item that fails yields its exception, and the others still run."""
    results = dict(executor.build(1).run(fail_on_three, list(range(6))))
    require(isinstance(results.get(3), ValueError), f"the item that raised ValueError yielded {results.get(3)!r}.")
    require(set(results) == set(range(6)), f"after a failure only {sorted(results)} of 0 to 5 came back.")


def no_items_are_no_work(executor: Executor) -> None:
    """An empty list yields nothing."""
    results: list[object] = list(executor.build(1).run(square, []))
    require(results == [], f"no item yielded {results}.")


def an_interrupt_ends_the_run(executor: Executor) -> None:
    """KeyboardInterrupt is not swallowed."""
    try:
        results = list(executor.build(1).run(stop_on_two, list(range(5))))
    except KeyboardInterrupt:
        return
    require(False, f"KeyboardInterrupt was swallowed; the run went on and yielded {len(results)} results.")


CHECKS: Mapping[str, Callable[[Executor], None]] = {
    function.__name__: function
    for function in (
        is_described,
        runs_every_item_once,
        a_failure_is_an_outcome,
        no_items_are_no_work,
        an_interrupt_ends_the_run,
    )
}
