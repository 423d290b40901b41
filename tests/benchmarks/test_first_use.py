"""From the start of Python to the first batch: with nothing compiled yet, and with all compiled code in its cache.

    pytest tests/benchmarks/test_first_use.py --benchmark-only -s -m ""

One algorithm after the other, each in new processes with a cache folder of its own. The table goes to
docs/reference/first_use.md where NAR_BENCH_WRITE_DOCS is 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

NAMES = sorted(entry.name for entry in registry().entries(Kind.ALGORITHM) if entry.source.is_own)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "first_use.md"


def first_batch(name: str, cache: Path) -> float:
    """Return the seconds that a new process takes to make its first batch, as large as one in training."""
    command = [sys.executable, "-c", f"import nar_bench; nar_bench.generate({name!r}, 16, 32)"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env={**os.environ, "NUMBA_CACHE_DIR": str(cache)})
    return time.perf_counter() - start


@pytest.mark.benchmark(group="first use")
@pytest.mark.timeout(1800)  # some seventy algorithms, each a few seconds
def test_first_use_of_every_algorithm(benchmark: object, tmp_path: Path) -> None:
    """The greatest of both columns is what a person waits for at most."""

    def all_of_them() -> dict[str, tuple[float, float]]:
        return {name: (first_batch(name, tmp_path / name), first_batch(name, tmp_path / name)) for name in NAMES}

    spent = benchmark.pedantic(all_of_them, rounds=1)
    lines = ["| algorithm | first use (s) | cached (s) |", "|---|---|---|"]
    lines += [f"| {name} | {first:.1f} | {again:.1f} |" for name, (first, again) in spent.items()]
    most = [max(column) for column in zip(*spent.values(), strict=True)]
    lines.append(f"| most | **{most[0]:.1f}** | **{most[1]:.1f}** |")
    print("\n" + "\n".join(lines))
    benchmark.extra_info.update({"first use": most[0], "cached": most[1]})
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head, _, _ = PAGE.read_text().partition("| algorithm |")
        PAGE.write_text(head + "\n".join(lines) + "\n")
