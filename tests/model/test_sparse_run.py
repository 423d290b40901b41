"""With equal weights on the same graph, both layouts have the same predictions, loss and gradient.

The dense layout looks at all pairs, the sparse one at edges, so the dense network is made to answer along edges alone:
a pointer's other logits are so low that they add nothing. Everything is worked out in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from nar_bench_processors.shown import Carried
from torch import Tensor

import nar_bench
from nar_bench.errors import InputError, PluginError, Unsupported
from nar_bench.layouts import as_dense, as_sparse
from nar_bench.model import decoders
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.decoders import Hidden
from nar_bench.model.net import Net
from nar_bench.model.predictions import Predictions
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_tensors import EitherBatch, SparseTensorBatch, to_sparse_tensors
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind, StepOutput
from nar_bench.plugin.registry import registry
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Type
from nar_bench.training.losses import supervised_loss
from nar_bench.training.validation import predict
from nar_bench.trajectory import Batch, SparseBatch

ALONG_EDGES = [
    entry.name
    for entry in registry().entries(Kind.ALGORITHM)
    if entry.load().spec.along_edges and not entry.name.endswith("_v2")
]
"""The versions 2 have the same features."""
SALSA = ("sparse_bfs", "sparse_dfs", "sparse_dijkstra", "sparse_mst_prim", "fast_mis", "eccentricity")
PROCESSORS = [
    entry.name
    for entry in registry().entries(Kind.PROCESSOR)
    if Layout.SPARSE in entry.load().layouts and "dgl" not in entry.name
]
EVERY_PAIR = ("mpnn", "gmpnn", "memory_mpnn")
"""Those that pass messages along every pair in the dense layout; the same on complete graphs alone."""
FORCED = replace(REGIMES["hints"], name="forced", teacher_forcing=0.5)
HARD = replace(REGIMES["hints"], name="hard", repredict="hard")
LEARNED = replace(REGIMES["hints"], name="learned", budget="learned")
LINEAR = replace(REGIMES["hints"], name="linear", budget="linear")


@pytest.fixture(autouse=True)
def _in_double_along_edges(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def along_edges(logits: Tensor, hidden: Hidden) -> Tensor:
        assert hidden.adjacency is not None
        return torch.where(hidden.adjacency, logits, -1e9)

    monkeypatch.setattr(decoders, "_along_edges", along_edges)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def net_of(processor: str, spec: AlgorithmSpec, regime: Regime, layout: str = "dense", **model: object) -> Net:
    described = replace(registry().load(Kind.PROCESSOR, processor), masks_decoders=True)
    config = NetConfig(12, layout=layout, **model)  # type: ignore[arg-type]
    (net,) = nets_around(described, described.config(), [spec], regime, config, seed=0)
    return net.double()


def double(batch: EitherBatch) -> EitherBatch:
    def all_of(columns: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: one.double() if one.is_floating_point() else one for name, one in columns.items()}

    return replace(batch, inputs=all_of(batch.inputs), hints=all_of(batch.hints), outputs=all_of(batch.outputs))


class Measured(NamedTuple):
    predictions: Predictions
    parts: dict[str, Tensor]
    gradient: dict[str, Tensor]


def measured(net: Net, batch: EitherBatch) -> Measured:
    predictions = net(double(batch), torch.Generator().manual_seed(3))
    loss, parts = supervised_loss(predictions, double(batch))
    gradients = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    named = zip(net.named_parameters(), gradients, strict=True)
    return Measured(predictions, parts, {n: torch.zeros_like(p) if g is None else g for (n, p), g in named})


def masked_off(batch: Batch) -> Batch:
    """Return a batch whose masks on edges are neither trained nor scored where there is no edge."""
    sparse = as_sparse(batch)
    return as_dense(replace(sparse, off_graph={}), batch.spec)


def on_elements(feature: Feature, raw: Tensor, batch: SparseTensorBatch) -> Tensor:
    """Return a raw prediction of the dense layout [..., B, ...] on the elements of the sparse one."""
    on, nodes = batch.graph, batch.nodes
    if feature.location is Location.EDGE:
        return raw[..., on.graph_of_edge, on.source % nodes, on.target % nodes]
    if feature.type is Type.POINTER:
        return raw[..., on.graph_of_edge, on.target % nodes, on.source % nodes]
    if feature.location is Location.GRAPH or feature.type is Type.MASK_ONE:
        return raw
    return raw.flatten(-2) if feature.type is not Type.CATEGORICAL else raw.flatten(-3, -2)


def assert_equal(net: Net, batch: Batch) -> None:
    sparse = to_sparse_tensors(as_sparse(batch))
    one, other = measured(net, to_tensors(batch)), measured(net, sparse)
    for mine, theirs in (
        (one.predictions.outputs, other.predictions.outputs),
        (one.predictions.hints, other.predictions.hints),
    ):
        assert mine.keys() == theirs.keys()
        for name, raw in mine.items():
            expected = on_elements(batch.spec[name], raw, sparse)
            torch.testing.assert_close(theirs[name], expected, rtol=1e-9, atol=1e-9)
    assert torch.equal(one.predictions.steps, other.predictions.steps)
    # A number on edges cannot be masked where there is none, so its mean is over other elements.
    numbers = {
        f"{stage}/{feature.name}"
        for stage, features in (("hint", batch.spec.hints), ("output", batch.spec.outputs))
        for feature in features
        if feature.location is Location.EDGE and feature.type is Type.SCALAR
    }
    assert one.parts.keys() == other.parts.keys()
    for name in one.parts.keys() - numbers:
        torch.testing.assert_close(other.parts[name], one.parts[name], rtol=1e-9, atol=1e-12)
    if not numbers & one.parts.keys():
        for name, gradient in one.gradient.items():
            torch.testing.assert_close(other.gradient[name], gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_every_processor_is_the_same_in_both_layouts(processor: str) -> None:
    batch = nar_bench.generate("dijkstra", 7, 3, seed=2, p=1.0 if processor in EVERY_PAIR else 0.7)
    assert_equal(net_of(processor, batch.spec, REGIMES["hints"]).train(), batch)


@pytest.mark.parametrize("algorithm", ALONG_EDGES)
def test_every_algorithm_is_the_same_in_both_layouts(algorithm: str) -> None:
    batch = masked_off(nar_bench.generate(algorithm, 6, 2, seed=5, p=0.6))
    assert_equal(net_of("memory_pgn", batch.spec, REGIMES["hints"]).train(), batch)


@pytest.mark.parametrize(
    "regime", [REGIMES["decoded_only"], REGIMES["memory"], FORCED, HARD, LEARNED], ids=lambda regime: regime.name
)
@pytest.mark.parametrize(
    "model", [{}, {"dropout": 0.3, "lstm": "trained", "message_passing_steps": 2}], ids=["plain", "rich"]
)
def test_every_regime_and_option_is_the_same_in_both_layouts(regime: Regime, model: dict) -> None:
    batch = masked_off(nar_bench.generate("bridges", 6, 4, seed=1, p=(0.4, 0.8)))
    assert_equal(net_of("memory_gat", batch.spec, regime, **model).train(), batch)


@pytest.mark.parametrize("regime", [REGIMES["hints"], HARD, LEARNED, LINEAR], ids=lambda regime: regime.name)
def test_answers_are_the_same_in_both_layouts_whatever_the_budget(regime: Regime) -> None:
    batch = masked_off(nar_bench.generate("bridges", 7, 5, seed=1, p=0.5))
    torch.set_default_dtype(torch.float32)
    dense = net_of("pgn", batch.spec, regime).float().eval()
    sparse = net_of("pgn", batch.spec, regime, "sparse").float().eval()
    if dense.halting is not None and sparse.halting is not None:
        with torch.no_grad():
            dense.halting.node.bias.fill_(-1e3)  # so that no run ends
            logits = dense(to_tensors(batch)).halting + 1e3
            for halting in (dense.halting, sparse.halting):
                halting.node.bias.fill_(-float(logits[0].mean()))  # so that some end at once
    one, other = predict(dense, batch), predict(sparse, batch)
    np.testing.assert_array_equal(one.steps, other.steps)
    assert regime.budget != "learned" or len(set(one.steps.tolist())) > 1
    there = batch.outputs["is_bridge"] != -1
    np.testing.assert_array_equal(one.outputs["is_bridge"][there], other.outputs["is_bridge"][there])
    assert one.hints.keys() == other.hints.keys()
    for name in ("pi_h", "low", "color", "u", "time"):
        np.testing.assert_allclose(one.hints[name], other.hints[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("algorithm", SALSA)
def test_algorithms_on_sparse_graphs_are_the_same_in_the_dense_layout(algorithm: str) -> None:
    """Their dense form has the graph as one more input, whose encoding is taken to be 0."""
    batch = as_dense(nar_bench.generate(algorithm, 7, 3, seed=4))
    net = net_of("gatv2", batch.spec, REGIMES["hints"]).train()
    with torch.no_grad():
        net.input_encoder.maps["edges"].weight.zero_()
    sparse, edges = to_sparse_tensors(as_sparse(batch)), "input_encoder.maps.edges"
    one, other = measured(net, to_tensors(batch)), measured_without(net, sparse, edges)
    for name, part in one.parts.items():
        torch.testing.assert_close(other.parts[name], part, rtol=1e-9, atol=1e-12)
    for name, gradient in one.gradient.items():
        if not name.startswith(edges):
            torch.testing.assert_close(other.gradient[name], gradient, rtol=1e-6, atol=1e-9)


def measured_without(net: Net, batch: SparseTensorBatch, encoder: str) -> Measured:
    """Measure with the encoder of a feature that the batch has not taken out."""
    name = encoder.rpartition(".")[2]
    features = net.input_encoder._features
    net.input_encoder._features = tuple(feature for feature in features if feature.name != name)
    try:
        return measured(net, batch)
    finally:
        net.input_encoder._features = features


def test_graphs_of_a_batch_do_not_mix_and_what_comes_after_a_run_does_not_matter() -> None:
    """Runs of 2 to 12 hints, answered together and alone."""
    batch = nar_bench.generate("sparse_bfs", 12, 5, seed=1, family=("path", "erdos_renyi", "tree"))
    assert isinstance(batch, SparseBatch)
    assert len(set(batch.lengths.tolist())) > 2
    net = net_of("memory_pgn", batch.spec, REGIMES["hints"], "sparse").eval()
    whole = net(double(net.tensors(batch)))
    for run in range(5):
        part = net.tensors(batch.select([run]))
        assert isinstance(part, SparseTensorBatch)
        alone = net(double(part))
        at = slice(int(batch.edge_offsets[run]) + 12 * run, int(batch.edge_offsets[run + 1]) + 12 * (run + 1))
        torch.testing.assert_close(whole.outputs["pi"][at], alone.outputs["pi"])
        steps = int(alone.steps)
        torch.testing.assert_close(whole.hints["pi_h"][:steps, at], alone.hints["pi_h"])
        assert not whole.hints["pi_h"][steps:, at].any()
        assert whole.ideas is not None
        assert alone.ideas is not None
        torch.testing.assert_close(whole.ideas[run, :steps], alone.ideas[0])


@pytest.mark.parametrize("regime", ["hints", "no_hints"])
def test_steps_are_made_for_running_graphs_alone(regime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = nar_bench.generate("sparse_bfs", 12, 5, seed=1, family=("path", "erdos_renyi", "tree"))
    net = net_of("pgn", batch.spec, REGIMES[regime], "sparse")
    seen, step = [], net.processor.sparse_forward

    def noting(node: Tensor, edge: object, graph: Tensor, on: SparseGraph, state: object) -> object:
        seen.append((len(node), len(graph), on.V))
        return step(node, edge, graph, on, state)

    monkeypatch.setattr(net.processor, "sparse_forward", noting)
    made = net(double(net.tensors(batch)))
    steps = (batch.lengths - 1).clip(1)
    running = [int((steps > step).sum()) for step in range(steps.max())]
    assert len(set(running)) > 2
    assert seen == [(12 * graphs, graphs, 12 * graphs) for graphs in running]
    assert made.steps.tolist() == steps.tolist()


def test_a_state_of_other_rows_is_refused_with_the_processor_named(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = nar_bench.generate("sparse_bfs", 12, 5, seed=1, family=("path", "tree"))
    net = net_of("pgn", batch.spec, REGIMES["no_hints"], "sparse")
    step = net.processor.sparse_forward

    def stubborn(node: Tensor, edge: object, graph: Tensor, on: SparseGraph, state: tuple) -> StepOutput:
        out = step(node, edge, graph, on, state[0])
        return out._replace(state=(out.state, torch.zeros(3)))

    monkeypatch.setattr(net.processor, "sparse_state", lambda node, on: (Carried(), None))
    monkeypatch.setattr(net.processor, "sparse_forward", stubborn)
    with pytest.raises(
        PluginError, match=r"processor Pgn: .* \(3 rows are neither .*needs nodes, edges or graphs as its"
    ):
        net(double(net.tensors(batch)))


def test_a_pointer_along_no_edge_is_refused() -> None:
    batch = nar_bench.generate("sparse_bfs", 6, 2, family="path", seed=1)
    assert isinstance(batch, SparseBatch)
    neighbours = [v for u, v in batch[1].inputs["edges"].tolist() if u == 3]
    far = batch.outputs["pi"].copy()
    far[1, 3] = next(node for node in range(6) if node not in (3, *neighbours))
    with pytest.raises(InputError, match=rf"'pi': node 3 of run 1 points at {far[1, 3]}, to which it has no edge"):
        to_sparse_tensors(replace(batch, outputs={"pi": far}))


def test_a_network_takes_batches_of_its_layout() -> None:
    dense, sparse = nar_bench.generate("bfs", 5, 2), nar_bench.generate("sparse_bfs", 5, 2)
    net = net_of("pgn", dense.spec, REGIMES["no_hints"])
    with pytest.raises(InputError, match="takes no sparse batch"):
        net.tensors(sparse)
    assert isinstance(net_of("pgn", dense.spec, REGIMES["no_hints"], "sparse").tensors(dense), SparseTensorBatch)
    described = registry().load(Kind.PROCESSOR, "edge_transformer")
    with pytest.raises(Unsupported, match="edge_transformer has no form for the sparse layout, only for dense"):
        nets_around(described, described.config(), [dense.spec], REGIMES["hints"], NetConfig(8, layout="sparse"), 0)
