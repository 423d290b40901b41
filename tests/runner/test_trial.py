"""Trials of several algorithms, run: what is shared, what their record holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from runner.test_suite import GOOD, plan_of

from nar_bench.plugin.contracts import Kind
from nar_bench.results.record import Record
from nar_bench.runner.run import Prepared, run_prepared
from nar_bench.runner.trial import build_nets, train_job

SMALL = (
    GOOD.replace('"mpnn", "memory_mpnn"', '"memory_mpnn"')
    .replace("seeds = [0, 1]", "seeds = [0]\ntogether = true")
    .replace("steps = 3", 'steps = 4\nselect = "best"\nvalidate_every = 3\nvalidation_count = 2')
) + "[evaluate.algorithm.insertion_sort]\nsizes = [5]\ncount = 3\n[train.algorithm.insertion_sort]\nsizes = [5, 3]\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, dict[str, Record]]:
    prepared = plan_of(tmp_path_factory.mktemp("suite"), SMALL)
    return prepared, {record.regime: record for record in run_prepared(prepared)}


def test_the_record_has_scores_and_curves_of_every_algorithm(ran: tuple[Prepared, dict[str, Record]]) -> None:
    for record in ran[1].values():
        assert (record.state, record.name) == ("done", "bfs + insertion_sort")
        measured = {(score.algorithm, score.size, score.count) for score in record.scores}
        assert measured == {("bfs", 4, 2), ("bfs", 6, 2), ("insertion_sort", 5, 3)}
        assert record.training is not None
        assert record.training.sizes == {"bfs": [4], "insertion_sort": [5, 3]}
        assert {name: len(curve) for name, curve in record.training.losses.items()} == {"bfs": 4, "insertion_sort": 4}
        steps = {name: [step for step, _ in curve] for name, curve in record.training.validation.items()}
        assert steps == {"bfs": [3, 4], "insertion_sort": [3, 4]}
        assert record.training.selected in (3, 4)
        assert record.training.examples == 4 * 2 * 2


def test_the_memory_contrasts_with_similar_inputs_of_each_algorithm(ran: tuple[Prepared, dict[str, Record]]) -> None:
    record = ran[1]["memory"]
    assert [used.name for used in record.similar_inputs] == ["reweighted_edges", "same_order"]


@pytest.mark.parametrize(
    ("similarity", "options"),
    [("soft_dtw", "projection = 3"), ("bilinear", 'step_weights = "mean"'), ("rbf", "step_weights = [0.5, 1.0]")],
)
def test_a_trial_contrasts_with_every_kind_of_similarity(tmp_path: Path, similarity: str, options: str) -> None:
    text = SMALL.replace('"cosine"', f'"{similarity}"').replace('["hints", "memory"]', '["memory"]')
    text = text.replace("steps = 4", f"steps = 1\n{options}")
    prepared = plan_of(tmp_path, text)
    trial = prepared.planned[0].trial
    algorithms = [prepared.registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    nets = build_nets(trial, algorithms, prepared.registry)
    job, again = (train_job(trial, algorithms, nets, prepared.registry, prepared.store) for _ in range(2))
    assert job.level is prepared.registry.load(Kind.SIMILARITY, similarity).level
    weights = list(job.phi.parameters()) if isinstance(job.phi, torch.nn.Module) else []
    sizes = {"soft_dtw": [(4, 4), (4,), (3, 4), (3,)], "bilinear": [(4, 4)], "rbf": []}[similarity]
    assert [tuple(weight.shape) for weight in weights] == sizes
    same = list(again.phi.parameters()) if isinstance(again.phi, torch.nn.Module) else []
    assert all(map(torch.equal, weights, same))
    (record,) = run_prepared(prepared)
    assert record.state == "done", record.error


def test_a_second_run_does_nothing(ran: tuple[Prepared, dict[str, Record]]) -> None:
    file = ran[0].source.file
    again = plan_of(file.parent, SMALL)
    assert [one.state for one in again.planned] == ["done", "done"]
    assert run_prepared(again) == []


def test_the_processor_is_shared_and_the_rest_is_not(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, SMALL)
    trial = prepared.planned[0].trial
    algorithms = [prepared.registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    first, second = build_nets(trial, algorithms, prepared.registry)
    assert first.processor is second.processor
    shared = set(first.parameters()) & set(second.parameters())
    assert shared == set(first.processor.parameters())
    (alone,) = build_nets(trial, algorithms[:1], prepared.registry)
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), alone.parameters(), strict=True))
