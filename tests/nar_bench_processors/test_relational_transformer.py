"""The relational transformer beside its equations written out pair by pair."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.conformance.processors import graphs, steps
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

RELATIONAL = registry().load(Kind.PROCESSOR, "relational_transformer")
HIDDEN, HEADS = 6, 2


def build() -> nn.Module:
    torch.manual_seed(0)
    config = RELATIONAL.config(layers=2, heads=HEADS)
    module: nn.Module = RELATIONAL.build(config, HIDDEN).double().eval()
    for bias in (parameter for key, parameter in module.named_parameters() if key.endswith("bias")):
        nn.init.normal_(bias)
    return module


def layer_by_pairs(layer: nn.Module, n: Tensor, e: Tensor) -> tuple[Tensor, Tensor]:
    """One layer on one graph, n [N, H] and e [N, N, H]."""
    nodes, width = len(n), HIDDEN // HEADS
    new_n, new_e = torch.empty_like(n), torch.empty_like(e)
    for j in range(nodes):
        heads = []
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            logits, values = [], []
            for i in range(nodes):
                edge_q, edge_k, edge_v = layer.edge_query_key_value(e[i, j]).split(HIDDEN)
                node_k, node_v = layer.node_key_value(n[i]).split(HIDDEN)
                query, key = (layer.node_query(n[j]) + edge_q)[part], (node_k + edge_k)[part]
                logits.append((query @ key / width**0.5).exp())
                values.append((node_v + edge_v)[part])
            heads.append(sum(x * v for x, v in zip(logits, values, strict=True)) / sum(logits))
        u = layer.node_norm(n[j] + layer.attended(torch.cat(heads)))
        new_n[j] = layer.node_last_norm(u + layer.node_outer(F.relu(layer.node_inner(u))))
    for i, j in torch.cartesian_prod(torch.arange(nodes), torch.arange(nodes)).tolist():
        parts = [layer.edge_own(e[i, j]), layer.edge_reverse(e[j, i])]
        parts += [layer.edge_sender(new_n[i]), layer.edge_receiver(new_n[j])]
        w = layer.edge_norm(e[i, j] + layer.edge_message(F.relu(torch.stack(parts).sum(dim=0))))
        new_e[i, j] = layer.edge_last_norm(w + layer.edge_outer(F.relu(layer.edge_inner(w))))
    return new_n, new_e


@pytest.mark.parametrize("nodes", [1, 4])
def test_a_layer_is_the_equations_pair_by_pair(nodes: int) -> None:
    layer, at = build().layers[0], graphs(2, nodes, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        made = layer(at.node, at.edge)
        for graph in range(2):
            n, e = layer_by_pairs(layer, at.node[graph], at.edge[graph])
            torch.testing.assert_close(made.nodes[graph], n)
            torch.testing.assert_close(made.edges[graph], e)


def test_a_step_reads_nodes_edges_graph_and_both_states() -> None:
    module, at = build(), graphs(1, 4, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        state = steps(module, at, 1)[0].state
        out = module(*at, state)
        assert out.state.nodes is out.hidden
        assert out.state.edges is out.edge
        for changed in (
            module(at.node + 1, *at[1:], state),
            module(at.node, at.edge + 1, *at[2:], state),
            module(*at[:2], at.graph + 1, at.adjacency, state),
            module(*at, state._replace(nodes=state.nodes + 1)),
            module(*at, state._replace(edges=state.edges + 1)),
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
        RELATIONAL.build(RELATIONAL.config(**options), HIDDEN)
