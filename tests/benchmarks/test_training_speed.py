"""Seconds of a training step and of an evaluation beside the reference's network, in one run.

    NAR_BENCH_REFERENCE_PYTHON=... pytest tests/benchmarks/test_training_speed.py --benchmark-only -s -m ""

The interpreter named there needs dm-clrs 2.0.3 and optax below 0.2.7; without it our own speed alone is measured. The
table goes to docs/reference/training_speed.md where NAR_BENCH_WRITE_DOCS is 1.
It takes twelve to fifteen minutes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.maps import mapped
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.losses import supervised_loss
from nar_bench.trajectory import Batch

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "training_speed.md"
SCRIPT = Path(__file__).with_name("time_reference.py")
PROCESSORS = ("mpnn", "pgn", "triplet_gmpnn")
BATCH, HIDDEN = 32, 128
DENSITIES = tuple(tenth / 10 for tenth in range(1, 10))
"""Edge probabilities of the reference's training script."""


@dataclass(frozen=True)
class Cell:
    """One line of the table."""

    mode: str
    algorithm: str
    processor: str
    size: int
    repeats: int


CELLS = (
    *(Cell("train", a, p, 16, 5) for a in ("bfs", "insertion_sort", "dijkstra") for p in PROCESSORS),
    *(Cell("evaluate", a, p, 64, 1) for a in ("insertion_sort", "dijkstra") for p in PROCESSORS),
)


class Reference:
    """A process that times the reference's network."""

    def __init__(self, python: str) -> None:
        environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            [python, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._process:  # which closes its pipes
            self._process.kill()

    def ask(self, *command: object) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*command, file=self._process.stdin, flush=True)
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer


def timed(call: Callable[[], object]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def batch_of(cell: Cell, hints: int | None) -> Batch:
    """Return a batch of the same shape as the reference's, as many steps included."""
    graphs = cell.mode == "train" and cell.algorithm != "insertion_sort"
    for seed in range(1000):
        batch = nar_bench.generate(cell.algorithm, cell.size, BATCH, seed, **({"p": DENSITIES} if graphs else {}))
        if hints is None or batch.lengths.max() == hints:
            return batch
    raise AssertionError(f"no batch of {cell.algorithm} has {hints} hints")


def our_call(cell: Cell, batch: Batch) -> Callable[[], object]:
    processor = registry().load(Kind.PROCESSOR, cell.processor)
    torch.manual_seed(0)
    net = Net(
        batch.spec,
        processor.build(processor.config(), HIDDEN),
        REGIMES["hints"],
        NetConfig(HIDDEN),
        torch.Generator().manual_seed(0),
        writes_edges=processor.writes_edges,
    )
    noise = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)

    def train() -> None:
        tensors = to_tensors(batch)
        loss, _ = supervised_loss(net(tensors, noise), tensors)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    def evaluate() -> None:
        with torch.no_grad():
            net(to_tensors(batch))

    return train if cell.mode == "train" else evaluate


class Products(TorchDispatchMode):
    """Counts matrix products by the shapes of their factors."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: Counter[tuple[torch.Size, torch.Size, bool]] = Counter()
        """(left, right, whether oneDNN made it) -> how often."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in ("mm", "bmm", "mv", "addmm", "addmm_", "addmv", "addmv_"):
            left, right = args[-2:]
            self.shapes[left.shape, right.shape, False] += 1
        elif name == "_linear_pointwise":
            self.shapes[args[0].shape, args[1].shape, True] += 1
        return func(*args, **(kwargs or {}))


def floor(call: Callable[[], object]) -> float:
    """Return the seconds that the matrix products of a call take alone, their factors in cache."""
    with Products() as products:
        call()
    total = 0.0
    for (left, right, fused), count in products.shapes.items():
        factors = torch.randn(left), torch.randn(right)
        out = None if fused else factors[0] @ factors[1]
        product = partial(mapped, *factors) if fused else partial(torch.matmul, *factors, out=out)
        total += min(timed(product)["wall"] for _ in range(20)) * count
    return total


def measure(cell: Cell, reference: Reference | None) -> dict[str, float]:
    """Measure a cell, ours and theirs in turn; the least of the repeats, which others on the machine disturb least."""
    loaded = reference.ask("load", cell.mode, cell.algorithm, cell.processor, cell.size, BATCH) if reference else None
    batch = batch_of(cell, int(loaded["hints"]) if loaded else None)
    call = our_call(cell, batch)
    first = timed(call)
    ours, theirs = [], []
    for _ in range(cell.repeats):
        ours.append(timed(call))
        if reference:
            theirs.append(reference.ask("time"))
        ours.append(timed(call))
    least = {f"ours {clock}": min(spent[clock] for spent in ours) for clock in ("wall", "cpu")}
    if loaded:
        least |= {f"theirs {clock}": min(spent[clock] for spent in theirs) for clock in ("wall", "cpu")}
        least |= {"theirs first": loaded["wall"]}
    return least | {"ours first": first["wall"], "floor": floor(call), "hints": float(batch.lengths.max())}


@contextmanager
def reference_process() -> Iterator[Reference | None]:
    python = os.environ.get("NAR_BENCH_REFERENCE_PYTHON")
    if not python:
        yield None
        return
    with Reference(python) as reference:
        yield reference


HEAD = (
    "| | algorithm | processor | steps | ours | dm-clrs | ratio | of CPU time | first call, ours | dm-clrs "
    "| matrix products alone | ours, in those |"
)


def line(cell: Cell, found: dict[str, float]) -> str:
    columns = [
        cell.mode,
        cell.algorithm,
        cell.processor,
        f"{max(1, found['hints'] - 1):.0f}",
        f"{found['ours wall']:.3f}",
    ]
    if "theirs wall" in found:
        columns += [f"{found['theirs wall']:.3f}", f"**{found['theirs wall'] / found['ours wall']:.1f}**"]
        columns += [f"{found['theirs cpu'] / found['ours cpu']:.1f}"]
        columns += [f"{found['ours first']:.1f}", f"{found['theirs first']:.1f}"]
    else:
        columns += ["", "", "", f"{found['ours first']:.1f}", ""]
    columns += [f"{found['floor']:.3f}", f"{found['ours wall'] / found['floor']:.1f}"]
    return "| " + " | ".join(columns) + " |"


@pytest.mark.timeout(0)
@pytest.mark.benchmark(group="training")
def test_training_and_evaluation_beside_the_reference(benchmark: Any) -> None:
    """Wall seconds of a call, on all threads that each side takes by default."""
    lines = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    ratios: dict[str, list[float]] = {"train": [], "evaluate": []}

    def all_cells() -> None:
        with reference_process() as reference:
            for cell in CELLS:
                found = measure(cell, reference)
                if "theirs wall" in found:
                    ratios[cell.mode].append(found["theirs wall"] / found["ours wall"])
                lines.append(line(cell, found))
                print(lines[-1], flush=True)

    benchmark.pedantic(all_cells, rounds=1)
    for mode, found in ratios.items():
        if found:
            benchmark.extra_info[f"{mode}: median ratio"] = statistics.median(found)
            lines.append(
                f"| {mode} | median | | | | | **{statistics.median(found):.1f}** (least {min(found):.1f}) | | | | | |"
            )
    print("\n".join(lines))
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head, _, _ = PAGE.read_text().partition("<!-- table -->")
        PAGE.write_text(head + "<!-- table -->\n" + "\n".join(lines) + "\n")
