"""What must hold whatever the weights are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from nar_bench_processors.message_passing import MessagePassing
from nar_bench_processors.mpnn import Mpnn, MpnnConfig
from torch import Tensor, nn

import nar_bench
from nar_bench.errors import Unsupported
from nar_bench.model.answers import hard_hints
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.predictions import Predictions
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import TensorBatch, to_tensors
from nar_bench.plugin.contracts import Kind, StepOutput
from nar_bench.plugin.registry import registry
from nar_bench.spec import Feature, Type
from nar_bench.training.losses import supervised_loss

ALGORITHMS = ["bfs", "bellman_ford", "insertion_sort"]
# Sums of floats in another order: a batch of another size takes other paths through the matrix products.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def make(algorithm: str, regime: str = "hints", seed: int = 0) -> Net:
    torch.manual_seed(seed)  # processors take torch's own generator
    spec = nar_bench.algorithm(algorithm).spec
    generator = torch.Generator().manual_seed(seed)
    return Net(spec, Mpnn(MpnnConfig(), 16), REGIMES[regime], NetConfig(hidden=16), generator)


def batch_of(algorithm: str, size: int = 9, count: int = 6) -> nar_bench.Batch:
    return nar_bench.generate(algorithm, size=size, count=count, seed=3)


def predict(net: Net, batch: TensorBatch) -> Predictions:
    with torch.no_grad():
        return net(batch)


def assert_equal(left: dict[str, Tensor], right: dict[str, Tensor], **tolerance: float) -> None:
    assert left.keys() == right.keys()
    for name in left:
        torch.testing.assert_close(left[name], right[name], **tolerance or {"rtol": 0, "atol": 0})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("regime", REGIMES)
def test_only_hint_zero_and_only_where_hints_are_encoded_reaches_any_prediction(algorithm: str, regime: str) -> None:
    batch = to_tensors(batch_of(algorithm))

    def spoil(hint: Tensor) -> Tensor:
        spoilt = hint.clone()
        spoilt[1 if REGIMES[regime].encode_hints else 0 :] = float("nan") if hint.is_floating_point() else 10**6
        return spoilt

    hidden = dataclasses.replace(batch, hints={name: spoil(hint) for name, hint in batch.hints.items()}, outputs={})
    net = make(algorithm, regime)
    seen, blind = predict(net, batch), predict(net, hidden)
    assert_equal(seen.outputs, blind.outputs)
    assert_equal(seen.hints, blind.hints)


def test_hint_zero_does_reach_the_predictions_where_hints_are_encoded() -> None:
    batch = to_tensors(batch_of("bfs"))
    changed = dataclasses.replace(batch, hints={**batch.hints, "reach_h": 1 - batch.hints["reach_h"]})
    net = make("bfs")
    assert not torch.equal(predict(net, batch).outputs["pi"], predict(net, changed).outputs["pi"])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("regime", REGIMES)
def test_batch_mates_and_their_lengths_do_not_change_a_prediction(algorithm: str, regime: str) -> None:
    batch, net = batch_of(algorithm), make(algorithm, regime)
    if algorithm == "bellman_ford":
        assert len(set(batch.lengths)) > 1  # the short runs are padded, and latched before the batch ends
    together = predict(net, to_tensors(batch))
    for row in range(len(batch)):
        alone = predict(net, to_tensors(batch.select([row])))
        assert_equal(
            {n: v[row] for n, v in together.outputs.items()}, {n: v[0] for n, v in alone.outputs.items()}, **TOLERANCE
        )
        for name, hint in alone.hints.items():
            torch.testing.assert_close(together.hints[name][: len(hint), row], hint[:, 0], **TOLERANCE)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_padding_in_time_changes_neither_the_loss_nor_a_gradient(algorithm: str) -> None:
    batch = to_tensors(batch_of(algorithm))
    longer = {name: torch.cat([hint, torch.full_like(hint[:3], 1)]) for name, hint in batch.hints.items()}
    for name, hint in longer.items():
        for row, length in enumerate(batch.lengths):
            longer[name][int(length) :, row] = 7 if batch.spec[name].type is Type.SCALAR else 1
        assert hint.shape[0] == batch.hints[name].shape[0] + 3
    net = make(algorithm)
    gradients = []
    for padded in (batch, dataclasses.replace(batch, hints=longer)):
        net.zero_grad()
        loss, _ = supervised_loss(net(padded), padded)
        loss.backward()
        gradients.append(
            {"loss": loss.detach(), **{n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}}
        )
    assert_equal(*gradients)


def test_evaluation_is_deterministic_and_leaves_torchs_generator_alone() -> None:
    batch = to_tensors(batch_of("insertion_sort"))
    net = make("insertion_sort")
    before = torch.get_rng_state()
    first, second = predict(net, batch), predict(net, batch)
    assert_equal(first.outputs, second.outputs)
    assert torch.equal(before, torch.get_rng_state())


def test_noise_on_permutations_comes_from_the_generator_alone() -> None:
    batch, net = to_tensors(batch_of("insertion_sort")), make("insertion_sort")

    def noisy(seed: int) -> Tensor:
        return net(batch, torch.Generator().manual_seed(seed)).outputs["pred"].detach()

    torch.testing.assert_close(noisy(1), noisy(1), rtol=0, atol=0)
    assert not torch.equal(noisy(1), noisy(2))
    assert not torch.equal(noisy(1), predict(net, batch).outputs["pred"])


def test_all_weights_outside_the_processor_come_from_the_generator_alone() -> None:
    first, second, other = make("bfs", seed=1), make("bfs", seed=1), make("bfs", seed=2)
    assert_equal(first.state_dict(), second.state_dict())
    torch.manual_seed(5)
    processor = Mpnn(MpnnConfig(), 16)
    before = torch.get_rng_state()
    third = Net(first.spec, processor, REGIMES["hints"], NetConfig(16), torch.Generator().manual_seed(1))
    assert torch.equal(before, torch.get_rng_state())
    for name, value in third.state_dict().items():
        if not name.startswith("processor."):
            assert torch.equal(value, first.state_dict()[name])
            assert value.ndim == 1 or not torch.equal(value, other.state_dict()[name])


@pytest.mark.parametrize("algorithm", ["bfs", "bellman_ford"])
@pytest.mark.parametrize("regime", ["hints", "no_hints"])
def test_relabelling_the_nodes_relabels_the_predictions(algorithm: str, regime: str) -> None:
    batch, net = to_tensors(batch_of(algorithm)), make(algorithm, regime)
    order = torch.from_numpy(np.random.default_rng(0).permutation(batch.nodes))
    new_name = order.argsort()

    def relabel(feature: Feature, value: Tensor, leading: int) -> Tensor:
        if feature.type is Type.MASK_ONE:
            return new_name[value]
        for axis in range(leading, value.ndim):
            value = value.index_select(axis, order)
        return new_name[value] if feature.type is Type.POINTER else value

    relabelled = dataclasses.replace(
        batch,
        inputs={name: relabel(batch.spec[name], value, 1) for name, value in batch.inputs.items()},
        hints={name: relabel(batch.spec[name], value, 2) for name, value in batch.hints.items()},
    )
    before, after = predict(net, batch), predict(net, relabelled)
    torch.testing.assert_close(after.outputs["pi"], before.outputs["pi"][:, order][:, :, order], **TOLERANCE)
    for name, hint in before.hints.items():
        expected = hint.index_select(2, order)
        if batch.spec[name].type is Type.POINTER:
            expected = expected.index_select(3, order)
        torch.testing.assert_close(after.hints[name], expected, rtol=1e-3, atol=1e-4)


def test_what_is_kept_of_hints_is_a_choice_that_changes_nothing_else() -> None:
    net, batch = make("bfs"), to_tensors(batch_of("bfs"))
    whole = predict(net, batch)
    with torch.no_grad():
        nothing = net(batch, keep_hints=lambda raw, _: {})
        decided = net(batch, keep_hints=lambda raw, _: hard_hints(batch.spec, raw))
    assert nothing.hints == {}
    assert_equal(nothing.outputs, whole.outputs)
    assert torch.equal(decided.hints["pi_h"], whole.hints["pi_h"].argmax(dim=-1))
    assert torch.equal(decided.hints["reach_h"], whole.hints["reach_h"] > 0)


@pytest.mark.parametrize("regime", REGIMES)
def test_a_regime_has_the_encoders_and_decoders_it_says(regime: str) -> None:
    net, batch = make("bfs", regime), to_tensors(batch_of("bfs"))
    described, predictions = REGIMES[regime], predict(net, batch)
    assert bool(net.hint_encoder.maps) is described.encode_hints
    assert set(predictions.hints) == ({"reach_h", "pi_h"} if described.decode_hints else set())
    assert all(len(hint) == batch.steps for hint in predictions.hints.values())


def test_a_run_of_one_hint_takes_one_step() -> None:
    lonely = nar_bench.algorithm("bfs").run(A=np.eye(3), s=0)
    assert lonely.length == 1
    bfs = nar_bench.algorithm("bfs")
    inputs, nodes = bfs.compact_inputs(lonely.inputs)
    batch = to_tensors(bfs.execute({name: value[None] for name, value in inputs.items()}, nodes))
    net = make("bfs")
    predictions = net(batch)
    assert predictions.hints["pi_h"].shape == (1, 1, 3, 3)
    loss, parts = supervised_loss(predictions, batch)
    loss.backward()
    assert parts["hint/pi_h"] == 0
    assert torch.isfinite(loss)


class Dense(nn.Module):
    """A third party's processor: it takes tensors, and has its own state and ideas."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Mpnn(MpnnConfig(), 16)

    def initial_state(self, node: Tensor) -> tuple[Tensor, int]:
        return self.inner.initial_state(node), 0

    def forward(
        self, node: Tensor, edge: Tensor, graph: Tensor, adjacency: Tensor, state: tuple[Tensor, int]
    ) -> StepOutput:
        assert edge.shape == (*adjacency.shape, 16)
        step = self.inner(node, edge, graph, adjacency, state[0])
        idea = torch.full((len(node), 2), float(state[1]))
        return StepOutput(step.hidden, None, (step.state, state[1] + 1), idea)


