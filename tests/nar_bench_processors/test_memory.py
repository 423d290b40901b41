"""Autoregressive memory: ideas are read, are causal, and do not depend on labels; what conformance cannot know."""

from __future__ import annotations

import pytest
import torch

import nar_bench
from nar_bench.conformance.processors import build, graphs, steps
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

MEMORY = registry().load(Kind.PROCESSOR, "memory_mpnn")


def test_earlier_ideas_are_read() -> None:
    module, at = build(MEMORY), graphs(2, 5)
    with torch.no_grad():
        made = steps(module, at, 3)
        state = made[1].state
        forgot = state._replace(ideas=torch.zeros_like(state.ideas))
        assert not torch.allclose(module(*at, state).hidden, module(*at, forgot).hidden)
        # The first idea, not only the last one.
        changed = state.ideas.clone()
        changed[:, 0] += 1.0
        assert not torch.allclose(module(*at, state).hidden, module(*at, state._replace(ideas=changed)).hidden)


def test_gradients_flow_from_a_late_output_to_an_early_idea() -> None:
    module, at = build(MEMORY), graphs(2, 5)
    made = steps(module, at, 3)
    early = torch.autograd.grad(made[2].hidden.square().sum(), made[0].idea)[0]
    assert early.abs().sum() > 0


def test_the_memory_grows_by_one_idea_a_step() -> None:
    made = steps(build(MEMORY), graphs(2, 5), 3)
    for number, out in enumerate(made, 1):
        assert out.state.ideas.shape == (2, number, 64)
        assert torch.equal(out.state.ideas[:, -1], out.idea)


def test_ideas_of_a_run_do_not_depend_on_padding_or_on_later_steps() -> None:
    bfs = nar_bench.algorithm("bfs")
    net = Net(bfs.spec, build(MEMORY, 16), REGIMES["memory"], NetConfig(hidden=16), torch.Generator().manual_seed(0))
    batch = nar_bench.generate("bfs", 8, 24, seed=3, p=(0.2, 0.5))
    order = batch.lengths.argsort()
    short, long = int(order[0]), int(order[-1])
    assert batch.lengths[short] < batch.lengths[long]
    with torch.no_grad():
        alone = net(to_tensors(batch.select([short]))).ideas
        padded = net(to_tensors(batch.select([short, long]))).ideas
    assert torch.allclose(padded[:1, : alone.shape[1]], alone, atol=1e-5)


@pytest.mark.parametrize("options", [{"idea_size": 0}, {"heads": 0}, {"heads": 3}])
def test_sizes_that_do_not_fit_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="heads must divide the width"):
        MEMORY.build(MEMORY.config(**options), 16)
