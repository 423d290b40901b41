"""The most memory that a trial held."""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

from nar_bench.results.record import Memory

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class PeakMemory:
    """Watches the memory of this process, and of a GPU, from now on.

    Linux can forget an earlier peak of the process (`clear_refs`, man 5 proc); where it cannot, the peak is that of all
    that the process ever did, which for a process of one trial is the same.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        with contextlib.suppress(OSError):  # no Linux, or not allowed: the peak since the process began
            _RESET.write_text("5")
        if self._on_gpu:
            import torch

            torch.cuda.reset_peak_memory_stats(device)

    def measured(self) -> Memory:
        """Return the peaks since this was made, in MiB."""
        on_device = None
        if self._on_gpu:
            import torch

            on_device = round(torch.cuda.max_memory_allocated(self._device) / 2**20, 1)
        return Memory(process=_resident_peak(), device=on_device)

    @property
    def _on_gpu(self) -> bool:
        return self._device.startswith("cuda")


def _resident_peak() -> float | None:
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 1024), 1) or None
