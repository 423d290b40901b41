"""Processors on DGL against those of plain PyTorch, with the same weights on the same graphs, in both layouts."""

from __future__ import annotations

import copy
import pickle
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from sparse_graphs import BothLayouts, both_layouts
from torch import Tensor
from torch.nn import functional as F

if find_spec("dgl") is None:
    pytest.skip("DGL has wheels for Python 3.11 alone", allow_module_level=True)

from nar_bench_dgl.gat import DGL_GAT
from nar_bench_dgl.gatconv import DGL_GATCONV
from nar_bench_dgl.gatv2 import DGL_GATV2
from nar_bench_dgl.gatv2conv import DGL_GATV2CONV
from nar_bench_dgl.gin import DGL_GIN
from nar_bench_dgl.gine import DGL_GINE
from nar_bench_dgl.mpnn import DGL_MPNN
from nar_bench_dgl.pgn import DGL_PGN
from nar_bench_dgl.recgnn import DGL_RECGNN
from nar_bench_processors.gat import GAT
from nar_bench_processors.gatv2 import GATV2
from nar_bench_processors.gin import GIN
from nar_bench_processors.gine import GINE
from nar_bench_processors.mpnn import MPNN
from nar_bench_processors.pgn import PGN
from nar_bench_processors.recgnn import RECGNN

from nar_bench.conformance.kit import checks_for
from nar_bench.errors import Unsupported
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.model.segments import gather_sum, softmax_over_incoming, sum_of_ends
from nar_bench.plugin.contracts import Kind, Processor
from nar_bench.plugin.registry import registry

HIDDEN = 8
PAIRS = [
    pytest.param(DGL_MPNN, MPNN, {}, id="mpnn"),
    pytest.param(DGL_PGN, PGN, {}, id="pgn"),
    pytest.param(DGL_GAT, GAT, {"heads": 2}, id="gat"),
    pytest.param(DGL_GATV2, GATV2, {"heads": 4}, id="gatv2"),
    pytest.param(DGL_GIN, GIN, {}, id="gin"),
    pytest.param(DGL_GIN, GIN, {"aggregation": "sum"}, id="gin sum"),
    pytest.param(DGL_GINE, GINE, {}, id="gine"),
    pytest.param(DGL_GINE, GINE, {"aggregation": "sum", "layer_norm": False}, id="gine sum"),
    pytest.param(DGL_RECGNN, RECGNN, {}, id="recgnn"),
]
ALL = [
    DGL_GAT, DGL_GATCONV, DGL_GATV2, DGL_GATV2CONV, DGL_GIN, DGL_GINE, DGL_MPNN, DGL_PGN, DGL_RECGNN,
]  # fmt: skip


