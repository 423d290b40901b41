"""Each axis of a regime does what it says, and nothing of the true run gets past it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from nar_bench_processors.mpnn import Mpnn, MpnnConfig
from torch import Tensor

import nar_bench
from nar_bench.errors import Unsupported
from nar_bench.model.config import NetConfig
from nar_bench.model.decoders import Hidden
from nar_bench.model.encoders import empty
from nar_bench.model.net import Net
from nar_bench.model.predictions import Predictions
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.tensors import TensorBatch, dense_columns, to_tensors
from nar_bench.plugin.contracts import StepOutput
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.training.losses import supervised_loss


def regime(**changes: Any) -> Regime:
    return dataclasses.replace(REGIMES["hints"], **changes)


def make(algorithm: str, described: Regime, **options: Any) -> Net:
    torch.manual_seed(0)
    spec = nar_bench.algorithm(algorithm).spec
    config = NetConfig(hidden=16, **options)
    return Net(spec, Mpnn(MpnnConfig(), 16), described, config, torch.Generator().manual_seed(0))


def batch_of(algorithm: str) -> TensorBatch:
    return to_tensors(nar_bench.generate(algorithm, size=7, count=5, seed=3))


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(left: Predictions, right: Predictions) -> bool:
    return all(torch.equal(left.outputs[name], right.outputs[name]) for name in left.outputs)


def corrupted(batch: TensorBatch, *, lengths: bool = False) -> TensorBatch:
    def spoil(hint: Tensor) -> Tensor:
        spoilt = hint.clone()
        spoilt[1:] = float("nan") if hint.is_floating_point() else 10**6
        return spoilt

    hints = {name: spoil(hint) for name, hint in batch.hints.items()}
    wrong = torch.full_like(batch.lengths, -(10**6)) if lengths else batch.lengths
    return dataclasses.replace(batch, hints=hints, outputs={}, lengths=wrong)


@pytest.mark.parametrize("budget", ["oracle", "linear", "learned"])
@pytest.mark.parametrize("repredict", ["soft", "hard", "hard_on_evaluation"])
@pytest.mark.parametrize("forcing", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort", "floyd_warshall"])
def test_at_evaluation_nothing_of_the_true_run_is_read_but_hint_zero_and_an_oracles_length(
    algorithm: str, budget: str, repredict: str, forcing: float
) -> None:
    batch = batch_of(algorithm)
    net = make(algorithm, regime(budget=budget, repredict=repredict, teacher_forcing=forcing)).eval()
    with torch.no_grad():
        seen, blind = net(batch, drawn(0)), net(corrupted(batch, lengths=budget != "oracle"), drawn(0))
    assert same(seen, blind)
    assert all(torch.equal(seen.hints[name], blind.hints[name]) for name in seen.hints)


def test_the_linear_budget_reads_no_length_in_training_either() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(budget="linear", budget_factor=0.5))
    assert same(net(batch, drawn(0)), net(corrupted(batch, lengths=True), drawn(0)))
    assert {len(hint) for hint in net(batch).hints.values()} == {4}  # ceil(0.5 * 7)


def test_teacher_forcing_is_one_draw_for_each_sample_and_step_from_the_generator() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(teacher_forcing=0.5))
    assert same(net(batch, drawn(1)), net(batch, drawn(1)))
    assert not same(net(batch, drawn(1)), net(batch, drawn(2)))
    # A sample without a forced step predicts what it would without forcing, so that draws are of whole samples.
    free, forced = make("bellman_ford", regime())(batch), net(batch, drawn(1))
    draws = drawn(1)
    untouched = torch.ones(len(batch.lengths), dtype=torch.bool)
    for step in range(1, batch.steps):
        untouched &= ~((torch.rand(len(untouched), generator=draws) < 0.5) & (step < batch.lengths))
        for name, hint in forced.hints.items():
            assert torch.equal(hint[step][untouched], free.hints[name][step][untouched])
            touched = ~untouched & (step + 1 < batch.lengths)
            assert all(not torch.equal(hint[step][i], free.hints[name][step][i]) for i in touched.nonzero()[:, 0])


def test_full_teacher_forcing_shows_the_true_hints_in_training_alone() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(teacher_forcing=1.0))
    changed = dataclasses.replace(batch, hints={n: h.roll(1, dims=1) for n, h in batch.hints.items()})
    changed = dataclasses.replace(
        changed, hints={n: torch.cat([batch.hints[n][:1], h[1:]]) for n, h in changed.hints.items()}
    )
    assert not same(net(batch, drawn(0)), net(changed, drawn(0)))
    net.eval()
    assert same(net(batch, drawn(0)), net(changed, drawn(0)))


def test_hard_re_prediction_passes_no_gradient_between_steps_and_on_evaluation_only_changes_evaluation() -> None:
    batch = batch_of("bellman_ford")
    soft, hard, later = (make("bellman_ford", regime(repredict=how)) for how in ("soft", "hard", "hard_on_evaluation"))
    assert same(soft(batch), later(batch))
    assert not same(soft(batch), hard(batch))
    for net in (soft, hard, later):
        net.eval()
    assert same(hard(batch), later(batch))
    # Outputs depend on the hint decoders only through hints that are shown again.
    for net, flows in ((soft, True), (hard, False)):
        net.train()
        net(batch).outputs["pi"].square().sum().backward()
        gradients = [p.grad for p in net.hint_decoders.parameters()]
        assert any(g is not None and bool(g.any()) for g in gradients) is flows


def test_a_learned_budget_stops_each_sample_where_it_says() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(budget="learned", budget_factor=2.0))
    net.eval()
    assert net.halting is not None
    with torch.no_grad():
        net.halting.node.bias.fill_(-100.0)
        assert len(net(batch).halting) == 14
        net.halting.node.bias.fill_(100.0)
        at_once = net(batch)
        assert len(at_once.halting) == 1
        fixed = make("bellman_ford", regime(budget="linear", budget_factor=1 / 7)).eval()
        fixed.load_state_dict({n: v for n, v in net.state_dict().items() if not n.startswith("halting")})
        assert same(at_once, fixed(batch))
        # Somewhere between, samples stop at different steps; each is what it is alone.
        net.halting.node.bias.fill_(0.0)
        together = net(batch)
        for row in range(len(batch.lengths)):
            alone = net(rows(batch, row))
            torch.testing.assert_close(together.outputs["pi"][row], alone.outputs["pi"][0], rtol=1e-4, atol=1e-5)


def alone(net: Net, batch: TensorBatch, row: int) -> Predictions:
    predictions: Predictions = net(rows(batch, row))
    return predictions


def test_a_net_says_how_many_steps_each_sample_made() -> None:
    batch = batch_of("bellman_ford")
    true = [max(1, length - 1) for length in batch.lengths.tolist()]
    assert len(set(true)) > 1
    assert make("bellman_ford", regime())(batch).steps.tolist() == true
    for factor, steps in ((0.1, 1), (0.5, 4), (3.0, 21)):
        linear = make("bellman_ford", regime(budget="linear", budget_factor=factor))
        for net in (linear.train(), linear.eval()):
            predictions = net(batch)
            assert predictions.steps.tolist() == [steps] * 5
            assert {len(hint) for hint in predictions.hints.values()} == {steps}
    learned = make("bellman_ford", regime(budget="learned"))
    assert learned(batch).steps.tolist() == true


def test_a_sample_that_once_said_stop_has_stopped() -> None:
    class Scripted(torch.nn.Module):
        said = iter(torch.tensor([[-1.0, 1, -1, -1, 0], [-1.0, -1, 1, -1, 0], [1.0, -1, -1, 1, 1], [-1.0] * 5]))
        running = torch.arange(5)

        def forward(self, read: Hidden) -> Tensor:
            assert len(read.edge.values) == len(self.running)  # the others are not even asked again
            said = next(self.said)[self.running]
            self.running = self.running[said <= 0]
            return said

    net = make("bellman_ford", regime(budget="learned")).eval()
    net.halting = Scripted()  # type: ignore[assignment]
    predictions = net(batch_of("bellman_ford"))
    assert predictions.steps.tolist() == [3, 1, 2, 3, 3]
    assert len(predictions.halting) == 3


@pytest.mark.parametrize("encodes", [True, False])
def test_learned_halting_is_each_sample_s_own_and_its_batch_mates_change_nothing(encodes: bool) -> None:
    batch = batch_of("bellman_ford")
    described = regime(budget="learned", budget_factor=2.0, encode_hints=encodes)
    net = make("bellman_ford", described).eval()
    assert net.halting is not None
    with torch.no_grad():
        # A bias between the logits of the samples, so that they stop at unlike steps.
        net.halting.node.bias.fill_(-100.0)
        logits = net(batch).halting + 100
        for shift in torch.linspace(float(logits.min()), float(logits.max()), 50):
            net.halting.node.bias.fill_(-float(shift))
            together = net(batch)
            if len(together.steps.unique()) > 1:
                break
        assert len(together.steps.unique()) > 1
        assert len(together.halting) == together.steps.max()
        for row in range(len(batch.lengths)):
            one = alone(net, batch, row)
            steps = int(one.steps)
            assert steps == together.steps[row] == len(one.halting)
            assert all(one.halting[:-1] <= 0)
            assert one.halting[-1] > 0 or steps == 14
            torch.testing.assert_close(together.outputs["pi"][row], one.outputs["pi"][0], rtol=1e-5, atol=1e-5)
            for name, hint in one.hints.items():
                torch.testing.assert_close(together.hints[name][:steps, row], hint[:, 0], rtol=1e-5, atol=1e-5)


def test_message_passing_steps_apply_the_processor_to_its_own_state() -> None:
    batch = batch_of("bfs")
    net = make("bfs", regime(encode_hints=False), message_passing_steps=3)
    calls: list[tuple[Any, Any]] = []
    handle = net.processor.register_forward_hook(lambda _, args, out: calls.append((args, out)))
    predictions = net(batch)
    handle.remove()
    assert len(calls) == 3 * batch.steps
    # No hints are encoded, so every application reads the same; by hand, one after the other.
    node, edge, graph, adjacency, state = calls[0][0]
    hidden = [torch.zeros_like(state)]
    for _ in range(batch.steps):
        for _ in range(3):
            step = net.processor(node, edge, graph, adjacency, state)
            state = step.state
        hidden.append(step.hidden)
    read = Hidden(node.beside(hidden[-2], hidden[-1]), edge, step.edge, graph, None)
    last = batch.last_steps() == batch.steps - 1
    assert last.any()
    expected = net.output_decoders["pi"](read)
    torch.testing.assert_close(predictions.outputs["pi"][last], expected[last])
    torch.testing.assert_close(predictions.hints["pi_h"][-1][last], net.hint_decoders["pi_h"](read)[last])


def test_the_penalties_of_all_message_passing_steps_are_summed() -> None:
    class Penalised(Mpnn):
        def forward(self, *args: Any) -> StepOutput:
            calls.append(1)
            return super().forward(*args)._replace(penalty=torch.full((5,), float(len(calls))))

    calls: list[int] = []
    batch = batch_of("bfs")
    spec, config = nar_bench.algorithm("bfs").spec, NetConfig(16, message_passing_steps=3)
    penalties = Net(spec, Penalised(MpnnConfig(), 16), regime(), config, drawn(0))(batch).penalties
    assert penalties is not None
    assert penalties.tolist() == [[9.0 * step + 6] * 5 for step in range(batch.steps)]


def shown_hints(net: Net, batch: TensorBatch, noise: torch.Generator | None = None) -> list[dict[str, Tensor]]:
    """Return what the hint encoder reads at each step; what the output is decoded from comes last."""
    seen: list[dict[str, Tensor]] = []
    handle = net.hint_encoder.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    net(batch, noise)
    handle.remove()
    return seen


@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort", "floyd_warshall", "lcs_length"])
def test_full_teacher_forcing_shows_exactly_the_true_hint_at_every_step_of_a_run(algorithm: str) -> None:
    batch, spec = batch_of(algorithm), nar_bench.algorithm(algorithm).spec
    net = make(algorithm, regime(teacher_forcing=1.0))
    seen, free = shown_hints(net, batch, drawn(0)), shown_hints(net, batch)
    for step, shown in enumerate(seen[: batch.steps]):
        running = step <= batch.last_steps()
        for feature in (hint for hint in spec.hints if not hint.given):
            for name, true in dense_columns(feature, batch.hints[feature.name][step], batch.nodes).items():
                assert torch.equal(shown[name], true[running])
    assert not all(torch.equal(seen[1][name], free[1][name]) for name in seen[1])


def test_full_teacher_forcing_is_a_step_by_step_run_on_the_true_hints() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(teacher_forcing=1.0))
    forced = net(batch, drawn(0))
    # By hand: the net cut down to one step, on each true hint in turn, with its hidden vectors passed on.
    inputs: dict[str, Tensor] = {}
    for feature in batch.spec.inputs:
        inputs |= dense_columns(feature, batch.inputs[feature.name], batch.nodes)
    fixed = net.input_encoder(inputs, empty(5, batch.nodes, 16, inputs["pos"]))
    before = torch.zeros(5, batch.nodes, 16)
    state = net.processor.initial_state(before)
    for step in range(batch.steps):
        shown: dict[str, Tensor] = {}
        for feature in batch.spec.hints:
            shown |= dense_columns(feature, batch.hints[feature.name][step], batch.nodes)
        encoded = net.hint_encoder(shown, fixed)
        made = net.processor(encoded.node, encoded.edge, encoded.graph, encoded.adjacency, state)
        node = torch.cat([encoded.node, before, made.hidden], dim=-1)
        read = Hidden(node, encoded.edge, made.edge, encoded.graph, None)
        live = step + 1 < batch.lengths
        for name, decoder in net.hint_decoders.items():
            torch.testing.assert_close(forced.hints[name][step][live], decoder(read)[live])
        last = step == batch.last_steps()
        torch.testing.assert_close(forced.outputs["pi"][last], net.output_decoders["pi"](read)[last])
        before, state = made.hidden, made.state


@pytest.mark.parametrize("algorithm", ["bellman_ford", "insertion_sort", "floyd_warshall", "lcs_length"])
@pytest.mark.parametrize(
    ("repredict", "training", "hard"),
    [
        ("hard", True, True),
        ("hard", False, True),
        ("hard_on_evaluation", True, False),
        ("hard_on_evaluation", False, True),
        ("soft", True, False),
        ("soft", False, False),
    ],
)
def test_hard_re_prediction_shows_the_encoder_decisions_and_soft_shows_it_shares(
    algorithm: str, repredict: str, training: bool, hard: bool
) -> None:
    batch, spec = batch_of(algorithm), nar_bench.algorithm(algorithm).spec
    with torch.no_grad():
        seen = shown_hints(make(algorithm, regime(repredict=repredict)).train(training), batch)
    decided = [hint for hint in spec.hints if not hint.given and hint.type is not Type.SCALAR]
    assert decided
    assert len(seen) == batch.steps + 1
    for feature in decided:
        names = [feature.name, *([f"{feature.name}_mask"] if feature.type is Type.PERMUTATION_POINTER else [])]
        for name in names:
            for shown in seen[1:-1]:
                value = shown[name]
                assert bool(((value == 0) | (value == 1)).all()) is hard
                if feature.type is not Type.MASK:
                    torch.testing.assert_close(value.sum(dim=-1), torch.ones(value.shape[:-1]), rtol=0, atol=1e-5)


def rows(batch: TensorBatch, row: int) -> TensorBatch:
    one = slice(row, row + 1)
    return dataclasses.replace(
        batch,
        inputs={name: value[one] for name, value in batch.inputs.items()},
        hints={name: value[:, one] for name, value in batch.hints.items()},
        outputs={name: value[one] for name, value in batch.outputs.items()},
        lengths=batch.lengths[one],
    )


def test_halting_is_trained_against_the_true_length() -> None:
    batch, net = batch_of("bellman_ford"), make("bellman_ford", regime(budget="learned"))
    predictions = net(batch)
    logits = torch.full_like(predictions.halting, -50.0)
    for sample, last in enumerate(batch.last_steps()):
        logits[last, sample] = 50.0
        logits[last + 1 :, sample] = 50.0  # beyond its run nothing counts
    _, right = supervised_loss(predictions._replace(halting=logits), batch)
    _, wrong = supervised_loss(predictions._replace(halting=-logits), batch)
    assert right["halting"] < 1e-6 < 10 < wrong["halting"]
    loss, _ = supervised_loss(predictions, batch)
    loss.backward()
    assert net.halting.node.weight.grad.any()


def test_losses_are_weighted_by_stage() -> None:
    batch, net = batch_of("bfs"), make("bfs", regime())
    predictions = net(batch)
    total, parts = supervised_loss(predictions, batch, output_weight=2.0, hint_weight=0.5)
    by_stage = {s: sum(v for n, v in parts.items() if n.startswith(s)) for s in ("output", "hint")}
    torch.testing.assert_close(total, 2 * by_stage["output"] + 0.5 * by_stage["hint"])


def test_message_passing_steps_dropout_and_the_lstm_are_options_of_the_net() -> None:
    batch = batch_of("bfs")
    plain = make("bfs", regime())
    for options in ({"message_passing_steps": 2}, {"lstm": "trained"}):
        assert not same(plain(batch), make("bfs", regime(), **options)(batch))
    dropping = make("bfs", regime(), dropout=0.5)
    assert same(dropping(batch), plain(batch))
    assert same(dropping(batch, drawn(1)), dropping(batch, drawn(1)))
    assert not same(dropping(batch, drawn(1)), dropping(batch, drawn(2)))
    assert same(dropping.eval()(batch, drawn(1)), plain(batch))


@pytest.mark.parametrize("trained", [True, False])
def test_a_frozen_lstm_is_not_trained(trained: bool) -> None:
    batch, net = batch_of("bfs"), make("bfs", regime(), lstm="trained" if trained else "frozen")
    supervised_loss(net(batch), batch)[0].backward()
    assert net.lstm is not None
    assert (net.lstm.gates.weight.grad is not None) is trained


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decode_hints": False}, "encode_hints"),
        ({"teacher_forcing": 1.1}, "teacher_forcing"),
        ({"encode_hints": False, "teacher_forcing": 0.5}, "teacher_forcing"),
        ({"repredict": "firm"}, "repredict"),
        ({"budget": "none"}, "budget"),
        ({"budget_factor": 0.0}, "budget_factor"),
        ({"output_weight": -1.0}, "output_weight"),
        ({"hint_weight": float("inf")}, "hint_weight"),
    ],
)
def test_faults_are_named_and_refused(changes: dict[str, Any], field: str) -> None:
    assert [name for name, _ in regime(**changes).faults()] == [field]
    with pytest.raises(Unsupported, match=field):
        make("bfs", regime(**changes))


KINDS = [
    *((place, kind) for place in Location for kind in (Type.SCALAR, Type.MASK, Type.CATEGORICAL, Type.POINTER)),
    (Location.NODE, Type.MASK_ONE),
    (Location.NODE, Type.PERMUTATION_POINTER),
]


@pytest.mark.parametrize(("place", "kind"), KINDS)
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("repredict", ["soft", "hard"])
def test_every_location_and_type_is_an_input_a_hint_and_an_output(
    place: Location, kind: Type, given: bool, repredict: str
) -> None:
    classes = 3 if kind is Type.CATEGORICAL else 0
    spec = AlgorithmSpec(
        (
            Feature("i", Stage.INPUT, place, kind, classes),
            Feature("h", Stage.HINT, place, kind, classes, given=given),
            Feature("o", Stage.OUTPUT, place, kind, classes),
        )
    )
    draws, nodes = drawn(0), 4
    shape = {Location.NODE: (nodes,), Location.EDGE: (nodes, nodes), Location.GRAPH: ()}[place]

    def values(*leading: int) -> Tensor:
        if kind is Type.PERMUTATION_POINTER:
            return torch.tensor([0, 0, 1, 2]).expand(*leading, nodes)
        if kind is Type.SCALAR:
            return torch.randn(*leading, *shape, generator=draws)
        if kind is Type.MASK:
            return torch.randint(-1, 2, (*leading, *shape), generator=draws).float()
        low, high = (-1, 3) if kind is Type.CATEGORICAL else (0, nodes)
        return torch.randint(low, high, (*leading, *(() if kind is Type.MASK_ONE else shape)), generator=draws)

    hints, outputs = values(4, 3), values(3)
    if kind is Type.CATEGORICAL:
        outputs[0] = 0  # a place that is not masked
    batch = TensorBatch(spec, nodes, {"i": values(3)}, {"h": hints}, {"o": outputs}, torch.tensor([4, 2, 4]))
    torch.manual_seed(0)
    net = Net(spec, Mpnn(MpnnConfig(), 16), regime(repredict=repredict), NetConfig(16), drawn(0))
    predictions = net(batch, drawn(1))
    assert ("h" in predictions.hints) is not given
    loss, _ = supervised_loss(predictions, batch)
    loss.backward()
    assert torch.isfinite(loss)
    reached = {name for name, p in net.named_parameters() if p.grad is not None and p.grad.any()}
    for stage in ("input_encoder", "hint_encoder", "output_decoders", *(() if given else ("hint_decoders",))):
        assert any(name.startswith(stage) for name in reached)
    if given:
        net.eval()
        other = dataclasses.replace(batch, hints={"h": torch.cat([hints[:1], hints[1:].roll(1, dims=0)])})
        shown = predictions_differ(net(batch), net(other))
        assert shown is (not torch.equal(other.hints["h"], hints))


def predictions_differ(left: Predictions, right: Predictions) -> bool:
    return any(not torch.equal(left.outputs[name], right.outputs[name]) for name in left.outputs)
