"""Triplets against their equation, and the memory that they take at large sizes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from nar_bench_processors.triplets import Triplets

from nar_bench.model.edges import EdgeVectors


def test_edge_vectors_are_the_equation_triple_by_triple() -> None:
    torch.manual_seed(0)
    triplets, nodes = Triplets(6, 3), 4
    for parameter in triplets.parameters():
        torch.nn.init.normal_(parameter)
    z, graph = torch.randn(2, nodes, 12), torch.randn(2, 6)
    edge = EdgeVectors(torch.randn(2, nodes, nodes, 2), torch.randn(6, 2), torch.randn(6))
    dense, written = edge.dense(), triplets(z, edge, graph).dense()
    assert written.shape == (2, nodes, nodes, 6)
    for j in range(nodes):
        for k in range(nodes):
            of_i = [
                triplets.first(z[:, i])
                + triplets.second(z[:, j])
                + triplets.third(z[:, k])
                + triplets.first_edge(dense[:, i, j])
                + triplets.second_edge(dense[:, i, k])
                + triplets.third_edge(dense[:, j, k])
                + triplets.graph(graph)
                for i in range(nodes)
            ]
            torch.testing.assert_close(written[:, j, k], triplets.out(torch.stack(of_i).amax(dim=0)).relu())


LARGE = """
import resource, torch, nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
processor = registry().load(Kind.PROCESSOR, "triplet_gmpnn")
module = processor.build(processor.config(), 128)
net = Net(nar_bench.algorithm("bfs").spec, module, REGIMES["hints"], NetConfig(), torch.Generator(), writes_edges=True)
with torch.no_grad():
    net(to_tensors(nar_bench.generate("bfs", 256, 4)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


@pytest.mark.slow
def test_evaluation_at_256_nodes_stays_within_8_gib() -> None:
    run = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    peak = float(run.stdout)
    assert peak < 8, f"{peak:.1f} GiB"
