"""Time and memory of the sparse layout from a thousand to a million nodes, and beside the dense one.

    pytest tests/benchmarks/test_sparse_scaling.py --benchmark-only -s -m ""

The tables go to docs/reference/sparse_scaling.md where NAR_BENCH_WRITE_DOCS is 1. It takes about ten minutes and 7 GiB.
Each row is a process of its own (`sparse_once.py`). NAR_BENCH_MEASURED names a file that keeps what they print, one a
line; rows that are there already are not measured again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ONCE = Path(__file__).parent / "sparse_once.py"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sparse_scaling.md"
NODES = (1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000)
SCALING = [("--nodes", str(nodes), "--steps", "1") for nodes in NODES]
MILLION = ("--nodes", "1000000", "--hidden", "32")
LAYOUTS = {
    (what, layout): ("--processor", "pgn", "--nodes", "1600", "--steps", "2", "--layout", layout, *train)
    for what, train in (("answers", ()), ("loss and gradient", ("--train",)))
    for layout in ("sparse", "dense")
}


def measure(*arguments: str) -> dict[str, Any]:
    """Return what a process measured, or what is kept of it."""
    kept = Path(os.environ["NAR_BENCH_MEASURED"]) if "NAR_BENCH_MEASURED" in os.environ else None
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.exists() else []
    if found := next((row for row in rows if row["arguments"] == list(arguments)), None):
        return found
    done = subprocess.run([sys.executable, str(ONCE), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    row: dict[str, Any] = {"arguments": list(arguments), **json.loads(done.stdout)}
    if kept:
        kept.write_text("".join(json.dumps(one) + "\n" for one in [*rows, row]))
    return row


def wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_on_hyphens=False)


def exponent(rows: list[dict[str, Any]], values: list[float]) -> float:
    """Return g of values that grow as edges^g, by least squares of the logarithms."""
    return float(np.polyfit(np.log([row["edges"] for row in rows]), np.log(values), 1)[0])


@pytest.mark.benchmark
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_time_and_memory_are_linear_in_the_edges(benchmark: Any) -> None:
    rows = benchmark.pedantic(lambda: [measure(*arguments) for arguments in SCALING], rounds=1)
    memory = [row["peak"] - row["before"] for row in rows]
    seconds = [row["network"] for row in rows]

    def grows(values: list[float], least: int) -> float:
        large = [k for k, row in enumerate(rows) if row["nodes"] >= least]
        return exponent([rows[k] for k in large], [values[k] for k in large])

    time_all, time_large, memory_all, memory_large = (
        grows(values, least) for values in (seconds, memory) for least in (1, 100_000)
    )
    million = measure(*MILLION)
    beside = {key: measure(*arguments) for key, arguments in LAYOUTS.items()}
    assert rows[-1]["peak"] < 20 * 1024
    assert million["peak"] < 20 * 1024
    assert million["right"] > 0.5
    assert time_large < 1.15
    assert memory_large < 1.15
    held = {key: row["peak"] - row["before"] for key, row in beside.items()}
    assert held["loss and gradient", "sparse"] < 0.1 * held["loss and gradient", "dense"]
    lines = [
        "| nodes | edges | network (s) | peak (MiB) | of it for the batch (MiB) |",
        "|---|---|---|---|---|",
        *(
            f"| {row['nodes']:,} | {row['edges']:,} | {row['network']:.2f} | {row['peak']:,.0f} | {held_:,.0f} |"
            for row, held_ in zip(rows, memory, strict=True)
        ),
        "",
        wrapped(
            f"Time grows as edges^{time_all:.2f} over all rows and as edges^{time_large:.2f} from 100,000 nodes on, "
            f"memory for the batch as edges^{memory_all:.2f} and edges^{memory_large:.2f}. On small graphs most of it "
            "is what depends on no graph: buffers of products, compiled code. On large ones most is vectors of nodes, "
            "of which there are fewer, as the degree grows with ln n."
        ),
        "",
        "## A million nodes",
        "",
        wrapped(
            f"Breadth-first search to its end on one graph of 1,000,000 nodes and {million['edges']:,} edges, in "
            f"{million['steps']} steps, by `mpnn` of hidden width 32 trained for 400 steps at n <= 16: "
            f"{million['right']:.1%} of the nodes have the right predecessor, and the one process held at most "
            f"{million['peak'] / 1024:.1f} GiB. At width 128 the peak is that of the last row above, "
            f"{rows[-1]['peak'] / 1024:.1f} GiB, since nothing but hidden vectors is kept from step to step."
        ),
        "",
        "## Beside the dense layout",
        "",
        wrapped(
            f"`pgn` on the same graph of 1,600 nodes and {beside['answers', 'sparse']['edges']:,} edges, two steps, "
            "without hints; MiB above what the process held."
        ),
        "",
        "| | sparse | dense | ratio |",
        "|---|---|---|---|",
        *(
            f"| {what} | {held[what, 'sparse']:,.0f} | {held[what, 'dense']:,.0f} | "
            f"{held[what, 'sparse'] / held[what, 'dense']:.3f} |"
            for what in ("answers", "loss and gradient")
        ),
        "",
        wrapped(
            "For answers the dense layout works pairs off block by block and holds few of them at a time; what it "
            "cannot do without is the memory of a gradient."
        ),
    ]
    print("\n".join(lines))
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head = PAGE.read_text().partition("<!-- table -->")[0]
        PAGE.write_text(f"{head}<!-- table -->\n" + "\n".join(lines) + "\n")
