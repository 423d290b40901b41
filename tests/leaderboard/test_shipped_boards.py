"""The boards in the repository: they fit the suites that they are of, and what is generated is of today."""

from __future__ import annotations

import pytest

from nar_bench.leaderboard.definition import README, BoardFolder, find_boards
from nar_bench.leaderboard.load import load_board
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.runner.expansion import expand
from nar_bench.runner.suite import load_suite

BOARDS = {one.definition.name: one for one in find_boards()}


def test_the_first_boards_are_there() -> None:
    assert set(BOARDS) == {"clrs30", "clrs30-lite", "salsa", "memory", "multi-algorithm"}


@pytest.mark.parametrize("folder", BOARDS.values(), ids=BOARDS.keys())
def test_its_submissions_are_taken_and_its_readme_is_of_today(folder: BoardFolder) -> None:
    """Where this fails: nar-bench leaderboard check --write."""
    board = load_board(folder).board
    assert board.refused == ()
    assert [row.why for row in board.rows if row.standing == "impossible"] == []
    assert (folder.path / README).read_text(encoding="utf-8") == to_markdown(board)


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", [one for name, one in BOARDS.items() if name != "salsa"], ids=lambda one: one.definition.name
)
def test_it_asks_for_what_its_suite_plans(folder: BoardFolder) -> None:
    definition, plugins = folder.definition, registry()
    source = load_suite(plugins.find(Kind.SUITE, definition.suite.name).file())
    assert source.suite.version == definition.suite.version
    trials = [trial for trial, why in expand(source, plugins) if not why]
    of_kind = [trial for trial in trials if (len(trial.algorithms) > 1) == definition.together]
    assert {used.name for trial in of_kind for used in trial.algorithms} == set(definition.algorithms)
    assert {trial.seed for trial in of_kind} >= set(definition.seeds)
    for trial in of_kind:
        for used in trial.algorithms:
            own = trial.config["algorithms"][used.name]
            evaluate, train = {**trial.config["evaluate"], **own["evaluate"]}, {**trial.config["train"], **own["train"]}
            assert set(definition.sizes_for(used.name)) <= set(evaluate["sizes"])
            assert (evaluate["count"], evaluate["seed"]) == (definition.count_for(used.name), definition.test.seed)
            assert own["evaluate_shift"] == definition.test.shift_of.get(used.name, {})
            assert max(train["sizes"]) <= definition.bound_for(used.name)


def test_algorithms_of_boards_are_registered() -> None:
    known = {entry.name for entry in registry().entries(Kind.ALGORITHM)}
    for folder in BOARDS.values():
        assert set(folder.definition.algorithms) <= known
