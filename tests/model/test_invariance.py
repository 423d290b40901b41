"""What must hold of whole networks in every regime and around every processor, in double precision.

Peers fail these: padding never leaks, batch composition never changes a prediction, evaluation is deterministic, of the
true run nothing reaches a prediction beyond hint 0 (and an oracle's length), relabelled nodes have relabelled answers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from training.groups import pairs_of_groups

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.predictions import Predictions
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.support import processor_reason
from nar_bench.model.tensors import TensorBatch, to_tensors
from nar_bench.plugin.contracts import Kind, Processor
from nar_bench.plugin.registry import registry
from nar_bench.spec import Feature, Type
from nar_bench.training.contrastive import contrastive_trajectory_loss
from nar_bench.training.losses import supervised_loss

HINTS = REGIMES["hints"]
WAYS: dict[str, Regime] = {
    **REGIMES,
    "hard": dataclasses.replace(HINTS, repredict="hard"),
    "linear": dataclasses.replace(HINTS, budget="linear", budget_factor=0.5),
    "learned": dataclasses.replace(HINTS, budget="learned", budget_factor=1.0),
    "decoded_only_learned": dataclasses.replace(REGIMES["decoded_only"], budget="learned", budget_factor=1.0),
    "memory_linear": dataclasses.replace(REGIMES["memory"], budget="linear", budget_factor=0.7),
}
PROCESSORS: dict[str, Processor] = {
    entry.name: registry().load(Kind.PROCESSOR, entry.name)
    for entry in registry().entries(Kind.PROCESSOR)
    if entry.source.is_own
}
TOLERANCE = {"rtol": 1e-9, "atol": 1e-9}
HIDDEN = 8


@dataclass(frozen=True)
class Case:
    """An untrained network in evaluation mode, and runs of unequal lengths."""

    processor: Processor
    regime: Regime
    net: Net
    batch: TensorBatch

    def predict(self, batch: TensorBatch) -> Predictions:
        """Return raw predictions."""
        with torch.no_grad():
            predictions: Predictions = self.net(batch)
        return predictions


def double(batch: TensorBatch) -> TensorBatch:
    return changed(batch, lambda feature, value, leading: value.double() if value.is_floating_point() else value)


def changed(batch: TensorBatch, change: Callable[[Feature, Tensor, int], Tensor]) -> TensorBatch:
    """Change every column; `leading` is how many axes stand before a feature's own."""
    return dataclasses.replace(
        batch,
        inputs={name: change(batch.spec[name], value, 1) for name, value in batch.inputs.items()},
        hints={name: change(batch.spec[name], value, 2) for name, value in batch.hints.items()},
    )


def pairs() -> Iterator[Any]:
    """Yield every processor in every regime it supports; beside hints and two processors, the product is slow."""
    for processor in PROCESSORS.values():
        for way, regime in WAYS.items():
            if regime.memory and not processor.writes_ideas:
                continue
            supported = [
                name
                for name in ("bellman_ford", "bfs")
                if not processor_reason(
                    processor, processor.config(), nar_bench.algorithm(name).spec, regime, NetConfig(HIDDEN)
                )
            ]
            if not supported:
                continue
            quick = way == "hints" or processor.name in ("mpnn", "memory_mpnn")
            marks = [] if quick else [pytest.mark.slow]
            yield pytest.param((processor.name, way, supported[0]), id=f"{processor.name}-{way}", marks=marks)
    for algorithm in ("insertion_sort", "floyd_warshall"):  # permutations; pointers on edges
        for way, regime in WAYS.items():
            name = "memory_mpnn" if regime.memory else "triplet_gmpnn"
            yield pytest.param((name, way, algorithm), id=f"{name}-{way}-{algorithm}")


@pytest.fixture(params=pairs())
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    name, way, algorithm = request.param
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield made(PROCESSORS[name], WAYS[way], algorithm)
    finally:
        torch.set_default_dtype(before)


def made(processor: Processor, regime: Regime, algorithm: str) -> Case:
    batch = double(to_tensors(nar_bench.generate(algorithm, size=6, count=5, seed=3)))
    assert algorithm != "bellman_ford" or len(batch.lengths.unique()) > 2
    torch.manual_seed(0)
    net = Net(
        batch.spec,
        processor.build(processor.config(), HIDDEN),
        regime,
        NetConfig(HIDDEN),
        torch.Generator().manual_seed(0),
        writes_edges=processor.writes_edges,
        masks_decoders=processor.masks_decoders,
    )
    case = Case(processor, regime, net.double().eval(), batch)
    if net.halting is not None:
        # A threshold between what is said at first, so that samples stop at unlike steps.
        with torch.no_grad():
            net.halting.node.bias.fill_(-1e3)
            halting = case.predict(batch).halting
            assert halting is not None
            net.halting.node.bias.sub_(halting[0].sort().values[2:4].mean())
        assert len(case.predict(batch).steps.unique()) > 1
    return case


