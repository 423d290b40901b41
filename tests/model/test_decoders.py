"""Decoders against their formulas, entry by entry."""

from __future__ import annotations

import pytest
import torch

from nar_bench.errors import Unsupported
from nar_bench.model.decoders import EdgeDecoder, GraphDecoder, Hidden, PointerDecoder, make_decoder
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


@pytest.mark.parametrize("location", [Location.EDGE, Location.GRAPH])
def test_pointers_elsewhere_than_on_nodes_have_no_decoder(location: Location) -> None:
    with pytest.raises(Unsupported, match=f"'x': a pointer on the {location}"):
        make_decoder(Feature("x", Stage.OUTPUT, location, Type.POINTER), 12, 4, 4, torch.Generator())
