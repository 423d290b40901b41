"""Training by pairs that are chosen: the objective of several algorithms, hard negatives, and what was there before."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from training.groups import pairs_of_groups
from training.test_contrastive import dot

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training import loop, objective
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.contrastive import Pairs, contrastive_trajectory_loss
from nar_bench.training.joint import JointObjective
from nar_bench.training.loop import Progress, Task, TrainJob, TrainResult, train
from nar_bench.training.losses import supervised_loss
from nar_bench.training.objective import Objective
from nar_bench.training.similar import with_similar

SIMILAR = {"insertion_sort": "same_order", "bfs": "reweighted_edges", "dfs": "reweighted_edges"}


def tasks_of(
    *names: str, regime: Regime = REGIMES["memory"], similar: bool = True, processor: str = "memory_mpnn", **config: Any
) -> list[Task]:
    """Nets of width 8 around one processor, all from one seed."""
    described = registry().load(Kind.PROCESSOR, processor)
    torch.manual_seed(3)
    options = described.config(idea_size=4) if described.writes_ideas else described.config()
    module, generator = described.build(options, 8), torch.Generator().manual_seed(3)
    train_config = TrainConfig(**{"steps": 4, "batch": 3, "sizes": (3, 5), **config})
    tasks = []
    for name in names:
        made = nar_bench.algorithm(name)
        net = Net(made.spec, module, regime, NetConfig(hidden=8), generator)
        alike = registry().load(Kind.SIMILAR_INPUT, SIMILAR[name]) if similar else None
        tasks.append(Task(made, net, train_config, made.training, alike))
    return tasks


def trained(tasks: Sequence[Task], seen: list[Progress] | None = None, **job: Any) -> TrainResult:
    return train(TrainJob(tasks, 7, **job), (lambda at: None) if seen is None else seen.append)


def losses_of(result: TrainResult) -> dict[str, list[float]]:
    return {name: [loss for _, loss in curve] for name, curve in result.losses.items()}


@pytest.mark.parametrize(
    ("names", "update", "expected"),
    [
        (("bfs",), "alternate", {"bfs": (1.008569717, 1.324823260, 1.359387875, 1.415860415)}),
        (
            ("insertion_sort", "bfs"),
            "alternate",
            {
                "insertion_sort": (3.343728781, 13.67103958, 4.732161045, 13.63492870),
                "bfs": (1.586404085, 2.128146172, 1.363200188, 2.005535126),
            },
        ),
        (
            ("insertion_sort", "bfs"),
            "average",
            {
                "insertion_sort": (3.343728781, 13.68200874, 4.730834961, 13.60298824),
                "bfs": (1.581088543, 2.124634981, 1.364589810, 2.007019043),
            },
        ),
    ],
)
def test_the_defaults_train_as_before_pairs_could_be_chosen(
    names: tuple[str, ...], update: str, expected: dict[str, tuple[float, ...]]
) -> None:
    """Losses of the version in which a batch was always contrasted as originals and their similar inputs.

    Adam's first steps are as long where a gradient is next to nothing, so sums that round otherwise move the fourth.
    """
    found = losses_of(trained(tasks_of(*names, update=update), phi=dot))
    assert found == {name: pytest.approx(curve, rel=5e-4) for name, curve in expected.items()}


def batches_of(tasks: Sequence[Task], sizes: Sequence[int] = (7, 5)) -> list[Any]:
    made = []
    for task, size in zip(tasks, sizes, strict=True):
        assert task.similar is not None
        batch = nar_bench.generate(task.algorithm.name, size, 2, 0)
        made.append(to_tensors(with_similar(task.algorithm, batch, task.similar, 1, 0)))
    return made


def test_one_loss_is_of_the_ideas_of_both_algorithms_worked_out_without_padding() -> None:
    """Ideas are taken out one by one, and s is summed over the steps that both runs have."""
    tasks = tasks_of("bfs", "insertion_sort", reduction="sum", contrastive_weight=0.5)
    batches = batches_of(tasks)
    generator = torch.Generator().manual_seed(1)
    positive = torch.rand(8, 8, generator=generator) < 0.3
    positive = (positive | positive.T) & ~torch.eye(8, dtype=torch.bool)
    pairs = Pairs(positive, ~positive & ~torch.eye(8, dtype=torch.bool))
    noise = torch.Generator().manual_seed(0)
    joint = JointObjective([Objective(task.net, task.config, dot) for task in tasks], tasks[0].config)
    first, second = joint(batches, noise, pairs)
    noise = torch.Generator().manual_seed(0)
    predictions = [task.net(batch, noise) for task, batch in zip(tasks, batches, strict=True)]
    rows = [one.ideas[row, : one.steps[row]] for one in predictions for row in range(4)]
    assert len({len(row) for row in rows}) > 1
    s = torch.stack([torch.stack([(x[: len(y)] * y[: len(x)]).sum() for y in rows]) for x in rows])
    expected = torch.zeros(())
    for x in range(8):
        others = s[x][pairs.negative[x]].exp().sum()
        for y in positive[x].nonzero()[:, 0]:
            expected = expected - torch.log(s[x, y].exp() / (s[x, y].exp() + others))
    assert first.parts["contrastive"].item() == pytest.approx(expected.item(), rel=1e-4)
    supervised = [supervised_loss(one, batch)[0] for one, batch in zip(predictions, batches, strict=True)]
    for measured, own in zip((first, second), supervised, strict=True):
        assert measured.loss.item() == pytest.approx((own + 0.5 * expected).item(), rel=1e-4)
    total = sum(supervised) + 0.5 * expected
    for task, measured in zip(tasks, (first, second), strict=True):
        shared = set(task.net.processor.parameters())
        parameters = [p for p in task.net.parameters() if p.requires_grad]
        for parameter, got, want in zip(
            parameters,
            measured.gradients,
            torch.autograd.grad(total, parameters, allow_unused=True, retain_graph=True),
            strict=True,
        ):
            if want is None:
                assert got is None
            else:
                torch.testing.assert_close(got, want / 2 if parameter in shared else want, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_pairs_that_cross_nothing_pull_as_in_losses_of_their_own(reduction: str) -> None:
    """Where every algorithm has as many pairs, the update is the average one without `across`."""
    tasks = tasks_of("dfs", "insertion_sort", reduction=reduction, contrastive_weight=2.0)
    batches, pairs = batches_of(tasks), pairs_of_groups(torch.tensor([0, 1, 0, 1]))
    assert min(batch.steps for batch in batches) > 1  # nothing is read in a single step, so what reads has no gradient
    objectives = [Objective(task.net, task.config, dot) for task in tasks]
    noise = torch.Generator().manual_seed(0)
    alone = [one(batch, noise, pairs) for one, batch in zip(objectives, batches, strict=True)]
    none = torch.zeros(4, 4, dtype=torch.bool)
    blocks = Pairs(*(torch.cat([torch.cat([m, none], 1), torch.cat([none, m], 1)]) for m in pairs))
    together = JointObjective(objectives, tasks[0].config)(batches, torch.Generator().manual_seed(0), blocks)

    def average(measured: Any) -> dict[Any, torch.Tensor]:
        found: dict[Any, list[torch.Tensor]] = {}
        for one, of in zip(measured, objectives, strict=True):
            for parameter, gradient in zip(of.parameters, one.gradients, strict=True):
                if gradient is not None:
                    found.setdefault(parameter, []).append(gradient)
        return {parameter: torch.stack(several).mean(dim=0) for parameter, several in found.items()}

    expected, got = average(alone), average(together)
    assert set(expected) == set(got)
    for parameter, gradient in expected.items():
        torch.testing.assert_close(got[parameter], gradient, rtol=1e-3, atol=1e-5)


def test_a_run_by_the_most_similar_ideas_works_out_s_once_and_keeps_so_many_negatives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scored, hardest = [], []

    def counted(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        scored.append((a * b).sum(-1))
        return scored[-1]

    def spied(*arguments: Any, **options: Any) -> torch.Tensor:
        hardest.append(options["hardest"])
        return contrastive_trajectory_loss(*arguments, **options)

    monkeypatch.setattr(objective, "contrastive_trajectory_loss", spied)
    contrast = ContrastConfig(negatives="similar_ideas", negative_count=2)
    trained(tasks_of("bfs", steps=2, batch=4), phi=counted, contrast=contrast)
    assert (len(scored), hardest) == (2, [2, 2])
    trained(tasks_of("bfs", steps=1, batch=4), phi=counted)
    assert hardest[2:] == [0]


def test_the_network_is_not_shown_the_hints_that_close_trajectories_are_found_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other hints in the tensors change nothing; they would, were they read."""
    contrast = ContrastConfig(("close_trajectory",), close_within=0.5)
    plain = trained(tasks_of("bfs", "insertion_sort"), phi=dot, contrast=contrast)

    def without_hints(batch: Any, device: Any) -> Any:
        made = to_tensors(batch, device)
        return dataclasses.replace(made, hints={name: torch.zeros_like(one) for name, one in made.hints.items()})

    monkeypatch.setattr("nar_bench.model.net.to_tensors", without_hints)
    assert trained(tasks_of("bfs", "insertion_sort"), phi=dot, contrast=contrast).losses == plain.losses