def test_nothing_of_the_true_run_reaches_a_prediction_beyond_hint_zero_and_an_oracles_length(case: Case) -> None:
    first = 1 if case.regime.encode_hints else 0

    def spoil(feature: Feature, value: Tensor, leading: int) -> Tensor:
        if leading == 1:
            return value
        spoilt = torch.cat([value, value[:2]])  # and as if padded for a longer run
        spoilt[first:] = float("nan") if value.is_floating_point() else 10**6
        return spoilt

    blind = dataclasses.replace(changed(case.batch, spoil), outputs={})
    if case.regime.budget != "oracle":
        blind = dataclasses.replace(blind, lengths=torch.full_like(blind.lengths, -(10**6)))
    assert_same(case.predict(case.batch), case.predict(blind))


def test_evaluation_is_deterministic_and_draws_nothing(case: Case) -> None:
    before = torch.get_rng_state()
    assert_same(case.predict(case.batch), case.predict(case.batch))
    assert torch.equal(before, torch.get_rng_state())
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        assert_same(case.predict(case.batch), case.net(case.batch, noise))
    assert torch.equal(noise.get_state(), torch.Generator().manual_seed(1).get_state())


def assert_same(left: Predictions, right: Predictions) -> None:
    assert left.outputs.keys() == right.outputs.keys()
    assert left.hints.keys() == right.hints.keys()
    assert torch.equal(left.steps, right.steps)
    pairs = [(left.outputs[name], right.outputs[name]) for name in left.outputs]
    pairs += [(left.hints[name], right.hints[name]) for name in left.hints]
    pairs += [(left.ideas, right.ideas)] if left.ideas is not None and right.ideas is not None else []
    assert all(torch.equal(one, other) for one, other in pairs)
    assert all(bool(one.isfinite().all()) for one, _ in pairs)


def test_batch_mates_and_the_padding_they_bring_change_no_prediction(case: Case) -> None:
    together = case.predict(case.batch)
    for row in range(len(case.batch.lengths)):
        one = slice(row, row + 1)
        longest = int(case.batch.lengths[row])
        alone = case.predict(
            dataclasses.replace(
                case.batch,
                inputs={name: value[one] for name, value in case.batch.inputs.items()},
                hints={name: value[:longest, one] for name, value in case.batch.hints.items()},
                lengths=case.batch.lengths[one],
            )
        )
        steps = int(alone.steps)
        assert together.steps[row] == steps
        for name, value in alone.outputs.items():
            torch.testing.assert_close(together.outputs[name][one], value, **TOLERANCE)
        for name, value in alone.hints.items():
            torch.testing.assert_close(together.hints[name][:steps, one], value[:steps], **TOLERANCE)
        if alone.ideas is not None:
            assert together.ideas is not None
            torch.testing.assert_close(together.ideas[one, :steps], alone.ideas[:, :steps], **TOLERANCE)


def test_what_stands_beyond_a_run_changes_neither_the_loss_nor_a_gradient(case: Case) -> None:
    def pad(feature: Feature, value: Tensor, leading: int) -> Tensor:
        if leading == 1:
            return value
        longer = torch.cat([value, value[:3]])
        for row, length in enumerate(case.batch.lengths.tolist()):
            longer[length:, row] = 7 if feature.type is Type.SCALAR else 1
        return longer

    found = []
    case.net.train()
    for batch in (case.batch, changed(case.batch, pad)):
        case.net.zero_grad()
        predictions = case.net(batch)
        loss, _ = supervised_loss(predictions, batch)
        if predictions.ideas is not None:
            pairs = pairs_of_groups(torch.tensor([0, 0, 1, 1, 2]))
            loss = loss + contrastive_trajectory_loss(
                predictions.ideas, predictions.steps, *pairs, lambda a, b: (a * b).sum(dim=-1)
            )
        loss.backward()
        found.append([loss.detach(), *(p.grad.clone() for p in case.net.parameters() if p.grad is not None)])
    assert len(found[0]) > 1
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_relabelled_nodes_have_relabelled_predictions(case: Case) -> None:
    order = torch.randperm(case.batch.nodes, generator=torch.Generator().manual_seed(1))
    new = order.argsort()

    def relabel(feature: Feature, value: Tensor, leading: int) -> Tensor:
        if feature.type is Type.MASK_ONE:
            return new[value]
        for axis in range(leading, value.ndim):
            value = value.index_select(axis, order)
        return new[value] if feature.type in (Type.POINTER, Type.PERMUTATION_POINTER) else value

    def raw(value: Tensor, leading: int) -> Tensor:
        """Relabel raw predictions, all of whose axes are of nodes."""
        for axis in range(leading, value.ndim):
            value = value.index_select(axis, order)
        return value

    before, after = case.predict(case.batch), case.predict(changed(case.batch, relabel))
    if case.processor.name == "discrete":
        pytest.skip("nodes of equal states tie in what is decided, and the lower index wins")
    if case.processor.reads_order:
        assert not torch.allclose(after.outputs["pi"], raw(before.outputs["pi"], 1))
        return
    assert torch.equal(before.steps, after.steps)
    for name, value in before.outputs.items():
        torch.testing.assert_close(after.outputs[name], raw(value, 1), **TOLERANCE)
    for name, value in before.hints.items():
        torch.testing.assert_close(after.hints[name], raw(value, 2), **TOLERANCE)
    if before.ideas is not None:
        torch.testing.assert_close(after.ideas, before.ideas, **TOLERANCE)
