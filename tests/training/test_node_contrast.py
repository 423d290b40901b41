"""The node contrastive loss: the formula worked out by hand, its gradient, and a step of training with it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from training.devices import batch_of, everything_on, measure, net_of
from training.test_joint import tasks_of, trained
from training.test_together import double, in_double

import nar_bench
from nar_bench.errors import TrainingError
from nar_bench.model.regime import REGIMES
from nar_bench.model.rows import choose
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training import objective
from nar_bench.training.loop import Progress
from nar_bench.training.losses import supervised_loss
from nar_bench.training.node_contrast import node_contrastive_loss
from nar_bench.training.objective import Measured
from nar_bench.training.similar import with_similar
from nar_bench.trajectory import Batch

__all__ = ["in_double"]

NODE_CONTRAST = dataclasses.replace(REGIMES["no_hints"], name="node_contrast", contrast_nodes=True)
AUGMENTED = dataclasses.replace(REGIMES["no_hints"], name="augmented", augment=True)
M, N, H, S = 6, 4, 3, 5
STEPS = torch.tensor([5, 2, 3, 4, 2, 1])
"""Of three pairs: (5, 4), (2, 2) and (3, 1)."""


def states_of(seed: int = 0, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(M, N, H, generator=generator, dtype=dtype).requires_grad_() for _ in range(S)]


def by_hand(states: np.ndarray, steps: list[int], temperature: float) -> tuple[float, int]:
    """The formula, number by number, and how many terms it has; states are [S, M, N, H]."""
    half, loss, terms = len(steps) // 2, 0.0, 0
    for x in range(half):
        for t in range(min(steps[x], steps[half + x])):
            for i in range(states.shape[2]):
                e = [np.exp(np.dot(states[t, x, i], other) / temperature) for other in states[t, half + x]]
                loss -= np.log(e[i] / sum(e))
                terms += 1
    return loss, terms


@pytest.mark.parametrize("temperature", [1.0, 0.3, 4.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_loss_is_the_formula(seed: int, temperature: float) -> None:
    states = states_of(seed)
    expected, terms = by_hand(torch.stack(states).detach().numpy(), STEPS.tolist(), temperature)
    assert terms == (4 + 2 + 1) * N
    found = node_contrastive_loss(states, STEPS, temperature=temperature)
    assert found.item() == pytest.approx(expected, rel=1e-12)
    mean = node_contrastive_loss(states, STEPS, temperature=temperature, reduction="mean")
    assert mean.item() == pytest.approx(expected / terms, rel=1e-12)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_its_gradient_is_that_of_finite_differences(reduction: str) -> None:
    states = states_of()

    def loss(*nodes: torch.Tensor) -> torch.Tensor:
        return 0.7 * node_contrastive_loss(nodes, STEPS, temperature=0.6, reduction=reduction)

    assert torch.autograd.gradcheck(loss, tuple(states), eps=1e-6, atol=1e-7, rtol=1e-6)
    gradients = torch.autograd.grad(loss(*states), states)
    assert all(gradient.abs().sum() > 0 for gradient in gradients[:4])
    assert gradients[4].abs().sum() == 0  # step 5 has one run of a pair alone


def test_what_stands_beyond_a_run_is_not_read() -> None:
    states, spoilt = states_of(), states_of()
    with torch.no_grad():
        for step, one in enumerate(spoilt):
            one[step >= STEPS] = float("nan")
    for nodes in (states, spoilt):
        loss = node_contrastive_loss(nodes, STEPS)
        gradients = torch.autograd.grad(loss, nodes)
        assert loss.item() == pytest.approx(node_contrastive_loss(states, STEPS).item(), rel=1e-12)
        for step, gradient in enumerate(gradients):
            assert gradient.isfinite().all()
            assert gradient[step >= STEPS].abs().sum() == 0


def test_great_scores_do_not_overflow() -> None:
    states = [1e4 * one.detach().float().requires_grad_() for one in states_of()]
    loss = node_contrastive_loss(states, STEPS)
    assert loss.isfinite()
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(loss, states))


def test_alike_nodes_that_nothing_else_is_like_have_no_loss_and_those_that_all_are_log_n() -> None:
    apart = [30 * torch.eye(N)[None].repeat(M, 1, 1) for _ in range(S)]
    assert node_contrastive_loss(apart, STEPS, reduction="mean").item() == pytest.approx(0.0, abs=1e-6)
    same = [torch.ones(M, N, H) for _ in range(S)]
    assert node_contrastive_loss(same, STEPS, reduction="mean").item() == pytest.approx(np.log(N), rel=1e-6)


def test_nodes_of_other_inputs_are_no_negatives() -> None:
    states = states_of()
    before = node_contrastive_loss(states, STEPS)
    alone = [
        node_contrastive_loss([one[[row, row + 3]] for one in states], STEPS[[row, row + 3]]).item() for row in range(3)
    ]
    assert before.item() == pytest.approx(sum(alone), rel=1e-12)


def test_no_scores_are_kept_for_the_gradient() -> None:
    saved: list[tuple[int, ...]] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tuple(tensor.shape))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        node_contrastive_loss(states_of(), STEPS)
    assert saved.count((M, N, H)) == S
    assert (M // 2, N, N) not in saved


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"reduction": "max"}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="allowed: > 0, and 'sum' or 'mean'"):
        node_contrastive_loss(states_of(), STEPS, **options)


def pairs_of(algorithm: str, similar: str, size: int = 6, count: int = 4) -> Batch:
    alike = registry().load(Kind.SIMILAR_INPUT, similar)
    return with_similar(nar_bench.algorithm(algorithm), nar_bench.generate(algorithm, size, count, 3), alike, 1, 0)


def test_a_network_keeps_the_nodes_of_each_step_in_training_and_in_this_regime_alone() -> None:
    batch = to_tensors(pairs_of("bfs", "reweighted_edges"))
    net = net_of("mpnn", "bfs", NODE_CONTRAST)
    kept = net(batch).nodes
    assert kept is not None
    assert {tuple(one.shape) for one in kept} == {(8, 6, 8)}
    assert len(kept) == batch.steps
    assert net.eval()(batch).nodes is None
    assert net_of("mpnn", "bfs", AUGMENTED)(batch).nodes is None


def test_nodes_are_those_of_each_sample_alone_and_zero_beyond_its_run() -> None:
    """Samples leave the batch as they end; the rows of those that go on must stay their own."""
    batch = to_tensors(pairs_of("quickselect", "same_order"))
    net = net_of("mpnn", "quickselect", NODE_CONTRAST)
    made = net(batch)
    assert len(set(made.steps.tolist())) > 1
    assert made.nodes is not None
    for row in range(8):
        here = torch.tensor([row])
        alone = net(
            dataclasses.replace(
                batch,
                inputs=choose(batch.inputs, here),
                hints={name: hint[:, here] for name, hint in batch.hints.items()},
                outputs=choose(batch.outputs, here),
                lengths=batch.lengths[here],
            )
        )
        assert alone.nodes is not None
        for step, states in enumerate(made.nodes):
            if step < made.steps[row]:
                torch.testing.assert_close(states[row], alone.nodes[step][0])
            else:
                assert states[row].abs().sum() == 0


def test_the_whole_loss_is_the_supervised_one_and_the_weighted_one_of_nodes() -> None:
    batch, net = to_tensors(pairs_of("quickselect", "same_order")), net_of("mpnn", "quickselect", NODE_CONTRAST)
    options = {"node_contrastive_weight": 0.3, "node_temperature": 0.5}
    measured = measure(net, batch, **options)
    made = net(batch)
    assert made.nodes is not None
    total, terms = by_hand(torch.stack(made.nodes).detach().double().numpy(), made.steps.tolist(), 0.5)
    assert measured.parts["node_contrastive"].item() == pytest.approx(total / terms, rel=1e-4)
    supervised, _ = supervised_loss(made, batch)
    assert measured.loss.item() == pytest.approx(supervised.item() + 0.3 * total / terms, rel=1e-4)


@pytest.mark.parametrize("processor", ["mpnn", "memory_mpnn", "rnar", "gat"])
@pytest.mark.parametrize(("algorithm", "similar"), [("bfs", "reweighted_edges"), ("insertion_sort", "same_order")])
@pytest.mark.usefixtures("in_double")
def test_gradients_of_training_are_those_of_finite_differences(processor: str, algorithm: str, similar: str) -> None:
    """Along one direction in the space of all weights, from where no bias is 0 and so no ReLU stands at its kink."""
    batch, net = double(pairs_of(algorithm, similar, size=4, count=2)), net_of(processor, algorithm, NODE_CONTRAST)
    generator = torch.Generator().manual_seed(1)
    parameters = [one for one in net.parameters() if one.requires_grad]
    for one in parameters:
        one.data += 0.1 * torch.randn(one.shape, generator=generator)
    direction = [torch.randn(one.shape, generator=generator) for one in parameters]

    def loss_at(distance: float) -> Measured:
        for one, step in zip(parameters, direction, strict=True):
            one.data += distance * step
        measured = measure(net, batch, node_contrastive_weight=5.0)
        for one, step in zip(parameters, direction, strict=True):
            one.data -= distance * step
        return measured

    gradients = loss_at(0.0).gradients
    slope = sum(float((g * d).sum()) for g, d in zip(gradients, direction, strict=True) if g is not None)
    numeric = (loss_at(1e-6).loss.item() - loss_at(-1e-6).loss.item()) / 2e-6
    assert slope == pytest.approx(numeric, rel=1e-5)


def test_a_run_trains_on_it_and_tells_it() -> None:
    seen: list[Progress] = []
    tasks = tasks_of("bfs", "insertion_sort", regime=NODE_CONTRAST, processor="mpnn", steps=1)
    trained(tasks, seen)
    for name in ("bfs", "insertion_sort"):
        assert set(seen[0].parts[name]) > {"node_contrastive"}
        assert 0 < seen[0].parts[name]["node_contrastive"] < 10


def test_it_lowers_what_it_measures() -> None:
    seen: list[Progress] = []
    options: dict[str, Any] = {"steps": 30, "batch": 8, "sizes": (5,), "learning_rate": 1e-2}
    trained(tasks_of("bfs", regime=NODE_CONTRAST, processor="mpnn", node_contrastive_weight=1.0, **options), seen)
    told = [at.parts["bfs"]["node_contrastive"] for at in seen]
    assert np.mean(told[-5:]) < 0.8 * told[0]


def test_a_weight_of_zero_is_plain_augmentation_and_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with_loss = trained(tasks_of("bfs", regime=NODE_CONTRAST, processor="mpnn")).losses

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the node contrastive loss was computed")

    monkeypatch.setattr(objective, "node_contrastive_loss", never)
    augmented = trained(tasks_of("bfs", regime=AUGMENTED, processor="mpnn")).losses
    free = trained(tasks_of("bfs", regime=NODE_CONTRAST, processor="mpnn", node_contrastive_weight=0.0)).losses
    assert free == augmented != with_loss


def test_without_similar_inputs_nothing_is_trained() -> None:
    with pytest.raises(TrainingError, match="algorithm 'bfs': the regime node_contrast contrasts the nodes"):
        trained(tasks_of("bfs", regime=NODE_CONTRAST, processor="mpnn", similar=False))


@pytest.mark.parametrize("processor", ["mpnn", "memory_mpnn", "rnar"])
def test_it_stays_on_the_device_and_never_waits_for_it(processor: str) -> None:
    net, batch = net_of(processor, "bfs", NODE_CONTRAST).to("meta"), batch_of("bfs", "meta", count=4)
    with everything_on("meta"):
        measured = measure(net, batch)
    assert "node_contrastive" in measured.parts
