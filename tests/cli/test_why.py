"""`nar-bench why`, and what `nar-bench plan` and `nar-bench results` say of many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.test_main import run
from made_records import content
from runner.test_suite import GOOD

from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.run import prepare

TEXT = GOOD.replace('"mpnn", "memory_mpnn"', '"mpnn"').replace('"hints", "memory"', '"hints"')


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    return file


def keep(trial: Trial, folder: Path) -> None:
    """Write an invented record of a trial."""
    made = {
        **content(1, seed=trial.seed),
        "trial": trial.id,
        "suite": trial.suite.model_dump(),
        "algorithms": [used.model_dump() for used in trial.algorithms],
        "processor": trial.processor.model_dump(),
        "config": trial.config,
    }
    Store(folder).write(Record.model_validate(made))


def test_why_names_the_field_or_says_that_it_is_current(suite: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trial = prepare(suite, folder).planned[0].trial
    keep(trial, folder)
    current = run("why", str(folder), trial.id[:6], "--suite", str(suite))
    assert current.stdout.startswith(f"nothing: it is current ({trial.id}, bfs / mpnn / hints / seed 0, ")
    stale = run("why", str(folder), trial.id, "--suite", str(suite), "--set", "train.steps=7")
    assert f"{trial.id} (bfs / mpnn / hints / seed 0) is stale by: train.steps\n" in stale.stdout
    assert "running it anew: nar-bench run " in stale.stdout
    told = json.loads(
        run("why", str(folder), trial.id, "--suite", str(suite), "--set", "model.hidden=9", "--json").stdout
    )
    assert (told["current"], told["changes"]) == (False, [{"field": "model.hidden", "before": 8, "now": 9}])
    unknown = run("why", str(folder), trial.id)
    assert unknown.returncode == 2
    assert "suite 'small' is not known." in unknown.stderr
    assert "Name the record's suite: --suite FILE." in unknown.stderr
    nobody = run("why", str(folder), "ffff", "--suite", str(suite))
    assert (nobody.returncode, "has no record of the trial ffff" in nobody.stderr) == (2, True)


def test_a_plan_says_what_it_should_cost(suite: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    keep(prepare(suite, folder).planned[0].trial, folder)
    done = run("plan", str(suite), "--out", str(folder))
    assert "4 trials: 1 done, 3 to do\n" in done.stdout
    # One more seed of bfs, by its 2 s for 10 steps; nothing is known of insertion_sort.
    assert (
        "estimate: 1 seconds for 1 of 3 trials to do, one after another; by 1 trial that costs alike (" in done.stdout
    )
    assert (
        f"no estimate for 2 trials to do: none that costs alike is in {folder}. A short probe: --probe" in done.stdout
    )
    told = json.loads(run("plan", str(suite), "--out", str(folder), "--json").stdout)
    assert (told["estimate"]["trials"], told["estimate"]["trials_without"], len(told["trials"])) == (1, 2, 4)
    assert told["estimate"]["seconds"] == pytest.approx(3 * 0.2 + 0.4)


@pytest.mark.parametrize(("seeds", "told"), [(120, "119 to do, 1 done"), (30, "seed")])
def test_a_plan_of_many_has_one_line_for_all_seeds(suite: Path, tmp_path: Path, seeds: int, told: str) -> None:
    suite.write_text(TEXT.replace("[0, 1]", str([*range(seeds - 1), 500])))
    folder = tmp_path / "run"
    keep(prepare(suite, folder).planned[3].trial, folder)
    done = run("plan", str(suite), "--out", str(folder))
    assert f"{2 * seeds} trials: " in done.stdout
    assert ("0-118, 500" in done.stdout) == (seeds == 120)  # more than 200 trials are not told one by one
    assert told in done.stdout