@pytest.mark.parametrize("processor", ["mpnn", "memory_mpnn"])
def test_similar_inputs_can_be_trained_on_without_being_contrasted(processor: str) -> None:
    seen: list[Progress] = []
    regime = dataclasses.replace(REGIMES["no_hints"], augment=True)
    augmented = trained(tasks_of("bfs", regime=regime, processor=processor), seen)
    assert set(seen[0].parts["bfs"]) == {"output/pi"}
    assert augmented.losses != trained(tasks_of("bfs", regime=regime, processor=processor, similar=False)).losses


def test_a_weight_of_zero_computes_no_contrastive_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: Any, **options: Any) -> torch.Tensor:
        raise AssertionError("computed")

    monkeypatch.setattr(objective, "contrastive_trajectory_loss", never)
    monkeypatch.setattr(loop, "similar_pairs", never)
    free = trained(tasks_of("bfs", contrastive_weight=0.0), phi=dot)
    # The control: the same batches without a loss of ideas at all.
    assert free.losses == trained(tasks_of("bfs", regime=REGIMES["no_hints"])).losses
    with pytest.raises(AssertionError, match="computed"):
        trained(tasks_of("bfs"), phi=dot)


ACROSS = ContrastConfig(("similar_input", "related_algorithm"), related=(("bfs", "dfs"),), across=True)


