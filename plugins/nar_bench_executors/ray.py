"""Workers of a Ray cluster, or of one that is started on this machine.

Ray gives each item the cores and the share of a GPU that are asked for. It is not to try anything again itself: who
runs the work knows what has been done.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nar_bench.errors import TimeLimitReached, Unsupported, WorkerDied
from nar_bench.plugin.execution import Executor, Item, Place, Result, Tell, Terms, Work
from nar_bench_executors.messages import BEGUN, INTERRUPTED, TOLD, perform

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class RayConfig:
    """Options."""

    address: str = ""
    """Of a cluster, such as auto; "" for the one that RAY_ADDRESS names, or else one on this machine for this run."""
    cpus: float = 1.0
    """Cores of each item."""
    gpus: float = 0.0
    """GPUs of each item; 0.25 puts four on one."""

    def faults(self) -> list[tuple[str, str]]:
        """Name values out of range."""
        return [(name, "at least 0 is needed") for name in ("cpus", "gpus") if getattr(self, name) < 0]


class Ray:
    """Runs items on up to `workers` Ray workers."""

    def __init__(self, config: RayConfig, terms: Terms) -> None:
        self._config, self._terms = config, terms

    def run(
        self, work: Work[Item, Result], items: Sequence[Item], tell: Tell
    ) -> Generator[tuple[Item, Result | Exception], None, None]:
        """Yield (item, result or exception) as each ends."""
        if not items:
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray
        from ray.util.queue import Queue

        started = self._connect()
        try:
            queue = Queue(actor_options={"num_cpus": 0})
            # GPU workers end with their item by default; torch would be imported anew for each.
            remote = ray.remote(num_cpus=self._config.cpus, num_gpus=self._config.gpus, max_retries=0, max_calls=0)(
                _run
            )
            waiting = deque(enumerate(items))
            active: dict[int, _Task] = {}
            try:
                while waiting or active:
                    while waiting and len(active) < self._terms.workers:
                        number, item = waiting.popleft()
                        active[number] = _Task(item, remote.remote(queue, number, work, item))
                    for number, outcome in self._next(queue, active, tell):
                        yield active.pop(number).item, outcome
            finally:
                for task in active.values():
                    ray.cancel(task.reference, force=True)
                queue.shutdown(force=True)
        finally:
            if started:
                ray.shutdown()

    def _connect(self) -> bool:
        """Connect to a cluster; return whether one was started here."""
        import ray

        if ray.is_initialized():
            return False
        config = self._config
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if config.address or os.environ.get("RAY_ADDRESS"):
            ray.init(address=config.address or None, **quiet)
            return True
        cores = max(1, round(self._terms.workers * config.cpus))
        ray.init(address="local", num_cpus=cores, include_dashboard=False, **quiet)
        there = ray.cluster_resources()  # type: ignore[no-untyped-call]
        if config.gpus > there.get("GPU", 0):
            ray.shutdown()
            raise Unsupported(f"executor ray: {config.gpus:g} GPUs for each trial are asked for; Ray finds none here.")
        return True

    def _next(self, queue: Any, active: dict[int, _Task], tell: Tell) -> Iterator[tuple[int, Any]]:
        """Wait a little, and yield what ended, with its number."""
        import ray

        ready, _ = ray.wait([task.reference for task in active.values()], timeout=_POLL_SECONDS)
        ended = set()
        for number, (kind, content) in queue.get_nowait_batch(queue.size()):
            if number not in active or number in ended:
                continue  # of an item that was stopped
            if kind == BEGUN:
                active[number].begun = time.monotonic()
            elif kind == TOLD:
                tell(content)
            elif kind == INTERRUPTED:
                raise KeyboardInterrupt
            else:
                ended.add(number)
                yield number, content
        limit = self._terms.time_limit
        for number, task in list(active.items()):
            if limit is not None and task.begun and time.monotonic() - task.begun > limit and not task.is_over:
                task.is_over = True
                ray.cancel(task.reference, force=True)
            if task.reference in ready and (error := _error(task.reference)):
                if task.is_over:
                    error = TimeLimitReached(f"it was not done after {limit:g} s, its time limit, and was stopped.")
                yield number, error


@dataclass
class _Task:
    """An item that was handed to Ray."""

    item: Any
    reference: Any
    begun: float = 0.0
    is_over: bool = False


def _error(reference: Any) -> Exception | None:
    """Return why a task ended without saying so, or None where it said how it ended."""
    import ray

    try:
        ray.get(reference)
    except ray.exceptions.RayTaskError as error:  # what was handed over could not be read there
        return RuntimeError(str(error))
    except ray.exceptions.RayError as error:
        told = str(error).strip().splitlines() or ["no reason was given"]
        return WorkerDied(f"Ray lost the worker before the work was done: {type(error).__name__}: {told[0]}")
    return None


def _run(queue: Any, number: int, work: Any, item: Any) -> None:
    """Be the worker."""
    perform(work, item, lambda message: queue.put((number, message)))


def _build(config: RayConfig, terms: Terms) -> Ray:
    return Ray(config, terms)


def _unsupported(config: RayConfig, terms: Terms) -> str:
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed; install it with: pip install 'nar-bench[ray]'."
    return ""


RAY = Executor(
    name="ray",
    source="https://github.com/ray-project/ray",
    config=RayConfig,
    build=_build,
    place=Place.CLUSTER,
    unsupported=_unsupported,
)
