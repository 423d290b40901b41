"""Claims: which process works on what in a folder, so that several share it and none does a thing twice.

A claim is two locks of the library filelock, and whoever holds one holds both.

- An OS lock (flock). It ends with its process, however that ends, and is not lost by one that sleeps. On one machine
  it decides alone. Linux carries it to the server of an NFS mount, where it holds between machines too.
- A lease: a file that names its holder, who touches it every twenty seconds. It is for file systems whose OS locks do
  not leave the machine (Lustre mounted with localflock, some FUSE). A dead process of this machine loses it at once;
  one of another machine when a watcher has seen nothing of it for `LEASE` seconds of the watcher's own clock.

Where OS locks stay on their machine, a process that sleeps for longer than `LEASE` may be overtaken from another one.
It learns of it (`Claim.check`) at the next step that it makes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nar_bench.errors import StoreError

if TYPE_CHECKING:
    from filelock import SoftFileLease

LEASE = 60.0
"""Seconds without a sign of life after which a holder on another machine is taken for dead."""

_POLL = 1.0


@dataclass(frozen=True)
class Claim:
    """A claim that is held."""

    path: Path
    _lease: SoftFileLease

    def check(self) -> None:
        """Raise StoreError if another process took it over, because this one gave no sign of life for too long."""
        if self._lease.compromise is not None:
            raise StoreError(
                f"{self.path.name}: another runner took this trial over, because for {LEASE:g} s this one did not "
                f"touch {self.path}.lease. Run the same command again when the other is done."
            )


@contextlib.contextmanager
def claimed(path: Path, patient: bool = False) -> Iterator[Claim | None]:
    """Hold the claim `path` for the length of the block, or yield None where another process holds it.

    Args:
        path: of files path.lock and path.lease; path.lock is left behind.
        patient: whether to watch a holder that may be dead for up to `LEASE` seconds; else it counts as alive.

    Raises:
        StoreError: the files cannot be written.
    """
    from filelock import FileLock, SoftFileLease, Timeout

    lock = FileLock(f"{path}.lock", blocking=False)
    lease = SoftFileLease(
        f"{path}.lease", lease_duration=LEASE, timeout=LEASE + 5 * _POLL if patient else 0, poll_interval=_POLL
    )
    with contextlib.ExitStack() as held:
        claim: Claim | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(lock)
            held.enter_context(lease)
            claim = Claim(path, lease)
        except Timeout:
            held.close()
        except OSError as error:
            raise StoreError(f"cannot write {path}.lock or {path}.lease: {error.strerror or error}.") from error
        yield claim
