"""What is forgotten between steps, and what forgetting costs in the loss."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import nar_bench
from nar_bench.conformance.processors import build, graphs, steps
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.losses import supervised_loss

FORGETNET = registry().load(Kind.PROCESSOR, "forgetnet")
G_FORGETNET = registry().load(Kind.PROCESSOR, "g_forgetnet")
TRIPLET_MPNN = registry().load(Kind.PROCESSOR, "triplet_mpnn")


def test_forgetnet_is_triplet_mpnn_without_a_past() -> None:
    forgetful, at = build(FORGETNET), graphs(2, 5)
    remembering = build(TRIPLET_MPNN)
    remembering.load_state_dict(forgetful.inner.state_dict())
    with torch.no_grad():
        made, first = steps(forgetful, at, 3), steps(remembering, at, 1)[0]
    for out in made:
        assert torch.equal(out.hidden, first.hidden)
        assert torch.equal(out.edge, first.edge)


def test_a_step_of_g_forgetnet_is_triplet_mpnn_on_what_the_gate_lets_through() -> None:
    gated, at = build(G_FORGETNET), graphs(2, 5)
    remembering = build(TRIPLET_MPNN)
    remembering.load_state_dict(gated.inner.state_dict())
    state = torch.randn_like(at.node)
    with torch.no_grad():
        out = gated(*at, state)
        gate = torch.empty_like(state)
        for b, j in torch.cartesian_prod(torch.arange(2), torch.arange(5)).tolist():
            seen = torch.cat([at.node[b, j], state[b, j]])
            gate[b, j] = gated.second(F.relu(gated.first(seen))).sigmoid()
        expected = remembering(*at, gate * state)
    torch.testing.assert_close(out.hidden, expected.hidden)
    torch.testing.assert_close(out.edge, expected.edge)
    torch.testing.assert_close(out.penalty, 0.1 * torch.stack([gate[b].sum() / gate[b].numel() for b in range(2)]))


def shut(module: nn.Module) -> nn.Module:
    nn.init.constant_(module.second.bias, -1e4)
    return module


def test_a_shut_gate_forgets_and_costs_nothing() -> None:
    first, second = steps(shut(build(G_FORGETNET)), graphs(2, 5), 2)
    torch.testing.assert_close(first.hidden, second.hidden)
    assert not second.penalty.any()


def net_of(weight: float) -> Net:
    torch.manual_seed(0)
    module = G_FORGETNET.build(G_FORGETNET.config(penalty_weight=weight), 16)
    spec, generator = nar_bench.algorithm("bfs").spec, torch.Generator().manual_seed(0)
    return Net(spec, module, REGIMES["hints"], NetConfig(16), generator, writes_edges=True)


def test_the_loss_has_the_penalty_and_its_gradient_shuts_the_gate() -> None:
    batch = to_tensors(nar_bench.generate("bfs", 8, 6, seed=3, p=(0.2, 0.5)))
    assert len(batch.lengths.unique()) > 1
    with_penalty, without = (supervised_loss(net_of(weight)(batch), batch) for weight in (2.0, 0.0))
    assert 0 < with_penalty[1]["penalty"] < 2
    assert without[1]["penalty"] == 0
    torch.testing.assert_close(with_penalty[0] - without[0], with_penalty[1]["penalty"])
    net = net_of(2.0)
    supervised_loss(net(batch), batch)[1]["penalty"].backward()
    assert (net.processor.second.bias.grad > 0).all()


def test_the_penalty_of_a_run_does_not_depend_on_longer_ones_in_the_batch() -> None:
    net, batch = net_of(1.0), nar_bench.generate("bfs", 8, 6, seed=3, p=(0.2, 0.5))
    alone = [
        supervised_loss(net(to_tensors(part)), to_tensors(part))[1]["penalty"]
        for part in (batch.select([index]) for index in range(6))
    ]
    together = supervised_loss(net(to_tensors(batch)), to_tensors(batch))[1]["penalty"]
    torch.testing.assert_close(torch.stack(alone).mean(), together)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_price_is_refused(weight: float) -> None:
    ((field, _),) = G_FORGETNET.config(penalty_weight=weight).faults()
    assert field == "penalty_weight"
