"""What sets the processors of the PGN family apart; equality with the reference is in test_reference.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nar_bench.conformance.processors import build, graphs, steps
from nar_bench.model.edges import EdgeVectors, WrittenEdges
from nar_bench.plugin.contracts import Kind, Processor
from nar_bench.plugin.registry import registry

FAMILY = [
    "deep_sets",
    *(
        f"{triplet}{gate}{base}"
        for triplet in ("", "triplet_")
        for gate in ("", "g")
        for base in ("mpnn", "pgn", "pgn_mask")
    ),
]


@pytest.fixture(params=FAMILY)
def processor(request: pytest.FixtureRequest) -> Processor:
    loaded: Processor = registry().load(Kind.PROCESSOR, request.param)
    return loaded


def test_only_those_called_pgn_look_at_the_adjacency(processor: Processor) -> None:
    module, at = build(processor), graphs(2, 6)
    nowhere = at._replace(adjacency=torch.eye(6, dtype=torch.bool).expand(2, 6, 6))
    with torch.no_grad():
        same = torch.equal(steps(module, at, 1)[0].hidden, steps(module, nowhere, 1)[0].hidden)
    assert same == ("pgn" not in processor.name)


def test_in_deep_sets_nodes_exchange_nothing_and_in_others_they_do(processor: Processor) -> None:
    module, at = build(processor), graphs(1, 6)
    at = at._replace(adjacency=torch.ones_like(at.adjacency))
    node = at.node.clone()
    node[:, 0] += 1
    with torch.no_grad():
        one, other = (steps(module, each, 1)[0].hidden[:, 1:] for each in (at, at._replace(node=node)))
    assert torch.equal(one, other) == (processor.name == "deep_sets")


def test_on_the_graph_of_self_loops_pgn_is_deep_sets() -> None:
    pgn, deep_sets = (build(registry().load(Kind.PROCESSOR, name)) for name in ("pgn", "deep_sets"))
    at = graphs(2, 6)
    at = at._replace(adjacency=torch.eye(6, dtype=torch.bool).expand(2, 6, 6))
    with torch.no_grad():
        torch.testing.assert_close(steps(pgn, at)[-1].hidden, steps(deep_sets, at)[-1].hidden)


def test_a_gate_hardly_opens_at_first(processor: Processor) -> None:
    module, at = build(processor), graphs(2, 6)
    before = torch.randn_like(at.node)
    with torch.no_grad():
        change = (module(*at, before).hidden - before).abs().mean()
    gated = processor.name.removeprefix("triplet_").startswith("g")
    assert (change < 0.2) == gated


def test_triplets_are_for_the_decoders_alone(processor: Processor) -> None:
    assert processor.writes_edges == processor.name.startswith("triplet_")
    if processor.writes_edges:
        module, at = build(processor), graphs(2, 6)
        with torch.no_grad():
            before = steps(module, at)[-1]
            torch.nn.init.normal_(module.triplets.out.weight)
            after = steps(module, at)[-1]
        assert torch.equal(before.hidden, after.hidden)
        assert not torch.equal(before.edge, after.edge)


def test_edges_given_as_features_or_as_vectors_are_the_same(processor: Processor) -> None:
    module, at = build(processor), graphs(2, 6)
    edges = EdgeVectors(torch.randn(2, 6, 6, 2), torch.randn(16, 2), torch.randn(16))
    with torch.no_grad():
        low = module(at.node, edges, at.graph, at.adjacency, at.node)
        dense = module(at.node, edges.dense(), at.graph, at.adjacency, at.node)
    torch.testing.assert_close(low.hidden, dense.hidden)
    if processor.writes_edges:
        assert isinstance(low.edge, WrittenEdges)
        torch.testing.assert_close(low.edge.dense(), dense.edge)


def test_only_masked_ones_mask_decoders(processor: Processor) -> None:
    assert processor.masks_decoders == processor.name.endswith("_mask")


def test_a_triplet_needs_a_feature() -> None:
    config = registry().load(Kind.PROCESSOR, "triplet_pgn").config()
    assert config.faults() == []
    assert replace(config, triplet_features=0).faults() == [("triplet_features", "got 0; it must be at least 1")]
