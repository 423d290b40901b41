"""Graph attention beside its equations written out pair by pair; equality with the reference is in another file."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.conformance.processors import Graphs, graphs, steps
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

HIDDEN, HEADS = 6, 2
NAMES = ["gat", "gat_full", "gatv2", "gatv2_full"]


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    processor = registry().load(Kind.PROCESSOR, name)
    module: nn.Module = processor.build(processor.config(heads=HEADS), HIDDEN).double().eval()
    for bias in (parameter for key, parameter in module.named_parameters() if key.endswith("bias")):
        nn.init.normal_(bias)
    return module


def logit(module: nn.Module, at: Graphs, z: Tensor, pair: tuple[int, int, int], head: int, *, dynamic: bool) -> Tensor:
    graph, i, j = pair
    maps = module.logits
    parts = [maps.receiver(z[graph, i]), maps.sender(z[graph, j]), maps.edge(at.edge[graph, i, j])]
    summed = F.leaky_relu(torch.stack([*parts, maps.graph(at.graph[graph])]).sum(dim=0), 0.01)
    if not dynamic:
        return summed[head]
    width = HIDDEN // HEADS
    return maps.score[head](summed[head * width : (head + 1) * width])[0]


def step_by_pairs(module: nn.Module, name: str, at: Graphs, state: Tensor) -> Tensor:
    hidden = torch.zeros_like(at.node)
    z = torch.cat([at.node, state], dim=-1)
    width = HIDDEN // HEADS
    for graph, i in torch.cartesian_prod(torch.arange(at.node.shape[0]), torch.arange(at.node.shape[1])).tolist():
        senders = [j for j in range(at.node.shape[1]) if name.endswith("_full") or at.adjacency[graph, i, j]]
        received = []
        for head in range(HEADS):
            logits = [logit(module, at, z, (graph, i, j), head, dynamic="v2" in name) for j in senders]
            shares = torch.stack(logits).exp() / torch.stack(logits).exp().sum()
            values = [module.value(z[graph, j])[head * width : (head + 1) * width] for j in senders]
            received.append(sum(share * value for share, value in zip(shares, values, strict=True)))
        hidden[graph, i] = module.norm(F.relu(torch.cat(received) + module.skip(z[graph, i])))
    return hidden


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nodes", [1, 4])
def test_a_step_is_the_equations_pair_by_pair(name: str, nodes: int) -> None:
    module, at = build(name), graphs(2, nodes, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        first, second = steps(module, at, 2)
        torch.testing.assert_close(first.hidden, step_by_pairs(module, name, at, torch.zeros_like(at.node)))
        torch.testing.assert_close(second.hidden, step_by_pairs(module, name, at, first.hidden))


@pytest.mark.parametrize("name", NAMES)
def test_edge_vectors_give_what_the_tensor_gives(name: str) -> None:
    module, at = build(name), graphs(2, 5, HIDDEN, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    shapes = [(2, 5, 5, 3), (HIDDEN, 3), (HIDDEN,)]
    edge = EdgeVectors(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))
    with torch.no_grad():
        few, dense = (steps(module, at._replace(edge=each))[-1].hidden for each in (edge, edge.dense()))
    torch.testing.assert_close(few, dense)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_passes_along_an_absent_edge_unless_full(name: str) -> None:
    module, at = build(name), graphs(1, 5, HIDDEN, dtype=torch.float64)
    node, edge = at.node.clone(), at.edge.clone()
    absent = ~at.adjacency[0, :, 0]
    assert absent.any()
    node[0, 0] += 1
    edge[~at.adjacency] += 1
    with torch.no_grad():
        one, other = (steps(module, each, 1)[0].hidden[0] for each in (at, at._replace(node=node, edge=edge)))
    changed = (one != other).any(dim=-1)
    assert bool(changed[absent].any()) == name.endswith("_full")
    assert changed[~absent].all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("heads", [0, 4])
def test_heads_that_do_not_divide_the_width_are_refused(name: str, heads: int) -> None:
    processor = registry().load(Kind.PROCESSOR, name)
    with pytest.raises(ValueError, match="heads must divide the width"):
        processor.build(processor.config(heads=heads), HIDDEN)
