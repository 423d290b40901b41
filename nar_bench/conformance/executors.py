"""What every executor must do."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nar_bench.conformance.kit import require
from nar_bench.errors import TimeLimitReached, WorkerDied
from nar_bench.plugin.execution import Executor, Place, Runner, Tell, Terms

_TIME_LIMIT = 2.0
_SOON = 60.0
"""Seconds within which an executor has stopped what it is to stop."""


def square(item: int, tell: Tell) -> int:
    """Work that succeeds, and tells of it."""
    tell((item, "begins"))
    tell((item, "ends"))
    return item * item


def fail_on_three(item: int, tell: Tell) -> int:
    """Work that fails for one item."""
    if item == 3:
        raise ValueError("three")
    return item


def stop_on_two(item: int, tell: Tell) -> int:
    """Work that the user interrupts."""
    if item == 2:
        raise KeyboardInterrupt
    return item


def die_on_two(item: int, tell: Tell) -> int:
    """Work whose process is killed for one item."""
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def linger_on_one(item: int, tell: Tell) -> int:
    """Work that does not come back for one item."""
    if item == 1:
        time.sleep(10 * _SOON)
    return item


@contextmanager
def _built(executor: Executor, workers: int = 1, time_limit: float | None = None) -> Iterator[Runner]:
    with tempfile.TemporaryDirectory() as folder:
        config, terms = _config(executor), Terms(workers, time_limit, Path(folder) / "executor")
        reason = executor.unsupported(config, terms)
        require(not reason, f"it refuses {workers} workers with a time limit of {time_limit}: {reason}")
        yield executor.build(config, terms)


def _config(executor: Executor) -> Any:
    return executor.config() if executor.rehearsal is None else executor.rehearsal


def _workers(executor: Executor) -> Sequence[int]:
    return (1,) if executor.place is Place.PROCESS else (1, 2)


def _hear_nothing(told: Any) -> None:
    return None


def is_described(executor: Executor) -> None:
    """The source is named, the options have defaults."""
    require(bool(executor.source.strip()), "source is empty.")
    executor.config()


def says_what_it_supports(executor: Executor) -> None:
    """In this process there is one worker and no time limit; what asks for more is refused with a reason."""
    config = _config(executor)
    for terms in (Terms(), Terms(workers=2), Terms(time_limit=1.0)):
        reason = executor.unsupported(config, terms)
        require(isinstance(reason, str), f"unsupported() returned {reason!r} for {terms}; a string is needed.")
        if executor.place is Place.PROCESS and terms != Terms():
            require(bool(reason), f"it runs items in this process and does not refuse {terms}.")


def runs_every_item_once(executor: Executor) -> None:
    """Every item comes back once, with its own result, for as many workers as it has."""
    for workers in _workers(executor):
        with _built(executor, workers) as runner:
            results = list(runner.run(square, list(range(7)), _hear_nothing))
        require(
            sorted(item for item, _ in results) == list(range(7)),
            f"items came back as {[item for item, _ in results]}.",
        )
        wrong = [(item, got) for item, got in results if got != item * item]
        require(not wrong, f"item and result do not belong together: {wrong[:1]}.")


def what_is_told_arrives(executor: Executor) -> None:
    """What is told of an item is heard in its order, and before the item comes back."""
    heard: list[tuple[int, str]] = []
    with _built(executor, _workers(executor)[-1]) as runner:
        for item, _ in runner.run(square, list(range(4)), heard.append):
            own = [what for of, what in heard if of == item]
            require(own == ["begins", "ends"], f"when item {item} came back {own} of what it told had been heard.")


def a_failure_is_an_outcome(executor: Executor) -> None:
    """An item that fails yields its exception, and the others still run."""
    with _built(executor) as runner:
        results = dict(runner.run(fail_on_three, list(range(6)), _hear_nothing))
    require(isinstance(results.get(3), ValueError), f"the item that raised ValueError yielded {results.get(3)!r}.")
    require(set(results) == set(range(6)), f"after a failure only {sorted(results)} of 0 to 5 came back.")


def no_items_are_no_work(executor: Executor) -> None:
    """An empty list yields nothing."""
    with _built(executor) as runner:
        results: list[object] = list(runner.run(square, [], _hear_nothing))
    require(results == [], f"no item yielded {results}.")


def an_interrupt_ends_the_run(executor: Executor) -> None:
    """KeyboardInterrupt is not swallowed."""
    with _built(executor) as runner:
        try:
            results = list(runner.run(stop_on_two, list(range(5)), _hear_nothing))
        except KeyboardInterrupt:
            return
    require(False, f"KeyboardInterrupt was swallowed; the run went on and yielded {len(results)} results.")


def a_killed_worker_costs_one_item(executor: Executor) -> None:
    """Outside of this process, the item whose worker is killed yields WorkerDied, and the others still run."""
    if executor.place is Place.PROCESS:
        return
    with _built(executor, workers=2) as runner:
        results = dict(runner.run(die_on_two, list(range(5)), _hear_nothing))
    require(isinstance(results.get(2), WorkerDied), f"the item whose worker was killed yielded {results.get(2)!r}.")
    kept = {item: got for item, got in results.items() if item != 2}
    require(kept == {item: item for item in (0, 1, 3, 4)}, f"after a worker was killed the others yielded {kept}.")


def a_time_limit_stops_an_item(executor: Executor) -> None:
    """Outside of this process, an item that takes too long yields TimeLimitReached, and the others still run."""
    if executor.place is Place.PROCESS:
        return
    start = time.monotonic()
    with _built(executor, workers=2, time_limit=_TIME_LIMIT) as runner:
        results = dict(runner.run(linger_on_one, list(range(3)), _hear_nothing))
    took = time.monotonic() - start
    require(isinstance(results.get(1), TimeLimitReached), f"the item that took too long yielded {results.get(1)!r}.")
    require(took < _SOON, f"a time limit of {_TIME_LIMIT:g} s was kept after {took:.0f} s.")
    kept = {item: got for item, got in results.items() if item != 1}
    require(kept == {0: 0, 2: 2}, f"after a time limit the others yielded {kept}.")


CHECKS: Mapping[str, Callable[[Executor], None]] = {
    function.__name__: function
    for function in (
        is_described,
        says_what_it_supports,
        runs_every_item_once,
        what_is_told_arrives,
        a_failure_is_an_outcome,
        no_items_are_no_work,
        an_interrupt_ends_the_run,
        a_killed_worker_costs_one_item,
        a_time_limit_stops_an_item,
    )
}
