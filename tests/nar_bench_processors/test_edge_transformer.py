"""Triangular attention beside its equations written out triple by triple."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.conformance.processors import graphs, steps
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

EDGE_TRANSFORMER = registry().load(Kind.PROCESSOR, "edge_transformer")
HIDDEN, HEADS = 6, 2


def build() -> nn.Module:
    torch.manual_seed(0)
    config = EDGE_TRANSFORMER.config(layers=2, heads=HEADS)
    module: nn.Module = EDGE_TRANSFORMER.build(config, HIDDEN).double().eval()
    for bias in (parameter for key, parameter in module.named_parameters() if key.endswith("bias")):
        nn.init.normal_(bias)
    return module


def layer_by_triples(layer: nn.Module, x: Tensor) -> Tensor:
    """One layer on one graph, x [N, N, H]."""
    new, z, width = torch.empty_like(x), layer.first_norm(x), HIDDEN // HEADS
    nodes = len(x)
    for i, j in torch.cartesian_prod(torch.arange(nodes), torch.arange(nodes)).tolist():
        heads = []
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            weights, values = [], []
            for between in range(nodes):
                one, other = z[i, between], z[between, j]
                weights.append((layer.query(one)[part] @ layer.key(other)[part] / width**0.5).exp())
                values.append(layer.first_value(one)[part] * layer.second_value(other)[part])
            heads.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
        y = layer.norm(x[i, j] + layer.attended(torch.cat(heads)))
        new[i, j] = y + layer.outer(F.relu(layer.inner(y)))
    return new


@pytest.mark.parametrize("nodes", [1, 4])
def test_a_layer_is_the_equations_triple_by_triple(nodes: int) -> None:
    layer, at = build().layers[0], graphs(2, nodes, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        made = layer(at.edge)
        for graph in range(2):
            torch.testing.assert_close(made[graph], layer_by_triples(layer, at.edge[graph]))


@pytest.mark.parametrize("at_once", [1, 2 * 7 * 7 * HIDDEN * 3])
def test_rows_in_turn_give_what_all_at_once_give(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module, at = build(), graphs(2, 7, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        whole = steps(module, at, 2)[-1]
        monkeypatch.setattr("nar_bench_processors.edge_transformer._AT_ONCE", at_once)
        parts = steps(module, at, 2)[-1]
    torch.testing.assert_close(whole.hidden, parts.hidden)
    torch.testing.assert_close(whole.edge, parts.edge)


def test_nodes_are_read_from_their_rows_and_columns() -> None:
    module, at = build(), graphs(1, 4, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        out = steps(module, at, 1)[0]
        for i in range(4):
            row, column = out.edge[0, i].max(dim=0).values, out.edge[0, :, i].max(dim=0).values
            torch.testing.assert_close(out.hidden[0, i], module.hidden(torch.cat([out.edge[0, i, i], row, column])))


def test_a_step_reads_nodes_edges_graph_and_state_but_not_the_adjacency() -> None:
    module, at = build(), graphs(1, 4, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        state = steps(module, at, 1)[0].state
        out = module(*at, state)
        for changed in (
            module(at.node + 1, *at[1:], state),
            module(at.node, at.edge + 1, *at[2:], state),
            module(*at[:2], at.graph + 1, at.adjacency, state),
            module(*at, state + 1),
        ):
            assert not torch.allclose(out.hidden, changed.hidden)
        assert torch.equal(out.hidden, module(*at[:3], ~at.adjacency, state).hidden)


def test_edge_vectors_give_what_the_tensor_gives() -> None:
    module, at = build(), graphs(2, 5, HIDDEN, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    shapes = [(2, 5, 5, 3), (HIDDEN, 3), (HIDDEN,)]
    edge = EdgeVectors(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))
    with torch.no_grad():
        few, dense = (steps(module, at._replace(edge=each))[-1] for each in (edge, edge.dense()))
    torch.testing.assert_close(few.hidden, dense.hidden)
    torch.testing.assert_close(few.edge, dense.edge)


@pytest.mark.parametrize("options", [{"layers": 0}, {"heads": 0}, {"heads": 4}])
def test_sizes_that_do_not_fit_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="heads must divide the width"):
        EDGE_TRANSFORMER.build(EDGE_TRANSFORMER.config(**options), HIDDEN)
