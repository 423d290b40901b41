"""What a memory, and pairs to contrast, add to a training step, side by side in one run.

    pytest tests/benchmarks/test_memory_speed.py --benchmark-only -s -m ""

The table goes to docs/reference/memory_speed.md where NAR_BENCH_WRITE_DOCS is 1. It takes about five minutes.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

import nar_bench
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.contrastive import contrastive_trajectory_loss
from nar_bench.training.losses import supervised_loss
from nar_bench.training.similar import with_similar

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "memory_speed.md"
ALGORITHM, SIMILAR, PHI = "bfs", "reweighted_edges", "cosine"
PROCESSORS = ("mpnn", "pgn", "triplet_gmpnn")
READS = ("attention", "last", "gated", "none")
BATCH, SIZE, HIDDEN, STEPS = 32, 16, 128, 64
REPEATS = int(os.environ.get("NAR_BENCH_REPEATS", "5"))

REGIME = dataclasses.replace(REGIMES["no_hints"], name="long", budget="linear", budget_factor=STEPS / SIZE)
"""Every sample makes 64 steps, on graphs as small as those of training; on greater ones a memory adds less."""


@dataclass(frozen=True)
class Way:
    """One way of making a training step."""

    processor: str
    read: str = ""
    """How the memory around it reads; "" for no memory."""
    pairs: bool = False
    """Whether each sample has a similar input, and ideas are contrasted."""


def step_of(way: Way) -> Callable[[], object]:
    """Return a whole training step: forward, losses, backward, clipping, Adam."""
    name = f"memory_{way.processor}" if way.read else way.processor
    processor = registry().load(Kind.PROCESSOR, name)
    options = processor.config(**({"read": way.read} if way.read else {}))
    algorithm = nar_bench.algorithm(ALGORITHM)
    batch = nar_bench.generate(ALGORITHM, SIZE, BATCH, seed=0)
    if way.pairs:
        batch = with_similar(algorithm, batch, registry().load(Kind.SIMILAR_INPUT, SIMILAR), seed=0, first=0)
    similarity = registry().load(Kind.SIMILARITY, PHI)
    phi = similarity.build(similarity.config(), getattr(options, "idea_size", 0))
    groups = torch.arange(BATCH).repeat(2)
    positive = (groups[:, None] == groups) & ~torch.eye(2 * BATCH, dtype=torch.bool)
    negative = groups[:, None] != groups
    (net,) = nets_around(processor, options, [algorithm.spec], REGIME, NetConfig(HIDDEN), seed=0)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)

    def step() -> None:
        tensors = to_tensors(batch)
        made = net(tensors)
        assert int(made.steps.min()) == STEPS
        loss, _ = supervised_loss(made, tensors)
        if way.pairs:
            ideas = made.ideas, made.steps
            loss = loss + 0.1 * contrastive_trajectory_loss(*ideas, positive, negative, phi, reduction="mean")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    return step


def measure(ways: list[Way]) -> dict[Way, float]:
    """Return the wall seconds of a step, made in turn; the least of the repeats, which others disturb least."""
    steps = {way: step_of(way) for way in ways}
    least: dict[Way, float] = {}
    for repeat in range(REPEATS + 1):
        for way, step in steps.items():
            start = time.perf_counter()
            step()
            spent = time.perf_counter() - start
            if repeat:  # the first is slower than the rest
                least[way] = min(spent, least.get(way, spent))
    return least


HEAD = "| processor | read | no memory | memory | ratio (target 1.25) | with pairs | of two steps (target 1) |"


def line(way: Way, found: dict[Way, float]) -> tuple[str, float, float]:
    """Return a line of the table, and its two ratios."""
    alone, one, pairs = (found[other] for other in (Way(way.processor), way, dataclasses.replace(way, pairs=True)))
    columns = [way.processor, way.read, f"{alone:.3f}", f"{one:.3f}", f"**{one / alone:.2f}**"]
    columns += [f"{pairs:.3f}", f"**{pairs / (2 * one):.2f}**"]
    return "| " + " | ".join(columns) + " |", one / alone, pairs / (2 * one)


@pytest.mark.timeout(0)
@pytest.mark.benchmark(group="memory")
def test_a_training_step_with_memory_beside_one_without(benchmark: Any) -> None:
    """Wall seconds of a step, on the threads that torch takes by default."""
    lines = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    added: list[float] = []
    paired: list[float] = []

    def all_ways() -> None:
        for name in PROCESSORS:
            read = [Way(name, one) for one in (READS if name == PROCESSORS[0] else READS[:1])]
            found = measure([Way(name), *read, *(dataclasses.replace(way, pairs=True) for way in read)])
            for way in read:
                text, memory, pairs = line(way, found)
                lines.append(text)
                added.append(memory)
                paired.append(pairs)
                print(text, flush=True)

    benchmark.pedantic(all_ways, rounds=1)
    benchmark.extra_info["greatest ratio"] = max(added)
    benchmark.extra_info["greatest ratio to two steps"] = max(paired)
    lines.append(f"| greatest | | | | **{max(added):.2f}** | | **{max(paired):.2f}** |")
    print("\n".join(lines))
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head, _, _ = PAGE.read_text().partition("<!-- table -->")
        PAGE.write_text(head + "<!-- table -->\n" + "\n".join(lines) + "\n")