@pytest.mark.parametrize(
    "contrast",
    [
        ACROSS,
        dataclasses.replace(ACROSS, negatives="random", negative_count=2),
        dataclasses.replace(ACROSS, positives=("similar_input", "close_trajectory"), close_count=1, close_within=1.0),
    ],
)
def test_a_stopped_run_across_algorithms_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, contrast: ContrastConfig
) -> None:
    def made() -> list[Task]:
        return tasks_of("bfs", "insertion_sort", "dfs", update="average", steps=5, checkpoint_every=2)

    def stop(at: Progress) -> None:
        if at.step == 3:
            raise KeyboardInterrupt

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, stopped, resumed = made(), made(), made()
        uninterrupted = trained(whole, phi=dot, contrast=contrast)
        with pytest.raises(KeyboardInterrupt):
            train(TrainJob(stopped, 7, checkpoint=tmp_path / "c.pt", phi=dot, contrast=contrast), stop)
        again = trained(resumed, checkpoint=tmp_path / "c.pt", phi=dot, contrast=contrast)
    finally:
        torch.set_num_threads(threads)
    assert again.resumed_from == 2
    assert again.losses == uninterrupted.losses
    for one, other in zip(whole, resumed, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.net.parameters(), other.net.parameters(), strict=True))


def test_across_changes_what_is_learned_and_tells_one_contrastive_loss_of_all() -> None:
    seen: list[Progress] = []
    related = trained(tasks_of("bfs", "dfs", update="average"), seen, phi=dot, contrast=ACROSS)
    unrelated = dataclasses.replace(ACROSS, positives=("similar_input",))
    assert related.losses != trained(tasks_of("bfs", "dfs", update="average"), phi=dot, contrast=unrelated).losses
    for at in seen:
        assert at.parts["bfs"]["contrastive"] == at.parts["dfs"]["contrastive"]


def test_the_objective_of_all_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    monkeypatch.setattr(loop, "JointObjective", lambda *given: built.append(given) or JointObjective(*given))
    trained(tasks_of("bfs", "dfs", update="average", steps=3), phi=dot, contrast=ACROSS)
    assert len(built) == 1
    trained(tasks_of("bfs", "dfs", update="average", steps=1), phi=dot)
    assert len(built) == 1  # none where every algorithm has a loss of its own
