"""Worker processes of this machine.

Each worker has a pipe of its own, so that one that is killed, at whatever moment, holds nothing that another needs.
Workers are forked from a server that has imported torch, in which nothing has run yet; a new one is there in
milliseconds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from nar_bench.errors import TimeLimitReached, WorkerDied
from nar_bench.plugin.execution import Executor, Item, NoOptions, Place, Result, Tell, Terms, Work
from nar_bench_executors.messages import BEGUN, INTERRUPTED, PRELOADED, TOLD, perform, stopped

_GRACE_SECONDS = 3.0
"""For workers to let go of what they hold when the run is stopped; then they are killed."""


class Local:
    """Runs items in up to `workers` processes."""

    def __init__(self, workers: int, time_limit: float | None) -> None:
        self._workers, self._time_limit = workers, time_limit
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(list(PRELOADED))
            _start_server()

    def run(
        self, work: Work[Item, Result], items: Sequence[Item], tell: Tell
    ) -> Generator[tuple[Item, Result | Exception], None, None]:
        """Yield (item, result or exception) as each ends."""
        waiting = deque(items)
        workers: list[_Worker] = []
        try:
            while waiting or any(worker.busy for worker in workers):
                while waiting and len(workers) < self._workers:
                    workers.append(_Worker(self._context, self._time_limit))
                for worker in workers:
                    if waiting and not worker.busy:
                        worker.start(work, waiting.popleft())
                ended = _next(workers, tell)
                workers = [worker for worker in workers if not worker.gone]
                yield from ended
        finally:
            _stop(workers)


def _start_server() -> None:
    """Start the server that workers are forked from, deaf to Ctrl-C as they are; else it would print a traceback."""
    resource_tracker.ensure_running()  # which the server needs, and which allows Ctrl-C again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """A process, and the item that it is at."""

    def __init__(self, context: Any, time_limit: float | None) -> None:
        self.pipe, theirs = cast("tuple[Connection, Connection]", context.Pipe())
        self._process = context.Process(target=_serve, args=(theirs,), name="nar-bench worker", daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends when the process does
        self._time_limit = time_limit
        self._item: Any = None
        self._begun = 0.0
        self.busy = self.gone = False

    def start(self, work: Any, item: Any) -> None:
        self._item, self._begun, self.busy = item, 0.0, True
        # A process that died meanwhile is noticed where it is read from.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send((work, item))

    @property
    def seconds_left(self) -> float | None:
        """Until its time is over; None where it has any time."""
        if self._time_limit is None or not self._begun:
            return None
        return max(0.0, self._begun + self._time_limit - time.monotonic())

    def read(self, tell: Tell) -> list[tuple[Any, Any]]:
        """Take one message, and return what it ends."""
        try:
            kind, content = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            self.gone = True
            self.pipe.close()
            error = WorkerDied(stopped(self._process.pid, self._process.exitcode))
            return [(self._item, error)] if self.busy else []
        if kind == BEGUN:
            self._begun = time.monotonic()
        elif kind == TOLD:
            tell(content)
        elif kind == INTERRUPTED:
            raise KeyboardInterrupt
        else:
            self.busy = False
            return [(self._item, content)]
        return []

    def expire(self) -> tuple[Any, Exception]:
        """Kill it, because its time is over."""
        self.kill()
        limit = self._time_limit
        return self._item, TimeLimitReached(f"it was not done after {limit:g} s, its time limit, and was stopped.")

    def terminate(self) -> None:
        self._process.terminate()

    def join(self, seconds: float) -> None:
        self._process.join(seconds)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.gone = True
        self.pipe.close()


def _next(workers: list[_Worker], tell: Tell) -> list[tuple[Any, Any]]:
    """Wait until something happens, and return what ended."""
    limits = [worker.seconds_left for worker in workers if worker.busy]
    ready = wait([worker.pipe for worker in workers], min((one for one in limits if one is not None), default=None))
    ended = [outcome for worker in workers if worker.pipe in ready for outcome in worker.read(tell)]
    return ended + [
        worker.expire() for worker in workers if worker.busy and not worker.gone and worker.seconds_left == 0
    ]


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.terminate()
    until = time.monotonic() + _GRACE_SECONDS
    for worker in workers:
        worker.join(max(0.0, until - time.monotonic()))
        worker.kill()


def _serve(pipe: Connection) -> None:
    """Run what comes through the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            work, item = pipe.recv()
        except (EOFError, OSError):
            return
        perform(work, item, pipe.send)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _build(config: NoOptions, terms: Terms) -> Local:
    return Local(terms.workers, terms.time_limit)


LOCAL = Executor(
    name="local",
    source="this project; worker processes are those of the standard library's multiprocessing",
    config=NoOptions,
    build=_build,
    place=Place.MACHINE,
)
