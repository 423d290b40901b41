"""Not looking for garbage while none is made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_left_alone() -> Iterator[None]:
    """Keep Python's garbage collector from running for the length of the block.

    A plan, or a look at all records, makes hundreds of thousands of objects that all stay; looking through them again
    and again takes a quarter of the time of the whole.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
