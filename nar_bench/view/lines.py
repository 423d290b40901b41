"""Which lines of an algorithm's source are run for each hint.

The stepping function is a generator and is run as it stands, so Python's own tracing tells the lines: those of the
stepping function, and those of the functions of its package that it calls or walks through.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

Place = tuple[str, int]
"""A file and a line of it."""


@dataclass
class Lines:
    """What was run, filled by `traced`.

    Attributes:
        codes: the functions, the stepping function first, the others as they were first called.
        steps: for each hint, how often each line was run since the hint before, up to the yield that shows it; one
            more at the end for what follows the last hint.
        ends: for each of these, the line where it ended: the yield, at last the last line that was run.
    """

    codes: list[CodeType] = field(default_factory=list)
    steps: list[Counter[Place]] = field(default_factory=list)
    ends: list[Place] = field(default_factory=list)


@contextmanager
def traced(step: Callable[..., Any]) -> Iterator[Lines]:
    """Note the lines of the next run of the generator function `step`; of several runs the last is kept."""
    lines = Lines()
    code, package = step.__code__, step.__module__.partition(".")[0]
    running: FrameType | None = None
    current: Counter[Place] = Counter()
    last: Place = (code.co_filename, code.co_firstlineno)

    def on_call(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal running, current
        if frame.f_code is code and frame is not running:
            running, current = frame, Counter()
            lines.codes, lines.steps, lines.ends = [code], [], []
        if running is None or frame.f_globals.get("__name__", "").partition(".")[0] != package:
            return None
        if frame.f_code not in lines.codes and not frame.f_code.co_name.startswith("<"):
            lines.codes.append(frame.f_code)
        return on_event

    def on_event(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal running, current, last
        if event == "line":
            last = frame.f_code.co_filename, frame.f_lineno
            current[last] += 1
        elif event == "return" and frame is running:
            # A generator "returns" at each yield, and once more when it is over, which yields nothing.
            lines.steps.append(current)
            lines.ends.append(last)  # of the innermost generator, where the stepping function yields from another
            current = Counter()
            if argument is None:
                running = None
        return on_event

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield lines
    finally:
        sys.settrace(before)
