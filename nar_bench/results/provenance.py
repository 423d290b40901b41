"""Where and with what a trial ran."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any


def environment(device: str, threads: int) -> dict[str, Any]:
    """Describe versions, source and hardware.

    Args:
        device: what the networks ran on.
        threads: threads that torch uses within one operation.

    Returns:
        JSON values; git_commit and git_dirty are None outside a checkout.
    """
    commit, dirty = _git(Path(__file__).parent)
    return {
        "python": platform.python_version(),
        **versions("nar-bench", "torch", "numpy", "numba"),
        "git_commit": commit,
        "git_dirty": dirty,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "memory_gib": _memory_gib(),
        "device": device,
    }


def versions(*distributions: str) -> dict[str, str | None]:
    """Return the installed version of each distribution, None where it is not there."""
    return {name.replace("-", "_"): _version(name) for name in distributions}


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _git(folder: Path) -> tuple[str | None, bool | None]:
    """Return commit and whether the checkout that holds our source has changes; not that of the user's own folder.

    It is asked once, near the time at which this process read the source: what is committed later is not what ran.
    """
    try:
        # Source that merely lies in somebody's repository (a virtual environment inside it) is not tracked there.
        _run(folder, "ls-files", "--error-unmatch", "--", Path(__file__).name)
        return _run(folder, "rev-parse", "HEAD"), bool(_run(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _run(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603


@cache
def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
