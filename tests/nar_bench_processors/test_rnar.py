"""The recurrent aggregator beside an LSTM written out gate by gate, one message after the other."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.conformance.processors import Graphs, graphs, steps
from nar_bench.model.edges import EdgeVectors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

RNAR = registry().load(Kind.PROCESSOR, "rnar")
HIDDEN = 6


def build() -> nn.Module:
    torch.manual_seed(0)
    module: nn.Module = RNAR.build(RNAR.config(), HIDDEN).double().eval()
    for bias in (parameter for key, parameter in module.named_parameters() if "bias" in key):
        nn.init.normal_(bias)
    return module


def read_in_order(lstm: nn.LSTM, messages: list[Tensor]) -> Tensor:
    out = cell = torch.zeros(HIDDEN, dtype=torch.float64)
    for message in messages:
        gates = lstm.weight_ih_l0 @ message + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ out + lstm.bias_hh_l0
        let_in, keep, new, show = gates.chunk(4)
        cell = keep.sigmoid() * cell + let_in.sigmoid() * new.tanh()
        out = show.sigmoid() * cell.tanh()
    return out


def hidden_of(module: nn.Module, at: Graphs, state: Tensor, graph: int, receiver: int) -> Tensor:
    z = torch.cat([at.node, state], dim=-1)[graph]
    messages = []
    for sender in range(len(z)):
        parts = module.sender(z[sender]) + module.receiver(z[receiver]) + module.edge(at.edge[graph, sender, receiver])
        messages.append(module.outer(F.relu(module.inner(F.relu(parts + module.graph(at.graph[graph]))))))
    received = read_in_order(module.aggregate, messages)
    new = module.norm(F.relu(module.own(z[receiver]) + module.received(received)))
    gate = module.gate
    taken = gate.out(F.relu(gate.own(z[receiver]) + gate.received(received))).sigmoid()
    return taken * new + (1 - taken) * state[graph, receiver]


@pytest.mark.parametrize("nodes", [1, 4])
def test_a_step_reads_messages_in_the_order_of_their_senders(nodes: int) -> None:
    module, at = build(), graphs(2, nodes, HIDDEN, dtype=torch.float64)
    state = torch.zeros_like(at.node)
    with torch.no_grad():
        for out in steps(module, at, 2):
            slow = torch.stack(
                [torch.stack([hidden_of(module, at, state, b, j) for j in range(nodes)]) for b in range(2)]
            )
            torch.testing.assert_close(out.hidden, slow)
            state = out.hidden


def test_edge_vectors_give_what_the_tensor_gives() -> None:
    module, at = build(), graphs(2, 5, HIDDEN, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    shapes = [(2, 5, 5, 3), (HIDDEN, 3), (HIDDEN,)]
    edge = EdgeVectors(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))
    with torch.no_grad():
        few, dense = (steps(module, at._replace(edge=each))[-1] for each in (edge, edge.dense()))
    torch.testing.assert_close(few.hidden, dense.hidden)
    torch.testing.assert_close(few.edge.dense(), dense.edge)


def test_at_first_it_remembers() -> None:
    lstm = RNAR.build(RNAR.config(), HIDDEN).aggregate
    assert (lstm.bias_ih_l0 + lstm.bias_hh_l0)[HIDDEN : 2 * HIDDEN].tolist() == [1.0] * HIDDEN
