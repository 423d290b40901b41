"""What does not depend on the hidden vectors is made once while the inputs are the same, and anew when one is not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from nar_bench_processors.gat import GAT
from nar_bench_processors.gin import GIN
from nar_bench_processors.gpgn import GPGN
from nar_bench_processors.pgn import PGN
from nar_bench_processors.recgnn import RECGNN
from sparse_graphs import both_layouts

import nar_bench
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Processor

PROCESSORS = [PGN, GPGN, GAT, GIN, RECGNN]
HIDDEN = 8


def counting(module: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of nodes whenever the inputs are read."""
    read, make = [], module._read

    def seen(node: torch.Tensor, *others: Any) -> Any:
        read.append(len(node))
        return make(node, *others)

    monkeypatch.setattr(module, "_read", seen)
    return read


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.name)
def test_the_same_inputs_are_read_once_and_others_anew(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    module, at = processor.build(processor.config(), HIDDEN).double(), both_layouts(2, 4, HIDDEN)
    read = counting(module, monkeypatch)
    shown = at.node, at.edge, at.dense.graph
    first = module.sparse_forward(*shown, at.on, module.sparse_state(at.node, at.on))
    again = module.sparse_forward(*shown, at.on, first.state)
    assert read == [8]
    other = at.node + 1
    fresh = module.sparse_forward(other, at.edge, at.dense.graph, at.on, first.state._replace(shown=None)).hidden
    kept = module.sparse_forward(other, at.edge, at.dense.graph, at.on, first.state).hidden
    assert read == [8, 8, 8]
    assert torch.equal(kept, fresh)
    assert not torch.allclose(kept, again.hidden)


@pytest.mark.parametrize(("regime", "expected"), [("no_hints", 1), ("hints", 7)])
def test_a_net_without_hints_reads_its_inputs_once_though_graphs_leave(
    regime: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = nar_bench.generate("sparse_bfs", 16, 8, seed=0)
    assert len(set(batch.lengths.tolist())) > 2
    config = NetConfig(HIDDEN, layout="sparse")
    (net,) = nets_around(PGN, PGN.config(), [batch.spec], REGIMES[regime], config, seed=0)
    read = counting(net.processor, monkeypatch)
    net(net.tensors(batch))
    assert len(read) == expected == (1 if regime == "no_hints" else max(batch.lengths) - 1)
