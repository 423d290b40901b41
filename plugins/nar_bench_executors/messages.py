"""What a worker says of an item, through whatever carries it: that it begins, what it tells, and how it ends."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

from nar_bench.plugin.execution import Work

BEGUN, TOLD, ENDED, INTERRUPTED = "begun", "told", "ended", "interrupted"

PRELOADED = ("torch", "nar_bench.runner.work", "nar_bench.training.loop")
"""What a worker imports before its first item, so that no time limit has to cover it."""

Send = Callable[[tuple[str, Any]], None]
"""Carries one message: its kind, and what was told or the result or exception."""


def perform(work: Work[Any, Any], item: Any, send: Send) -> None:
    """Run `work` on `item`, and send what it says."""
    for module in PRELOADED:
        import_module(module)
    send((BEGUN, None))
    try:
        result = work(item, lambda told: send((TOLD, told)))
    except KeyboardInterrupt:
        send((INTERRUPTED, None))
    except Exception as error:
        send((ENDED, portable(error)))
    else:
        send((ENDED, result))


def portable(error: Exception) -> Exception:
    """Return an exception that survives pickling: itself where it does, else one that says the same."""
    try:
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:
        again = None
    return error if type(again) is type(error) else RuntimeError(f"{type(error).__name__}: {error}")


def stopped(pid: int | None, code: int | None) -> str:
    """Say how a worker process ended before its work did."""
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        advice = " The system does that when memory runs out." if -code == signal.SIGKILL else ""
        return f"the worker process {pid} was killed by {name} before the work was done.{advice}"
    return f"the worker process {pid} ended with exit code {code} before the work was done."
