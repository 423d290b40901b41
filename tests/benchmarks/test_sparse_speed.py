"""Networks on sparse graphs beside the same of PyG's stock layers, on DGL's kernels, and SALSA-CLRS's own code.

    NAR_BENCH_SALSA=PATH pytest tests/benchmarks/test_sparse_speed.py --benchmark-only -s -m ""

PyG and, for the last column, a checkout of https://github.com/jkminder/SALSA-CLRS have to be there; nothing else needs
them. The tables go to docs/reference/sparse_speed.md where NAR_BENCH_WRITE_DOCS is 1. It takes about two minutes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import nar_bench
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.segments import gather_max, gather_sum, max_into_nodes, sum_into_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_tensors import SparseTensorBatch, to_sparse_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.losses import supervised_loss

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sparse_speed.md"
BATCH, SIZE, LARGE, HIDDEN = 8, 16, 1600, 128
REPEATS = int(os.environ.get("NAR_BENCH_REPEATS", "7"))
SALSA = os.environ.get("NAR_BENCH_SALSA", "")
CASES = [
    ("sparse_bfs", "pgn"), ("sparse_bfs", "gin"), ("sparse_bfs", "recgnn"), ("sparse_bfs", "gat"),
    ("sparse_bfs", "gatv2"), ("sparse_dijkstra", "pgn"), ("sparse_dijkstra", "gine"), ("sparse_dijkstra", "recgnn"),
]  # fmt: skip

Step = Callable[[], Tensor]


def batch_of(algorithm: str, size: int, count: int) -> SparseTensorBatch:
    return to_sparse_tensors(nar_bench.generate(algorithm, size, count, seed=0, hints=False))


def net_of(algorithm: str, name: str) -> Net:
    processor = registry().load(Kind.PROCESSOR, name)
    spec, config = nar_bench.algorithm(algorithm).spec, NetConfig(HIDDEN, layout="sparse")
    (net,) = nets_around(processor, processor.config(), [spec], REGIMES["no_hints"], config, seed=0)
    return net


def training(net: torch.nn.Module, loss_of: Step) -> Step:
    """Return a whole training step: forward, loss, backward, clipping, Adam."""
    optimizer = torch.optim.Adam(net.parameters(), 4.2e-4, fused=True)

    def step() -> Tensor:
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    return step


def evaluation(net: torch.nn.Module, loss_of: Step) -> Step:
    """Return a forward pass without gradients."""

    def step() -> Tensor:
        net.eval()
        with torch.no_grad():
            return loss_of()

    return step


def ways_of(algorithm: str, name: str, batch: SparseTensorBatch) -> dict[str, tuple[torch.nn.Module, Step]]:
    """Return name -> network and its loss; all but SALSA-CLRS's own are the same network with the same weights."""
    pytest.importorskip("torch_geometric")
    from benchmarks.pyg_networks import PygNet

    def ours_on(net: Net) -> Step:
        return lambda: supervised_loss(net(batch), batch)[0]

    ours = net_of(algorithm, name)
    ways: dict[str, tuple[torch.nn.Module, Step]] = {"ours": (ours, ours_on(ours))}
    if find_spec("dgl"):
        on_dgl = net_of(algorithm, f"dgl_{name}")
        ways["DGL"] = on_dgl, ours_on(on_dgl)
    for label, on_nodes in (("PyG", False), ("PyG, maps on nodes", True)):
        theirs = PygNet(net_of(algorithm, name), name, on_nodes=on_nodes)
        ways[label] = theirs, lambda theirs=theirs: theirs.loss(batch)
    return ways


