"""Suites are read with every fault told; plans name every estimate, each once, with its state."""

from __future__ import annotations

from pathlib import Path

import pytest

from nar_bench.alignment.run import prepare
from nar_bench.errors import SuiteError, UnknownName

SUITES = ("corollary1", "corollary1-small", "theorem1", "bellman_ford-modules", "samples-needed")
HEAD = 'name = "asked"\nversion = 1\n'
GRID = """[[estimates]]
targets = ["pairwise_sum"]
learners = ["mlp"]
sizes = [2]
eps = [0.25]
delta = [0.1]
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "asked.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_can_be_run_as_a_whole(suite: str, tmp_path: Path) -> None:
    prepared = prepare(suite, tmp_path)
    assert prepared.source.suite.name == suite
    assert [one.reason for one in prepared.planned if one.reason] == []
    ids = [one.estimate.id for one in prepared.planned]
    assert len(set(ids)) == len(ids) > 0


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (HEAD, "at least one table of"),
        (HEAD + GRID.replace("eps = [0.25]", "eps = [0.0]"), "target pairwise_sum: eps is 0.0; it must"),
        (HEAD + GRID.replace("delta = [0.1]", "delta = [1.5]"), "delta is 1.5; it must be above 0 and below 1"),
        (HEAD + GRID.replace("sizes = [2]", "sizes = [1]"), "size is 1; it must be at least 2"),
        (HEAD + GRID.replace('"pairwise_sum"', '"pairwise_sums"'), "Did you mean 'pairwise_sum'"),
        (HEAD + GRID.replace('"mlp"', '"mpl"'), r"estimates\[0\].learners\[0\]: learner 'mpl' is not known"),
        (HEAD + GRID.replace('"mlp"', "{ mlp = { width = 0 } }"), "width: got 0; it must be at least 1"),
        (HEAD + GRID.replace('"mlp"', "{ mlp = {}, gnn = {} }"), "a name is needed, or one table of options"),
        (HEAD + GRID + "search = { smallest = 0 }\n", r"estimates\[0\].search.smallest: got 0"),
        (HEAD + GRID + "sizs = [2]\n", r"estimates\[0\].sizs|estimates.*sizs"),
        (HEAD + GRID.replace("[[estimates]]", "[[modules]]").replace('learners = ["mlp"]\n', "").replace(
            "pairwise_sum", "polynomial"), "target polynomial declares no alignment"),
        (HEAD + '[[algorithms]]\nalgorithms = ["bfs"]\nprocessors = ["mpnn"]\nregimes = ["memory"]\n'
         'sizes = [16]\ndelta = [0.1]\n[train]\nsizes = [4, 8]\n', "got \\[4, 8\\]; one size is needed"),
        ("name = 3", "name"),
        ("=", "no valid TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything_runs(changed: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=says):
        prepare(written(tmp_path, changed), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_suite_is_guessed() -> None:
    with pytest.raises(UnknownName, match="alignment suite 'corolary1' is not known. Did you mean 'corollary1'"):
        prepare("corolary1")


def test_what_cannot_be_learned_is_skipped_with_its_reason(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + GRID.replace("pairwise_sum", "bfs_step").replace('"mlp"', '"mlp", "deep_sets"'))
    skipped = {one.estimate.question.learner.name: one.reason for one in prepare(file, tmp_path / "out").planned}
    assert skipped["mlp"] == ""
    assert "reads no pairs" in skipped["deep_sets"]


def test_options_change_the_identity_and_names_of_suites_do_not(tmp_path: Path) -> None:
    def identity(text: str) -> str:
        (one,) = prepare(written(tmp_path, text), tmp_path / "out").planned
        return one.estimate.id

    usual = identity(HEAD + GRID)
    assert identity('name = "other"\nversion = 7\n' + GRID) == usual
    for other in (
        GRID.replace('"mlp"', "{ mlp = { width = 8 } }"),
        GRID.replace("0.25", "0.2"),
        GRID + "[judge]\nmost = 900\n",
    ):
        assert identity(HEAD + other) != usual


def test_a_network_of_a_claim_stands_once_and_names_its_modules(tmp_path: Path) -> None:
    planned = prepare("bellman_ford-modules", tmp_path).planned
    networks = [one.estimate for one in planned if one.estimate.modules]
    bellman_ford = next(one for one in networks if one.question.what.name == "bellman_ford_step")
    by_id = {one.estimate.id: one.estimate.question for one in planned}
    assert {role: by_id[one].what.name for role, one in bellman_ford.modules.items()} == {
        "message": "path_sum",
        "update": "identity",
    }
    assert bellman_ford.question.config["learner"]["aggregate"] == "min"
