"""The bookkeeping of recorded steps, with a recorder that plays back by running the same work on the same memory."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable

import pytest
import torch
from training.devices import batch_of, measure, net_of
from training.groups import pairs_of_groups

from nar_bench.model.noise import Noise
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import TensorBatch
from nar_bench.training import recording
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import Pairs
from nar_bench.training.objective import Measured, Objective
from nar_bench.training.recording import RecordedSteps, Work


def all_of(measured: Measured) -> list[torch.Tensor]:
    return [
        measured.loss,
        *measured.parts.values(),
        *(gradient for gradient in measured.gradients if gradient is not None),
    ]


def copy_of(measured: Measured) -> Measured:
    gradients = tuple(None if one is None else one.clone() for one in measured.gradients)
    return Measured(measured.loss.clone(), {name: one.clone() for name, one in measured.parts.items()}, gradients)


class Again:
    """A recorder that needs no GPU. A replay takes nothing from its caller, so all it reads has to lie in place."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def warm_up(self, work: Work) -> Measured:
        for _ in range(3):
            done = work()
        return done

    def record(self, work: Work) -> tuple[Measured, Callable[[], object]]:
        self.recorded += 1
        result = copy_of(work())

        def replay() -> None:
            self.replayed += 1
            for place, new in zip(all_of(result), all_of(work()), strict=True):
                place.copy_(new)

        return result, replay


class Wrong(Again):
    """Its recordings do not repeat what was recorded."""

    def record(self, work: Work) -> tuple[Measured, Callable[[], object]]:
        result, _ = super().record(work)
        return result, result.loss.zero_


class Unable(Again):
    """It cannot record."""

    def record(self, work: Work) -> tuple[Measured, Callable[[], object]]:
        work()
        raise RuntimeError("operation not permitted when stream is capturing\nCompile with TORCH_USE_CUDA_DSA")


def objective() -> Objective:
    """One that draws noise: on permutations, and for dropout."""
    return Objective(net_of("mpnn", "insertion_sort", dropout=0.3), TrainConfig())


BATCHES = [(size, seed) for seed in range(4) for size in (3, 4)]


def losses(measure: Callable[[TensorBatch, torch.Generator], Measured]) -> list[list[torch.Tensor]]:
    """Measure several batches of two shapes in turn, with noise from one generator."""
    noise = torch.Generator().manual_seed(0)
    batches = [batch_of("insertion_sort", size=size, seed=seed) for size, seed in BATCHES]
    return [all_of(copy_of(measure(batch, noise))) for batch in batches]


def assert_same(got: list[list[torch.Tensor]], expected: list[list[torch.Tensor]]) -> None:
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_recorded_steps_are_those_of_the_plain_objective_noise_included() -> None:
    recorder = Again()
    assert_same(losses(RecordedSteps(objective(), recorder)), losses(objective()))
    # Of four batches of a shape the first is only measured, the second recorded, and the rest is played.
    assert (recorder.recorded, recorder.replayed) == (2, 2 * (1 + 2))


def test_weights_that_change_are_seen() -> None:
    plain = objective()
    steps = RecordedSteps(plain, Again())
    batch = batch_of("insertion_sort")
    for _ in range(3):
        before = steps(batch, torch.Generator().manual_seed(0)).loss.clone()
    with torch.no_grad():
        plain.parameters[0].add_(1.0)
    assert steps(batch, torch.Generator().manual_seed(0)).loss != before


def test_batches_that_differ_only_in_their_steps_are_recorded_apart() -> None:
    """Where the longest run of a batch is shorter than another's, less steps are made."""
    net = net_of("mpnn", "bfs", REGIMES["no_hints"])
    batches = [dataclasses.replace(batch_of("bfs", size=6, seed=seed), hints={}) for seed in range(6)]
    assert len({batch.steps for batch in batches}) > 1
    recorder = Again()
    steps = RecordedSteps(Objective(net, TrainConfig()), recorder)
    noise = torch.Generator()
    for batch in [*batches, *batches]:
        torch.testing.assert_close(steps(batch, noise).loss, measure(net, batch).loss, rtol=0, atol=0)
    assert recorder.recorded == len({batch.steps for batch in batches})


def test_no_more_shapes_are_recorded_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_MOST", 1)
    recorder = Again()
    assert_same(losses(RecordedSteps(objective(), recorder)), losses(objective()))
    assert recorder.recorded == 1


@pytest.mark.parametrize(
    ("recorder", "says"),
    [
        (Unable(), "operation not permitted when stream is capturing$"),
        (Wrong(), "a recording is .* away from a result"),
    ],
)
def test_what_cannot_be_recorded_is_measured_as_ever_and_that_is_said_once(
    recorder: Again, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "nar_bench"):
        assert_same(losses(RecordedSteps(objective(), recorder)), losses(objective()))
    assert recorder.recorded <= 1
    (message,) = caplog.messages
    assert message.startswith("training steps are launched kernel by kernel, for they could not be recorded: ")
    assert re.search(says, message)


def test_an_error_of_the_work_itself_is_not_hidden(caplog: pytest.LogCaptureFixture) -> None:
    calls = 0

    def breaking(batch: TensorBatch, noise: Noise, pairs: Pairs | None = None) -> Measured:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise RuntimeError("out of memory")
        return objective()(batch, noise)

    steps, batch, noise = RecordedSteps(breaking, Again()), batch_of("insertion_sort"), torch.Generator()
    steps(batch, noise)
    with pytest.raises(RuntimeError, match="out of memory"):
        steps(batch, noise)


def test_the_pairs_that_are_contrasted_are_not_those_of_the_recording() -> None:
    """They lie in the memory that a recording reads, like the batch."""

    def phi(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a * b).sum(-1)

    net, batch = net_of("memory_mpnn", "bfs", REGIMES["memory"]), batch_of("bfs", count=4)
    plain = Objective(net, TrainConfig(), phi)
    steps = RecordedSteps(plain, Again())
    groups = [[0, 1, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0]]
    found = []
    for one in groups:
        pairs = pairs_of_groups(torch.tensor(one))
        found.append(copy_of(steps(batch, torch.Generator().manual_seed(0), pairs)))
        torch.testing.assert_close(found[-1].loss, plain(batch, torch.Generator().manual_seed(0), pairs).loss)
    assert len({one.loss.item() for one in found}) == 3
