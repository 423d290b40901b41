"""The memory network beside its equations written out node by node."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nar_bench.conformance.processors import Graphs, graphs, steps
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

MEMNET = registry().load(Kind.PROCESSOR, "memnet")


def build(hops: int = 2) -> nn.Module:
    torch.manual_seed(0)
    module: nn.Module = MEMNET.build(MEMNET.config(hops=hops), 6).double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def answer(module: nn.Module, at: Graphs, graph: int, node: int, hops: int) -> Tensor:
    asked = module.question(at.node[graph, node]) + module.question_of_graph(at.graph[graph])
    memories = at.edge[graph, node, at.adjacency[graph, node]]
    for _ in range(hops):
        weights = torch.stack([(asked @ module.compared(memory)).exp() for memory in memories])
        read = torch.stack([module.read(memory) for memory in memories])
        asked = module.again(asked) + (weights / weights.sum()) @ read
    return module.answer(asked)


@pytest.mark.parametrize("nodes", [1, 5])
@pytest.mark.parametrize("hops", [1, 3])
def test_a_step_is_the_equations_node_by_node(nodes: int, hops: int) -> None:
    module, at = build(hops), graphs(2, nodes, 6, dtype=torch.float64)
    at = at._replace(edge=at.edge / 10)
    with torch.no_grad():
        hidden = steps(module, at, 1)[0].hidden
        slow = torch.stack([torch.stack([answer(module, at, b, i, hops) for i in range(nodes)]) for b in range(2)])
    torch.testing.assert_close(hidden, slow)


def test_absent_edges_are_not_remembered() -> None:
    module, at = build(), graphs(2, 6, 6, dtype=torch.float64)
    assert not at.adjacency.all()
    edge = torch.where(at.adjacency[..., None], at.edge, at.edge + 1)
    with torch.no_grad():
        assert torch.equal(steps(module, at, 1)[0].hidden, steps(module, at._replace(edge=edge), 1)[0].hidden)


def test_steps_know_nothing_of_earlier_ones() -> None:
    first, second = steps(build(), graphs(2, 5, 6, dtype=torch.float64), 2)
    assert torch.equal(first.hidden, second.hidden)


def test_edge_vectors_give_what_the_tensor_gives() -> None:
    module, at = build(), graphs(2, 5, 6, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    shapes = [(2, 5, 5, 3), (6, 3), (6,)]
    edge = EdgeVectors(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))
    with torch.no_grad():
        few, dense = (steps(module, at._replace(edge=each), 1)[0].hidden for each in (edge, edge.dense()))
    torch.testing.assert_close(few, dense)
