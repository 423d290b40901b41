"""Decoders against their formulas, entry by entry."""

from __future__ import annotations

import pytest
import torch

from nar_bench.model.decoders import (
    EdgeDecoder,
    EdgePointerDecoder,
    GraphDecoder,
    GraphPointerDecoder,
    Hidden,
    PointerDecoder,
    make_decoder,
)
from nar_bench.model.edges import EdgeVectors
from nar_bench.spec import Feature, Location, Stage, Type


def hidden(written: bool) -> Hidden:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    edge = EdgeVectors(draw(2, 5, 5, 2), draw(4, 2), draw(4))
    return Hidden(draw(2, 5, 12), edge, draw(2, 5, 5, 4) if written else None, draw(2, 4))


def edges(read: Hidden) -> torch.Tensor:
    dense = read.edge.dense()
    return dense if read.written is None else torch.cat([dense, read.written], dim=-1)


@pytest.mark.parametrize("written", [False, True])
def test_a_pointer_from_i_to_j_reads_the_edge_from_j_to_i(written: bool) -> None:
    read = hidden(written)
    decoder = PointerDecoder(12, 8 if written else 4, 4, torch.Generator().manual_seed(1))
    logits = decoder(read)
    for i, j in ((0, 0), (1, 3), (3, 1)):
        joint = torch.maximum(
            decoder.source(read.node[:, i]), decoder.target(read.node[:, j]) + decoder.edge(edges(read)[:, j, i])
        )
        torch.testing.assert_close(logits[:, i, j], decoder.score(joint)[:, 0])


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("classes", [0, 3])
def test_an_edge_reads_its_sender_its_receiver_and_itself(written: bool, classes: int) -> None:
    read = hidden(written)
    decoder = EdgeDecoder(12, 8 if written else 4, classes, torch.Generator().manual_seed(1))
    decoded = decoder(read)
    expected = decoder.sender(read.node[:, 1]) + decoder.receiver(read.node[:, 3]) + decoder.edge(edges(read)[:, 1, 3])
    torch.testing.assert_close(decoded[:, 1, 3], expected if classes else expected[:, 0])


def test_the_graph_reads_the_largest_of_each_channel() -> None:
    read = hidden(written=False)
    decoder = GraphDecoder(12, 4, 0, torch.Generator().manual_seed(1))
    expected = decoder.node(read.node.max(dim=1).values) + decoder.graph(read.graph)
    torch.testing.assert_close(decoder(read), expected[:, 0])


def test_pointers_on_edges_are_decoded_as_the_equation_says() -> None:
    generator = torch.Generator().manual_seed(0)
    feature = Feature("x", Stage.OUTPUT, Location.EDGE, Type.POINTER)
    decoder = make_decoder(feature, 6, 2, 2, generator)
    assert isinstance(decoder, EdgePointerDecoder)
    node, pairs = torch.randn(3, 5, 6, generator=generator), torch.randn(3, 5, 5, 2, generator=generator)
    edge = EdgeVectors(pairs, torch.eye(2), torch.zeros(2))
    decoded = decoder(Hidden(node, edge, None, torch.zeros(3, 2)))
    q = decoder.sender(node)[:, :, None] + decoder.receiver(node)[:, None] + decoder.edge(pairs)
    r = decoder.target(node)
    expected = decoder.score(torch.maximum(q[:, :, :, None], r[:, None, None]))[..., 0]
    torch.testing.assert_close(decoded, expected)


def test_a_pointer_on_the_graph_scores_each_node() -> None:
    generator = torch.Generator().manual_seed(0)
    decoder = make_decoder(Feature("x", Stage.OUTPUT, Location.GRAPH, Type.POINTER), 6, 2, 2, generator)
    assert isinstance(decoder, GraphPointerDecoder)
    node, graph = torch.randn(3, 5, 6, generator=generator), torch.randn(3, 2, generator=generator)
    edge = EdgeVectors(torch.zeros(3, 5, 5, 0), torch.zeros(2, 0), torch.zeros(2))
    expected = decoder.pooled(node.amax(dim=1)) + decoder.graph(graph) + decoder.target(node)[..., 0]
    torch.testing.assert_close(decoder(Hidden(node, edge, None, graph)), expected)


@pytest.mark.parametrize("kind", [(Location.NODE, Type.POINTER), (Location.EDGE, Type.MASK)])
def test_masked_decoders_answer_along_edges_alone(kind: tuple[Location, Type]) -> None:
    generator = torch.Generator().manual_seed(0)
    decoder = make_decoder(Feature("x", Stage.OUTPUT, *kind), 6, 2, 2, generator)
    node = torch.randn(3, 5, 6, generator=generator)
    edge = EdgeVectors(torch.randn(3, 5, 5, 2, generator=generator), torch.eye(2), torch.zeros(2))
    free = Hidden(node, edge, None, torch.zeros(3, 2))
    adjacency = torch.eye(5, dtype=torch.bool).expand(3, 5, 5)
    everywhere, along = decoder(free), decoder(free._replace(adjacency=adjacency))
    assert torch.equal(everywhere[adjacency], along[adjacency])
    for one, masked in zip(everywhere, along, strict=True):
        off = masked[~adjacency[0]]
        assert (off == min(-1.0, one.min().item() - 1)).all()