def least(steps: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Return the seconds that each computes, in turn; the least of the repeats, which others disturb least.

    Seconds of this process, which has one thread: those for which it waits for a core are no part of them.
    """
    found: dict[str, float] = {}
    for repeat in range(repeats + 1):
        for label, step in steps.items():
            start = time.process_time()
            step()
            if repeat:  # the first is slower than the rest
                found[label] = min(found.get(label, 1e9), time.process_time() - start)
    return found


COLUMNS = ("ours", "DGL", "PyG", "PyG, maps on nodes", "SALSA-CLRS")


def line(first: list[str], found: dict[str, float]) -> str:
    """Return a row: our milliseconds, then how many times as long each other takes."""
    cells = [*first, f"{1000 * found['ours']:.1f}"]
    cells += [f"{found[label] / found['ours']:.2f}" if label in found else "" for label in COLUMNS[1:]]
    return "| " + " | ".join(cells) + " |"


def training_table() -> list[str]:
    head = ["algorithm", "processor", "ours (ms)", *COLUMNS[1:]]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for algorithm, name in CASES:
        batch = batch_of(algorithm, SIZE, BATCH)
        ways = ways_of(algorithm, name, batch)
        steps: dict[str, Step] = {label: training(*way) for label, way in ways.items()}
        losses = torch.stack([step() for step in steps.values()])
        torch.testing.assert_close(losses, losses[:1].expand_as(losses), rtol=1e-4, atol=1e-4)
        if SALSA and name in ("pgn", "gin", "gine", "recgnn"):
            from benchmarks.salsa_baseline import salsa_step

            steps["SALSA-CLRS"] = salsa_step(Path(SALSA), name, batch, HIDDEN)
        lines.append(line([algorithm, name], least(steps)))
        print(lines[-1], flush=True)
    return lines


def evaluation_table() -> list[str]:
    labels = COLUMNS[1:4]
    head = ["algorithm", "processor", "ours (ms)", *labels]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for algorithm, name in CASES[:5]:
        batch = batch_of(algorithm, LARGE, 1)
        ways = ways_of(algorithm, name, batch)
        steps = {label: evaluation(*way) for label, way in ways.items()}
        losses = torch.stack([step() for step in steps.values()])
        torch.testing.assert_close(losses, losses[:1].expand_as(losses), rtol=1e-3, atol=1e-3)
        lines.append(line([algorithm, name], least(steps, 3)).rsplit("|", 2)[0] + "|")
        print(lines[-1], flush=True)
    return lines


def random_union(graphs: int, nodes: int, degree: int) -> SparseGraph:
    draws = torch.Generator().manual_seed(0)
    total, count = graphs * nodes, graphs * nodes * degree
    graph = torch.randint(graphs, (count,), generator=draws)
    source, target = (graph * nodes + torch.randint(nodes, (count,), generator=draws) for _ in range(2))
    target, source = (key := (target * total + source).unique()) // total, key % total
    offsets = torch.zeros(total + 1, dtype=torch.int64)
    offsets[1:] = torch.bincount(target, minlength=total).cumsum(0)
    return SparseGraph(source, target, offsets, torch.arange(total) // nodes, torch.arange(graphs + 1) * nodes)


def operations(on: SparseGraph) -> dict[str, dict[str, tuple[Tensor, Callable[[Tensor], Tensor]]]]:
    """Return operation -> implementation -> its argument and function."""
    draws = torch.Generator().manual_seed(1)
    x, messages = (torch.randn(rows, HIDDEN, generator=draws).requires_grad_() for rows in (on.V, on.E))
    csr = torch.sparse_csr_tensor(on.offsets, on.source, torch.ones(on.E), (on.V, on.V))
    index = on.target[:, None].expand(-1, HIDDEN)

    def scattered(values: Tensor) -> Tensor:
        return torch.zeros(on.V, HIDDEN).scatter_reduce(0, index, values, "amax", include_self=False)

    def segments(values: Tensor) -> Tensor:
        return torch.segment_reduce(values, "max", offsets=on.offsets, axis=0, initial=0.0)

    found: dict[str, dict[str, tuple[Tensor, Callable[[Tensor], Tensor]]]] = {
        "maximum of x of neighbours": {
            "ours": (x, lambda x: gather_max(on, x)),
            "sparse.mm": (x, lambda x: torch.sparse.mm(csr, x, reduce="amax")),
            "segment_reduce": (x, lambda x: segments(x[on.source])),
            "scatter_reduce": (x, lambda x: scattered(x[on.source])),
        },
        "sum of x of neighbours": {
            "ours": (x, lambda x: gather_sum(on, x)),
            "sparse.mm": (x, lambda x: torch.sparse.mm(csr, x, reduce="sum")),
            "index_add": (x, lambda x: torch.zeros(on.V, HIDDEN).index_add(0, on.target, x[on.source])),
        },
        "maximum of messages": {
            "ours": (messages, lambda m: max_into_nodes(on, m)),
            "segment_reduce": (messages, segments),
            "scatter_reduce": (messages, scattered),
        },
        "sum of messages": {
            "ours": (messages, lambda m: sum_into_nodes(on, m)),
            "index_add": (messages, lambda m: torch.zeros(on.V, HIDDEN).index_add(0, on.target, m)),
        },
    }
    if find_spec("dgl"):
        from nar_bench_dgl.graphs import dgl_graph
        from nar_bench_dgl.library import dgl

        graph = dgl_graph(on)
        found["maximum of x of neighbours"]["DGL"] = x, lambda x: dgl.ops.copy_u_max(graph, x)
        found["sum of x of neighbours"]["DGL"] = x, lambda x: dgl.ops.copy_u_sum(graph, x)
        found["maximum of messages"]["DGL"] = messages, lambda m: dgl.ops.copy_e_max(graph, m)
        found["sum of messages"]["DGL"] = messages, lambda m: dgl.ops.copy_e_sum(graph, m)
    return found


def forth_and_back(argument: Tensor, function: Callable[[Tensor], Tensor]) -> Callable[[], object]:
    return lambda: torch.autograd.grad(function(argument).sum(), argument)


def operations_table() -> list[str]:
    names = ["ours", "DGL", "sparse.mm", "segment_reduce", "scatter_reduce", "index_add"]
    head = ["operation", "graphs", *names]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for graphs, nodes, degree in ((8, 16, 6), (8, 1600, 8)):
        for name, ways in operations(random_union(graphs, nodes, degree)).items():
            steps = {label: forth_and_back(*way) for label, way in ways.items()}
            found = least(steps, 5 if nodes > 100 else 50)
            cells = [f"{1000 * found[label]:.2f}" if label in found else "" for label in names]
            lines.append("| " + " | ".join([name, f"{graphs} of {nodes} nodes", *cells]) + " |")
            print(lines[-1], flush=True)
    return lines


@pytest.mark.timeout(0)
@pytest.mark.benchmark(group="sparse")
@pytest.mark.filterwarnings("ignore:Sparse")
def test_sparse_networks_beside_others(benchmark: Any) -> None:
    """Times of whole training steps, of evaluation, and of the operations alone."""
    tables: dict[str, list[str]] = {}

    def all_tables() -> None:
        tables.update(training=training_table(), evaluation=evaluation_table(), operations=operations_table())

    benchmark.pedantic(all_tables, rounds=1)
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        text = PAGE.read_text()
        for name, lines in tables.items():
            head, _, rest = text.partition(f"<!-- {name} -->\n")
            _, end, tail = rest.partition("<!-- end -->")
            text = f"{head}<!-- {name} -->\n" + "\n".join(lines) + f"\n{end}{tail}"
        PAGE.write_text(text)
