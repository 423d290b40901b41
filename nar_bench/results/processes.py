"""Which process, on which machine: written into files by those that work, and looked for by those that watch."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes:
        host: name of its machine.
        namespace: of process numbers, which containers have of their own; 0 where the system has none.
        pid: its number.
        start: when it began, in ticks of the machine's clock, by which it is told from a later one of its number; 0
            where the system does not say (only Linux does, in /proc).
    """

    host: str
    namespace: int
    pid: int
    start: int

    @property
    def is_here(self) -> bool:
        """Whether its machine and namespace are those of the process that asks, so that it can be looked for."""
        return (self.host, self.namespace) == (socket.gethostname(), _namespace())

    @property
    def lives(self) -> bool:
        """Whether it is there and has not ended; only where `is_here`."""
        found = _state_and_start(self.pid)
        if found is None:
            return False
        state, start = found
        return state not in "ZX" and (not self.start or not start or start == self.start)


def this_process() -> Process:
    """Return the process that asks."""
    pid = os.getpid()
    found = _state_and_start(pid)
    return Process(socket.gethostname(), _namespace(), pid, found[1] if found else 0)


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _state_and_start(pid: int) -> tuple[str, int] | None:
    """Return the state of a process, one letter, and its start (0 if that is not known), or None if it is not there."""
    try:
        # The name, in brackets, may hold anything; state is the 3rd field and start the 22nd (man 5 proc).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except (OSError, ValueError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass  # it is someone else's
    return "R", 0
