"""gin, gine and recgnn: both layouts against each other, and against the equations edge by edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from nar_bench_processors.gin import GIN, GinConfig
from nar_bench_processors.gine import GINE, GineConfig
from nar_bench_processors.recgnn import RECGNN, RecgnnConfig
from nar_bench_processors.shown import Carried
from sparse_graphs import BothLayouts, both_layouts
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

HIDDEN = 8
CASES = [
    pytest.param(GIN, GinConfig(), id="gin"),
    pytest.param(GIN, GinConfig(aggregation="sum"), id="gin sum"),
    pytest.param(GINE, GineConfig(), id="gine"),
    pytest.param(GINE, GineConfig(aggregation="sum", layer_norm=False), id="gine sum"),
    pytest.param(RECGNN, RecgnnConfig(), id="recgnn"),
]


def built(processor: Any, config: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = processor.build(config, HIDDEN).double()
        with torch.no_grad():
            for parameter in module.parameters():  # no weight is at a value where it would not matter
                parameter.add_(0.3 * torch.randn_like(parameter))
    return module


def dense_steps(module: Any, at: BothLayouts, count: int) -> Tensor:
    state = module.initial_state(at.dense.node)
    for _ in range(count):
        state = module(*at.dense, state).state
    return state


def sparse_steps(module: Any, at: BothLayouts, count: int) -> Tensor:
    state = module.sparse_state(at.node, at.on)
    for _ in range(count):
        out = module.sparse_forward(at.node, at.edge, at.dense.graph, at.on, state)
        state = out.state
    hidden: Tensor = out.hidden
    return hidden


@pytest.mark.parametrize(("processor", "config"), CASES)
def test_both_layouts_give_the_same_hidden_vectors_and_gradients(processor: Any, config: Any) -> None:
    module, at = built(processor, config), both_layouts(3, 5, HIDDEN)
    found = []
    for steps in (dense_steps, sparse_steps):
        hidden = steps(module, at, 3).reshape(15, HIDDEN)
        loss = (hidden * torch.arange(15 * HIDDEN).view(15, HIDDEN).sin()).sum()
        found.append([hidden, *torch.autograd.grad(loss, list(module.parameters()))])
    for dense, sparse in zip(*found, strict=True):
        torch.testing.assert_close(sparse, dense, rtol=1e-9, atol=1e-11)


def isomorphism_by_edge(
    module: nn.Module, z: Tensor, edge: Callable[[int, int], Tensor], senders: list[int], j: int
) -> Tensor:
    """Return (1 + epsilon) z_j + a_j."""
    messages = [z[i] if module.edge is None else F.relu(z[i] + module.edge(edge(i, j))) for i in senders]
    stacked = torch.stack(messages)
    return (1 + module.epsilon) * z[j] + (stacked.amax(0) if module._largest else stacked.sum(0))


@pytest.mark.parametrize(("processor", "config"), CASES)
def test_a_step_is_that_of_the_equations_edge_by_edge(processor: Any, config: Any) -> None:
    module, at = built(processor, config), both_layouts(2, 4, HIDDEN)
    state = torch.randn(2, 4, HIDDEN, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    made = module.sparse_forward(at.node, at.edge, at.dense.graph, at.on, Carried(state.flatten(0, 1)))
    out = made.hidden.view(2, 4, HIDDEN)
    for b in range(2):
        z, g = torch.cat([at.dense.node[b], state[b]], dim=1), at.dense.graph[b]
        for j in range(4):
            senders = [i for i in range(4) if at.dense.adjacency[b, i, j]]
            if processor is RECGNN:
                inner = [
                    module.sender(z[i]) + module.receiver(z[j]) + module.edge(at.dense.edge[b, i, j]) + module.graph(g)
                    for i in senders
                ]
                largest = torch.stack([module.outer(one.relu()) for one in inner]).amax(0)
                expected = module.norm(module.gru(largest, state[b, j]))
            else:
                gathered = isomorphism_by_edge(module, z, lambda i, j, b=b: at.dense.edge[b, i, j], senders, j)
                u = module.outer(F.relu(module.inner(gathered) + module.graph(g)))
                expected = module.gru(module.norm(u), state[b, j])
            torch.testing.assert_close(out[b, j], expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("aggregation", ["max", "sum"])
def test_what_an_isomorphism_network_gathers_is_that_of_pyg(aggregation: str) -> None:
    conv = pytest.importorskip("torch_geometric.nn")
    module, at = built(GINE, GineConfig(aggregation=aggregation)), both_layouts(2, 6, HIDDEN)
    state, (weights, biases) = at.node.cos(), (module.edge.weight.chunk(2), module.edge.bias.chunk(2))
    halves = zip((at.node, state), weights, biases, strict=True)
    gathered = torch.cat([module._gathered(x, at.edge.through(w, b), at.on) for x, w, b in halves], dim=1)
    aggr = {"max": "max", "sum": "add"}[aggregation]
    theirs = conv.GINEConv(nn.Identity(), aggr=aggr)
    theirs.eps = module.epsilon.detach()
    z, index = torch.cat([at.node, state], dim=1), torch.stack([at.on.source, at.on.target])
    torch.testing.assert_close(gathered, theirs(z, index, module.edge(at.edge.values)))


@pytest.mark.parametrize(
    ("algorithm", "reason"),
    [
        ("sparse_dijkstra", "it does not read the numbers on edges that 'A' gives; gine does"),
        ("sparse_bfs", ""),
        ("bfs", ""),
    ],
)
def test_gin_takes_no_weighted_sparse_graphs_and_says_who_does(algorithm: str, reason: str) -> None:
    about = registry().load(Kind.ALGORITHM, algorithm).spec, REGIMES["hints"], NetConfig()
    assert GIN.unsupported(GinConfig(), *about) == reason
    assert GINE.unsupported(GineConfig(), *about) == ""


def test_other_aggregations_are_named_as_faults() -> None:
    assert GinConfig(aggregation="mean").faults() == [("aggregation", "got 'mean'; it must be one of max, sum")]