def test_a_processor_that_takes_dense_edges_computes_the_same() -> None:
    net, batch = make("bellman_ford"), to_tensors(batch_of("bellman_ford"))
    dense = Dense()
    dense.inner.load_state_dict(net.processor.state_dict())
    other = Net(net.spec, dense, REGIMES["hints"], NetConfig(16), torch.Generator().manual_seed(0))
    left, right = predict(net, batch), predict(other, batch)
    assert_equal(left.outputs, right.outputs, rtol=1e-4, atol=1e-5)
    assert left.ideas is None
    assert right.ideas is not None
    longest = int(batch.lengths.argmax())
    assert right.ideas[longest, :, 0].tolist() == list(range(batch.steps))


@pytest.mark.parametrize("name", ["pgn", "triplet_gmpnn"])
def test_a_processor_that_takes_nodes_as_a_tensor_computes_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that a wrapper shows other vectors than those of the encoders."""
    processor = registry().load(Kind.PROCESSOR, name)

    def made() -> Predictions:
        torch.manual_seed(0)
        inner = processor.build(processor.config(), 16)
        spec, generator = nar_bench.algorithm("bellman_ford").spec, torch.Generator().manual_seed(0)
        edges = processor.writes_edges
        net = Net(spec, inner, REGIMES["hints"], NetConfig(hidden=16), generator, writes_edges=edges)
        return predict(net, to_tensors(batch_of("bellman_ford")))

    left = made()
    monkeypatch.setattr(MessagePassing, "reads_node_vectors", False)
    assert_equal(left.outputs, made().outputs, rtol=1e-4, atol=1e-5)


def test_what_is_no_processor_is_refused() -> None:
    with pytest.raises(Unsupported, match="Linear has no initial_state"):
        Net(nar_bench.algorithm("bfs").spec, nn.Linear(1, 1), REGIMES["hints"], NetConfig(1), torch.Generator())