def built(processor: Processor, options: dict[str, Any]) -> Any:
    """Return it with weights of which none is at a value where it would not matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = processor.build(processor.config(**options), HIDDEN).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
    return module


def with_weights_of(module: Any, other: Any) -> Any:
    """Return `other`, on DGL, with the weights of `module`; epsilon is a vector of one there."""
    weights = {name: value for name, value in module.state_dict().items() if name != "epsilon"}
    if "epsilon" in module.state_dict():
        weights["conv.eps"] = module.epsilon.detach()[None]
    other.load_state_dict(weights)
    return other


def dense(module: Any, at: BothLayouts) -> list[Tensor]:
    state = module.initial_state(at.dense.node)
    for _ in range(3):
        state = module(*at.dense, state).state
    return found(module, state.flatten(0, 1))


def sparse(module: Any, at: BothLayouts) -> list[Tensor]:
    state = module.sparse_state(at.node, at.on)
    for _ in range(3):
        out = module.sparse_forward(at.node, at.edge, at.dense.graph, at.on, state)
        state = out.state
    return found(module, out.hidden)


def found(module: Any, hidden: Tensor) -> list[Tensor]:
    """Return hidden vectors, and gradients by the names of the parameters."""
    loss = (hidden * torch.arange(hidden.numel()).view(hidden.shape).sin()).sum()
    named = sorted((name.replace("conv.eps", "epsilon"), parameter) for name, parameter in module.named_parameters())
    return [hidden, *(one.squeeze() for one in torch.autograd.grad(loss, [parameter for _, parameter in named]))]


def same(ours: list[Tensor], theirs: list[Tensor]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("on_dgl", "on_torch", "options"), PAIRS)
def test_the_dense_layout_gives_hidden_vectors_and_gradients_of_plain_torch(
    on_dgl: Processor, on_torch: Processor, options: dict[str, Any]
) -> None:
    module, at = built(on_torch, options), both_layouts(3, 5, HIDDEN)
    same(dense(with_weights_of(module, built(on_dgl, options)), at), dense(module, at))


@pytest.mark.parametrize(("on_dgl", "on_torch", "options"), PAIRS)
def test_the_sparse_layout_gives_hidden_vectors_and_gradients_of_plain_torch_along_edges(
    on_dgl: Processor, on_torch: Processor, options: dict[str, Any]
) -> None:
    # Where only edges have a place, mpnn is pgn.
    module, at = built(PGN if on_torch is MPNN else on_torch, options), both_layouts(3, 7, HIDDEN, seed=1)
    same(sparse(with_weights_of(module, built(on_dgl, options)), at), dense(module, at))


@pytest.mark.parametrize(("on_dgl", "on_torch", "options"), PAIRS)
def test_in_float32_they_agree_to_1e_5(on_dgl: Processor, on_torch: Processor, options: dict[str, Any]) -> None:
    module, at = built(on_torch, options).float(), both_layouts(4, 16, HIDDEN, seed=2)
    other = with_weights_of(module, built(on_dgl, options).float())
    inputs = [tensor.float() if tensor.is_floating_point() else tensor for tensor in at.dense]
    with torch.no_grad():
        made = [one(*inputs, inputs[0].sin()).hidden for one in (module, other)]
    torch.testing.assert_close(made[0], made[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("processor", [DGL_GATCONV, DGL_GATV2CONV])
def test_the_attention_layers_of_dgl_are_their_equations(processor: Processor) -> None:
    module, at = built(processor, {"heads": 2}), both_layouts(2, 5, HIDDEN)
    state, conv = at.node.cos(), module.conv
    z = torch.cat([at.node, state], dim=1)
    if processor is DGL_GATCONV:
        value = conv.fc(z)
        heads = value.unflatten(1, (2, -1))
        logits = sum_of_ends(at.on, (heads * conv.attn_l).sum(-1), (heads * conv.attn_r).sum(-1))
        logits = F.leaky_relu(logits, 0.2)
    else:
        value = conv.fc_src(z)
        ends = F.leaky_relu(sum_of_ends(at.on, value, conv.fc_dst(z)), 0.2)
        logits = (ends.unflatten(1, (2, -1)) * conv.attn).sum(-1)
    received = gather_sum(at.on, value, softmax_over_incoming(at.on, logits)) + conv.res_fc(z)
    out = module.sparse_forward(at.node, at.edge, at.dense.graph, at.on, state)
    torch.testing.assert_close(out.hidden, module.norm(F.relu(received)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("processor", ALL, ids=lambda processor: processor.name)
def test_each_passes_the_conformance_kit(processor: Processor) -> None:
    for check in checks_for(Kind.PROCESSOR, processor):
        check()


@pytest.mark.parametrize("processor", [DGL_GIN, DGL_GATCONV], ids=lambda processor: processor.name)
def test_layers_that_read_no_edges_take_no_weighted_sparse_graphs(processor: Processor) -> None:
    def reason(name: str) -> str:
        spec = registry().load(Kind.ALGORITHM, name).spec
        return processor.unsupported(processor.config(), spec, REGIMES["hints"], NetConfig())

    assert "does not read the numbers on edges that 'A' gives; dgl_gine does" in reason("sparse_dijkstra")
    assert reason("sparse_bfs") == reason("bfs") == ""


def test_a_module_can_be_copied_and_pickled_after_it_has_run() -> None:
    module, at = built(DGL_PGN, {}), both_layouts(2, 4, HIDDEN)
    before = sparse(module, at)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        same(sparse(twin, at), before)


def test_another_graph_of_the_same_size_is_another_graph() -> None:
    module = built(DGL_GIN, {})
    for seed in range(3):
        at = both_layouts(2, 6, HIDDEN, seed)
        same(sparse(module, at), dense(module, at))


def test_a_graph_that_is_not_on_the_cpu_is_refused_with_what_to_do() -> None:
    module, at = built(DGL_PGN, {}), both_layouts(2, 4, HIDDEN)
    with pytest.raises(Unsupported, match="computes on the CPU alone, and the graphs are on meta. Leave --device away"):
        module.to("meta").sparse_forward(
            at.node.to("meta"),
            type(at.edge)(*(one.to("meta") for one in vars(at.edge).values())),
            at.dense.graph.to("meta"),
            at.on.to("meta"),
            at.node.to("meta"),
        )
