"""The suites of sparse graphs say what their comments do."""

from __future__ import annotations

from pathlib import Path

import pytest

import nar_bench
from nar_bench.runner.expansion import Trial
from nar_bench.runner.plan import State
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.runner.trial import points_of

REDUCED = (
    "train.steps=4",
    "train.batch=2",
    "train.count=4",
    "train.validate_every=2",
    "train.validation_count=2",
    "model.hidden=8",
    "evaluate.count=2",
)


def trials_of(name: str, tmp_path: Path) -> list[Trial]:
    planned = prepare(name, tmp_path / "run").planned
    assert {one.state for one in planned} == {State.TODO}
    return [one.trial for one in planned]


@pytest.mark.parametrize(("name", "count"), [("salsa", 108), ("salsa-large", 27)])
def test_every_trial_can_be_run(name: str, count: int, tmp_path: Path) -> None:
    assert len(trials_of(name, tmp_path)) == count


def test_salsa_has_the_published_sizes_families_and_counts(tmp_path: Path) -> None:
    for trial in trials_of("salsa", tmp_path):
        train, evaluate = trial.config["train"], trial.config["evaluate"]
        assert (train["sizes"], train["count"], train["batch"]) == ([4, 7, 11, 13, 16], 2000, 8)
        assert len(train["sizes"]) * train["count"] == 10_000
        assert train["steps"] * train["batch"] == 100 * 10_000  # a hundred epochs
        assert (evaluate["sizes"], evaluate["count"]) == ([16, 80, 160, 800, 1600], 1000)
        points = points_of(nar_bench.algorithm(trial.algorithms[0].id), trial.config).values()
        families = [point["family"] for point in points]
        assert families == ["erdos_renyi", "watts_strogatz", "delaunay"]
        densities = trial.config["algorithms"][trial.name]["train_shift"]["p"]
        assert (densities[0], densities[-1]) == (0.1733, 0.5199)


@pytest.mark.slow
def test_a_reduced_run_ends_with_scores_of_nodes_and_graphs(tmp_path: Path) -> None:
    overrides = (*REDUCED, "evaluate.sizes=[16, 80]")
    only = ("eccentricity", "sparse_bfs", "fast_mis", "pgn")
    records = run_prepared(prepare("salsa", tmp_path / "run", overrides, only))
    assert len(records) == 18
    outputs = {"eccentricity": "eccentricity", "sparse_bfs": "pi", "fast_mis": "inmis"}
    for record in records:
        assert record.state == "done", record.error
        assert f"graph_accuracy/{outputs[record.algorithms[0].name]}" in {score.metric for score in record.scores}
        assert {(score.size, score.point) for score in record.scores} == {
            (size, point) for size in (16, 80) for point in ("own", "watts_strogatz", "delaunay")
        }
