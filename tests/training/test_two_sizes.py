"""Similar inputs of another size: a forward pass of their own, and one contrastive loss with the originals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training.groups import pairs_of_groups
from training.test_contrastive import dot
from training.test_joint import tasks_of, trained

import nar_bench
from nar_bench.data.random import Stream
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind, SimilarInput
from nar_bench.plugin.registry import registry
from nar_bench.training import objective
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.contrastive import contrastive_trajectory_loss
from nar_bench.training.loop import Progress, Task, TrainJob, train
from nar_bench.training.objective import Objective
from nar_bench.training.pairs import Inputs, dissimilar_pairs, similar_pairs
from nar_bench.training.similar import similar_to, with_similar
from nar_bench.training.two_sizes import TwoSizes


def similar_input(name: str) -> SimilarInput:
    found: SimilarInput = registry().load(Kind.SIMILAR_INPUT, name)
    return found


def test_similar_runs_of_as_many_nodes_are_those_of_one_batch_of_both() -> None:
    algorithm, similar = nar_bench.algorithm("bfs"), similar_input("reweighted_edges")
    batch = nar_bench.generate("bfs", 6, 3, 0)
    both, others = (make(algorithm, batch, similar, 5, 9) for make in (with_similar, similar_to))
    expected = both.select(np.arange(3, 6))
    for one, other in ((expected.inputs, others.inputs), (expected.hints, others.hints)):
        assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("contrasted", [False, True])
def test_two_batches_of_one_size_have_the_loss_and_gradients_of_one_batch(reduction: str, contrasted: bool) -> None:
    (task,) = tasks_of("bfs", reduction=reduction, contrastive_weight=0.7)
    assert task.similar is not None
    batch = nar_bench.generate("bfs", 6, 3, 0)
    whole = with_similar(task.algorithm, batch, task.similar, 5, 0)
    halves = [to_tensors(whole.select(np.arange(start, start + 3))) for start in (0, 3)]
    pairs = pairs_of_groups(torch.arange(3).repeat(2)) if contrasted else None
    measure = Objective(task.net, task.config, dot)
    expected = measure(to_tensors(whole), torch.Generator(), pairs)
    found = TwoSizes(measure, task.config)(halves, torch.Generator(), pairs)
    assert found.loss.item() == pytest.approx(expected.loss.item(), rel=1e-5)
    assert set(found.parts) == set(expected.parts) == {"output/pi", *(("contrastive",) if contrasted else ())}
    for name, part in found.parts.items():
        assert part.item() == pytest.approx(expected.parts[name].item(), rel=1e-5)
    for one, other in zip(found.gradients, expected.gradients, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_a_twin_is_paired_input_by_input_and_all_others_are_not_similar(count: int) -> None:
    batch = nar_bench.generate("bfs", 5, count, 0)
    others = similar_to(nar_bench.algorithm("bfs"), batch, similar_input("appended_component"), 1, 0)
    parts = [Inputs("bfs", batch, paired=False), Inputs("bfs", others, paired=False, twin=True)]
    expected = pairs_of_groups(torch.arange(count).repeat(2))
    similar = similar_pairs(parts, ContrastConfig())
    assert np.array_equal(similar, expected.positive.numpy())
    assert np.array_equal(dissimilar_pairs(parts, similar, ContrastConfig(), Stream(0)), expected.negative.numpy())
    assert not similar_pairs(parts, ContrastConfig(("close_trajectory",))).any()


def grown(algorithm: str, name: str, **config: Any) -> Task:
    (task,) = tasks_of(algorithm, similar=False, sizes=(5,), **config)
    return Task(task.algorithm, task.net, task.config, task.shift, similar_input(name))


def test_inputs_of_two_sizes_are_trained_on_and_contrasted_on_the_steps_that_both_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor, float]] = []

    def spied(ideas: torch.Tensor, steps: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
        loss = contrastive_trajectory_loss(ideas, steps, *rest, **options)
        seen.append((ideas.detach(), steps, loss.item()))
        return loss

    monkeypatch.setattr(objective, "contrastive_trajectory_loss", spied)
    told: list[Progress] = []
    result = trained([grown("insertion_sort", "appended_keys", steps=3)], told, phi=dot)
    # 5 keys and 6: an insertion sort of n keys has n hints, and so makes n - 1 steps.
    assert [steps.tolist() for _, steps, _ in seen] == [[4, 4, 4, 5, 5, 5]] * 3
    assert result.examples == 9
    ideas, steps, loss = seen[0]
    rows = [one[:made] for one, made in zip(ideas, steps.tolist(), strict=True)]
    s = [[(x[: len(y)] * y[: len(x)]).sum() for y in rows] for x in rows]
    expected = 0.0
    for x in range(6):
        others = sum(s[x][y].exp() for y in range(6) if y % 3 != x % 3)
        expected -= torch.log(s[x][(x + 3) % 6].exp() / (s[x][(x + 3) % 6].exp() + others)).item()
    assert loss == pytest.approx(expected / 6, rel=1e-4)
    assert told[0].parts["insertion_sort"]["contrastive"] == pytest.approx(loss)


def test_they_can_be_trained_on_without_being_contrasted() -> None:
    told: list[Progress] = []
    with_them = trained([grown("bfs", "appended_component", contrastive_weight=0.0)], told, phi=dot)
    assert set(told[0].parts["bfs"]) == {"output/pi"}
    (alone,) = tasks_of("bfs", similar=False, sizes=(5,), contrastive_weight=0.0)
    assert with_them.losses != trained([alone], phi=dot).losses


def test_a_run_on_two_sizes_resumes_to_the_same_result(tmp_path: Path) -> None:
    def task() -> list[Task]:
        return [grown("bfs", "appended_component", steps=4, checkpoint_every=2)]

    def stop(at: Progress) -> None:
        if at.step == 3:
            raise KeyboardInterrupt

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole = trained(task(), phi=dot)
        with pytest.raises(KeyboardInterrupt):
            train(TrainJob(task(), 7, checkpoint=tmp_path / "c.pt", phi=dot), stop)
        again = trained(task(), checkpoint=tmp_path / "c.pt", phi=dot)
    finally:
        torch.set_num_threads(threads)
    assert again.resumed_from == 2
    assert again.losses == whole.losses
