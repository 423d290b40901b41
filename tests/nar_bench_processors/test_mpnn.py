"""mpnn against its equation; equality with the reference is tested in tests/model/test_reference_parity.py."""

from __future__ import annotations

import torch
from nar_bench_processors.mpnn import Mpnn, MpnnConfig
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry


def case(config: MpnnConfig | None = None) -> tuple[Mpnn, list[torch.Tensor]]:
    torch.manual_seed(0)
    tensors = [
        torch.randn(2, 4, 6),
        torch.randn(2, 4, 4, 6),
        torch.randn(2, 6),
        torch.ones(2, 4, 4) > 0,
        torch.randn(2, 4, 6),
    ]
    return Mpnn(config or MpnnConfig(), 6), tensors


def test_a_step_is_the_equation_pair_by_pair() -> None:
    processor, (node, edge, graph, adjacency, state) = case()
    step = processor(node, edge, graph, adjacency, state)
    z = torch.cat([node, state], dim=-1)
    for j in range(4):
        messages = [
            processor.sender(z[:, i])
            + processor.receiver(z[:, j])
            + processor.edge(edge[:, i, j])
            + processor.graph(graph)
            for i in range(4)
        ]
        largest = torch.stack([processor.outer(processor.inner(m.relu()).relu()) for m in messages]).max(dim=0).values
        new = F.layer_norm((processor.own(z[:, j]) + processor.received(largest)).relu(), (6,))
        torch.testing.assert_close(step.hidden[:, j], new)
    assert step.state is step.hidden
    assert step.edge is None
    assert step.idea is None


def test_edges_given_as_features_or_as_vectors_are_the_same() -> None:
    processor, (node, _, graph, adjacency, state) = case()
    edges = EdgeVectors(torch.randn(2, 4, 4, 2), torch.randn(6, 2), torch.randn(6))
    torch.testing.assert_close(
        processor(node, edges, graph, adjacency, state).hidden,
        processor(node, edges.dense(), graph, adjacency, state).hidden,
    )


def test_messages_pass_where_there_is_no_edge() -> None:
    processor, (node, edge, graph, adjacency, state) = case()
    without = processor(node, edge, graph, torch.zeros_like(adjacency), state).hidden
    assert torch.equal(without, processor(node, edge, graph, adjacency, state).hidden)


def test_normalisation_is_an_option() -> None:
    processor, tensors = case(MpnnConfig(layer_norm=False))
    assert processor(*tensors).hidden.min() == 0  # a bare ReLU
    assert case()[0](*tensors).hidden.min() < 0


def test_it_is_registered_and_starts_from_zero() -> None:
    processor = registry().load(Kind.PROCESSOR, "mpnn")
    assert processor.build(processor.config(), 8).initial_state(torch.ones(1, 2, 8)).abs().max() == 0
