"""Suites: every fault at once, with its place and a suggestion, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nar_bench.errors import SuiteError, UnknownName
from nar_bench.runner.run import Prepared, prepare

GOOD = """
name = "small"
version = 1
[[trials]]
algorithms = ["bfs", "insertion_sort"]
processors = ["mpnn", "memory_mpnn"]
regimes = ["hints", "memory"]
similarity = "cosine"
seeds = [0, 1]
[model]
hidden = 8
[processor.memory_mpnn]
idea_size = 4
[train]
steps = 3
batch = 2
sizes = [4]
[train.shift.bfs]
p = [0.3, 0.5]
[evaluate]
sizes = [4, 6]
count = 2
"""


def plan_of(tmp_path: Path, text: str = GOOD, **options: object) -> Prepared:
    file = tmp_path / "small.toml"
    file.write_text(text)
    return prepare(file, tmp_path / "out", **options)  # type: ignore[arg-type]


def faults_of(tmp_path: Path, text: str, **options: object) -> str:
    with pytest.raises(SuiteError) as caught:
        plan_of(tmp_path, text, **options)
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def test_a_grid_is_expanded_and_what_cannot_run_is_skipped_with_its_reason(tmp_path: Path) -> None:
    planned = plan_of(tmp_path).planned
    assert len(planned) == 2 * 2 * 2 * 2
    skipped = [one for one in planned if one.state == "skipped"]
    assert {(one.trial.processor.name, one.trial.regime) for one in skipped} == {("mpnn", "memory")}
    assert {one.reason for one in skipped} == {"mpnn writes no ideas, which the regime memory contrasts"}
    memory = next(one.trial for one in planned if one.trial.regime == "memory" and one.state == "to do")
    assert memory.similarity is not None
    assert [used.name for used in memory.similar_inputs] == ["reweighted_edges"]
    assert memory.config["processor"] == {"idea_size": 4, "heads": 1, "layer_norm": True}
    assert memory.config["algorithms"]["bfs"]["train_shift"] == {"p": [0.3, 0.5], "positions": "random"}


def test_every_fault_is_told_at_once_with_its_place_and_a_suggestion(tmp_path: Path) -> None:
    text = (
        GOOD.replace('"bfs", "insertion_sort"', '"bsf", "insertion_sort"')
        .replace('"mpnn", "memory_mpnn"', '"mpn", "memory_mpnn"')
        .replace('"hints", "memory"', '"hint"')
        .replace("seeds = [0, 1]", "seeds = [-1]")
        .replace('"cosine"', '"cosinus"')
        .replace("idea_size = 4", 'idea_size = "4"')
        .replace("steps = 3", "stepz = 3")
        .replace("batch = 2", "batch = 0")
        .replace("sizes = [4]", "sizes = [4.5]")
        .replace("p = [0.3, 0.5]", "q = 0.3")
        .replace("hidden = 8", "hidden = true")
    )
    told = faults_of(tmp_path, text)
    for fault in (
        "trials[0].algorithms[0]: algorithm 'bsf' is not known. Did you mean 'bfs'?",
        "trials[0].processors[0]: processor 'mpn' is not known. Did you mean 'mpnn'?",
        "trials[0].regimes[0]: regime 'hint' is not known. Did you mean 'hints'?",
        "trials[0].seeds[0]: got -1; seeds are from 0 to 2^63 - 1",
        "trials[0].similarity: similarity 'cosinus' is not known. Did you mean 'cosine'?",
        "processor.memory_mpnn.idea_size: got '4'; input should be a valid integer",
        "train.batch: got 0; it must be at least 1",
        "train.stepz: this key is not known. Did you mean 'steps'?",
        "train.sizes[0]: got 4.5; input should be a valid integer",
        "train.shift.bfs.q: bfs has no such shift axis. Known: family, p, positions.",
        "model.hidden: got True; input should be a valid integer",
    ):
        assert fault in told
    assert "small.toml: 11 faults; nothing was run." in told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "small"', "", "name: this key is missing"),
        ('name = "small"', 'name = "Small Suite"', "name: got 'Small Suite'; string should match pattern"),
        ("version = 1", "version = 1\nversionn = 2", "versionn: this key is not known. Did you mean 'version'?"),
        ("seeds = [0, 1]", "seeds = []", "trials[0].seeds: got []; list should have at least 1 item"),
        ("seeds = [0, 1]", "seeds = [0]\nseed = 1", "trials[0].seed: this key is not known. Did you mean 'seeds'?"),
        ('similarity = "cosine"\n', "", "trials[0].similarity: the regime memory needs one of: cosine, dot"),
        ("batch = 2", "batch = 0", "train.batch: got 0; it must be at least 1"),
        ("count = 2", "count = 0", "evaluate.count: got 0; it must be at least 1"),
        ("hidden = 8", "hidden = 0", "model.hidden: got 0; it must be at least 1"),
        ("p = [0.3, 0.5]", "p = 'x'", "train.shift.bfs.p: got 'x'; a number or a list of numbers is needed"),
        ("name = ", "name ", "no valid TOML: Expected '=' after a key in a key/value pair (at line 2"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in faults_of(tmp_path, GOOD.replace(old, new))


def test_a_similar_input_for_another_algorithm_is_skipped_with_its_reason(tmp_path: Path) -> None:
    text = GOOD.replace("seeds", 'similar_inputs = { bfs = "same_order" }\nseeds', 1)
    reasons = {
        one.reason
        for one in plan_of(tmp_path, text).planned
        if one.trial.name == "bfs" and one.trial.regime == "memory"
    }
    assert any(one.startswith("same_order does not hold for bfs, only for bubble_sort, ") for one in reasons)


def test_overrides_are_applied_and_checked_like_the_file(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, overrides=["train.steps=7", "evaluate.sizes=[5]", "model.hidden=16"]).planned
    config = planned[0].trial.config
    assert (config["train"]["steps"], config["evaluate"]["sizes"], config["model"]["hidden"]) == (7, [5], 16)
    assert "train.steps: got 'many'; input should be a valid integer" in faults_of(
        tmp_path, GOOD, overrides=["train.steps=many"]
    )
    for wrong in ("train.steps", "=3", "name.x=3"):
        assert f"--set {wrong}" in faults_of(tmp_path, GOOD, overrides=[wrong])


def test_only_keeps_what_is_named(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, only=["bfs", "hints"]).planned
    assert {(one.trial.name, one.trial.regime) for one in planned} == {("bfs", "hints")}
    assert "--only bsf: suite small has no such name. Did you mean 'bfs'?" in faults_of(tmp_path, GOOD, only=["bsf"])


def test_a_suite_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"nowhere.toml: there is no such file"):
        prepare(tmp_path / "nowhere.toml")
    with pytest.raises(UnknownName, match="suite 'quickstrat' is not known. Did you mean 'quickstart'"):
        prepare("quickstrat")


def test_the_suites_that_we_ship_are_right() -> None:
    assert prepare("quickstart", "/nowhere").planned
