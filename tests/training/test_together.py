"""Several algorithms with one processor: who is updated when, against a plain loop written out for this test."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Sequence

import pytest
import torch
from training.test_loop import tasks_of

from nar_bench.data.random import derive_seed
from nar_bench.model.tensors import TensorBatch, to_tensors
from nar_bench.training.data import TrainingData
from nar_bench.training.loop import Task, TrainJob, train
from nar_bench.training.losses import supervised_loss
from nar_bench.trajectory import Batch

# Some of bfs's gradients are zero but for rounding, and Adam makes long steps of those.
ALGORITHMS = ("insertion_sort", "activity_selector", "minimum")
SEED = 5
Named = dict[str, torch.Tensor]


def double(batch: Batch, device: torch.device | str = "cpu") -> TensorBatch:
    def all_of(columns: Named) -> Named:
        return {name: one.double() if one.is_floating_point() else one for name, one in columns.items()}

    made = to_tensors(batch, device)
    return dataclasses.replace(made, inputs=all_of(made.inputs), hints=all_of(made.hints), outputs=all_of(made.outputs))


@pytest.fixture
def in_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Adam makes a step of full length of a gradient that is rounding noise, so single precision would not do."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr("nar_bench.model.net.to_tensors", double)
    yield
    torch.set_default_dtype(torch.float32)


def plain(tasks: Sequence[Task], *, average: bool) -> tuple[Named, dict[str, list[float]]]:
    """Train with Adam's formulas on dictionaries of numbers; the nets only compute losses.

    The names are "processor.<name>" for what is shared and "<algorithm>.<name>" for the rest.
    """
    config = tasks[0].config
    noise = torch.Generator().manual_seed(derive_seed(SEED, "noise"))
    values: Named = {}
    for task in tasks:
        for name, parameter in task.net.named_parameters():
            values.setdefault(full(task, name), parameter.detach().clone())
    first = {name: torch.zeros_like(value) for name, value in values.items()}
    second = {name: torch.zeros_like(value) for name, value in values.items()}
    losses: dict[str, list[float]] = {task.algorithm.name: [] for task in tasks}
    count = 0

    def update(gradients: Named) -> None:
        nonlocal count
        count += 1
        norm = torch.sqrt(sum((g**2).sum() for g in gradients.values()))
        for name, gradient in gradients.items():
            g = gradient * min(1.0, config.clip_norm / (float(norm) + 1e-6))
            first[name] = 0.9 * first[name] + 0.1 * g
            second[name] = 0.999 * second[name] + 0.001 * g**2
            m, v = first[name] / (1 - 0.9**count), second[name] / (1 - 0.999**count)
            values[name] = values[name] - config.learning_rate * m / (v.sqrt() + 1e-8)

    for step in range(config.steps):
        gathered: list[Named] = []
        for task in tasks:
            with torch.no_grad():
                for name, parameter in task.net.named_parameters():
                    parameter.copy_(values[full(task, name)])
            batch = double(TrainingData(task.algorithm, config, SEED, task.shift).batch(step))
            loss, _ = supervised_loss(task.net(batch, noise), batch)
            task.net.zero_grad()
            loss.backward()
            losses[task.algorithm.name].append(loss.item())
            own = {full(task, n): p.grad.clone() for n, p in task.net.named_parameters() if p.grad is not None}
            if average:
                gathered.append(own)
            else:
                update(own)
        if average:
            names = {name: None for one in gathered for name in one}
            found = {name: [one[name] for one in gathered if name in one] for name in names}
            update({name: torch.stack(several).mean(dim=0) for name, several in found.items()})
    return values, losses


def full(task: Task, name: str) -> str:
    return name if name.startswith("processor.") else f"{task.algorithm.name}.{name}"


@pytest.mark.parametrize("update", ["alternate", "average"])
@pytest.mark.usefixtures("in_double")
def test_training_is_that_of_the_plain_loop(update: str) -> None:
    tasks = tasks_of(*ALGORITHMS, update=update, learning_rate=1e-2, sizes=(3, 4))
    expected, losses = plain(copy.deepcopy(tasks), average=update == "average")
    result = train(TrainJob(tasks, SEED))
    assert {name: [loss for _, loss in curve] for name, curve in result.losses.items()} == {
        name: pytest.approx(curve, abs=1e-8) for name, curve in losses.items()
    }
    for task in tasks:
        for name, parameter in task.net.named_parameters():
            torch.testing.assert_close(parameter.detach(), expected[full(task, name)], rtol=0, atol=1e-8)


def test_the_two_ways_differ() -> None:
    ends = []
    for update in ("alternate", "average"):
        tasks = tasks_of(*ALGORITHMS, update=update, learning_rate=1e-2)
        train(TrainJob(tasks, SEED))
        ends.append(torch.cat([parameter.detach().flatten() for parameter in tasks[0].net.processor.parameters()]))
    assert (ends[0] - ends[1]).abs().max() > 1e-3


@pytest.mark.parametrize("update", ["alternate", "average"])
@pytest.mark.parametrize("algorithm", ["insertion_sort", "bfs"])
def test_one_algorithm_alone_is_trained_by_plain_adam_bit_for_bit(algorithm: str, update: str) -> None:
    (task,) = tasks_of(algorithm, update=update, steps=6)
    net, config = copy.deepcopy(task.net), task.config
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate, fused=True)
    noise = torch.Generator().manual_seed(derive_seed(SEED, "noise"))
    for step in range(config.steps):
        batch = to_tensors(TrainingData(task.algorithm, config, SEED, {}).batch(step))
        loss, _ = supervised_loss(net(batch, noise), batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), config.clip_norm)
        optimizer.step()
    train(TrainJob([task], SEED))
    for (name, got), expected in zip(task.net.named_parameters(), net.parameters(), strict=True):
        assert torch.equal(got, expected), name


def test_every_algorithm_sees_the_samples_that_it_would_see_alone() -> None:
    """The first losses of the first algorithm are those of a trial of its own; nothing was updated before."""
    alone = train(TrainJob(tasks_of("bfs", steps=1), SEED)).losses["bfs"]
    assert train(TrainJob(tasks_of("bfs", "minimum", steps=1), SEED)).losses["bfs"] == alone


def test_gradients_are_clipped_unless_they_are_not_to_be() -> None:
    ends = {}
    for clip in (0.0, 1e-9, 1e9):
        (task,) = tasks_of("bfs", clip_norm=clip, steps=1)
        before = torch.cat([p.detach().flatten() for p in task.net.parameters()])
        train(TrainJob([task], SEED))
        ends[clip] = torch.cat([p.detach().flatten() for p in task.net.parameters()]) - before
    assert torch.equal(ends[0.0], ends[1e9])
    assert ends[1e-9].abs().max() < 0.6 * ends[0.0].abs().max()
