"""What a board refuses, each with its reason; and what is wrong in boards and submissions themselves."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from leaderboard.made_board import make_boards, make_definition, record_of, submission_of

from nar_bench.errors import BoardError, UnknownName
from nar_bench.leaderboard.definition import Definition, find_boards, read_definition
from nar_bench.leaderboard.load import load_board
from nar_bench.leaderboard.rules import flaws, refusals
from nar_bench.leaderboard.submission import Submission, read_submission

NAMES = ["bfs", "dijkstra"]
Content = dict[str, Any]


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    return make_definition(tmp_path, {"Graphs": NAMES}, [0, 1])


def whole() -> Content:
    rng = random.Random(0)
    records = [
        record_of(10 * i + seed + 1, "mine", name, seed, 0.8, rng) for i, name in enumerate(NAMES) for seed in (0, 1)
    ]
    return copy.deepcopy(submission_of("team", records))


def test_a_whole_submission_is_taken(definition: Definition) -> None:
    submission = Submission.model_validate(whole())
    assert refusals(definition, submission) == []
    assert flaws(submission) == []


def edit(change: Callable[[Content], None]) -> Content:
    made = whole()
    change(made)
    return made


def other_suite(made: Content) -> None:
    made["records"][0]["suite"]["version"] = 2


def dropped_seed(made: Content) -> None:
    del made["records"][3]


def dropped_everywhere(made: Content) -> None:
    made["records"] = [one for one in made["records"] if one["seed"] == 0]


def trained_beyond(made: Content) -> None:
    made["records"][0]["config"]["train"]["sizes"] = [4, 64]


def trained_beyond_for_one(made: Content) -> None:
    made["records"][0]["config"]["algorithms"]["bfs"]["train"] = {"sizes": [64]}


def selected_beyond(made: Content) -> None:
    made["records"][0]["config"]["train"] |= {"select": "best", "validation_size": 64}


def trained_otherwise_than_said(made: Content) -> None:
    made["records"][0]["training"]["sizes"]["bfs"] = [64]


def another_seed_of_tests(made: Content) -> None:
    made["records"][0]["config"]["evaluate"]["seed"] = 1


def fewer_tests(made: Content) -> None:
    for score in made["records"][0]["scores"]:
        score["count"] = 3


def easier_tests(made: Content) -> None:
    made["records"][0]["config"]["algorithms"]["bfs"]["evaluate_shift"] = {"p": 0.9}


def a_stranger(made: Content) -> None:
    made["records"][0]["algorithms"][0]["name"] = "sleep_sort"


def twice(made: Content) -> None:
    made["records"].append(made["records"][0])


def a_seed_twice(made: Content) -> None:
    made["records"].append({**made["records"][0], "trial": "f" * 16})


def taken_out(made: Content) -> None:
    made["files"] = {"e" * 16: {"weights": None, "predictions": "0" * 64}}


def another_board(made: Content) -> None:
    made["board"] = "elsewhere"


def a_missing_size(made: Content) -> None:
    made["records"][0]["scores"] = [one for one in made["records"][0]["scores"] if one["size"] != 32]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (other_suite, "it is of invented 2; this board is of invented 1, and versions never mix"),
        (dropped_seed, "mine (hints) on dijkstra: seed 1 is missing, which it has on other algorithms"),
        (dropped_everywhere, "it lacks bfs seed 1, dijkstra seed 1; run what is missing, or submit with --incomplete"),
        (trained_beyond, "bfs was trained at n = 64; on this board sizes above 16 are for the test alone"),
        (trained_beyond_for_one, "bfs was trained at n = 64"),
        (selected_beyond, "the weights of bfs were selected at n = 64; on this board sizes above 16 are for the test"),
        (trained_otherwise_than_said, "bfs was trained at n = 64"),
        (another_seed_of_tests, "its test instances are of seed 1; this board's are of seed 0"),
        (fewer_tests, "bfs was tested on 3 instances; this board asks for 4"),
        (easier_tests, "bfs was tested at {'p': 0.9}, which is not this board's"),
        (a_stranger, "sleep_sort is no algorithm of this board"),
        (twice, "it is there more than once; leave one"),
        (a_seed_twice, "mine (hints) on bfs: seed 0 is there more than once"),
        (taken_out, "the submission lists its files but has no record of it; a record was taken out"),
        (another_board, "it is for the board elsewhere, not for invented"),
        (a_missing_size, "mine (hints): it lacks bfs seed 0"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_with_its_reason(
    definition: Definition, change: Callable[[Content], None], says: str
) -> None:
    submission = Submission.model_validate(edit(change))
    assert any(says in one for one in refusals(definition, submission)), refusals(definition, submission)


def test_an_open_track_asks_nothing_of_sizes(definition: Definition) -> None:
    made = whole()
    for record in made["records"]:
        record["config"]["train"]["sizes"] = [4, 64]
    submission = Submission.model_validate(made)
    assert len(refusals(definition, submission)) == 4
    assert refusals(definition.model_copy(update={"track": "open"}), submission) == []


def test_what_says_that_it_is_incomplete_is_taken(definition: Definition) -> None:
    submission = Submission.model_validate({**edit(dropped_everywhere), "incomplete": True})
    assert refusals(definition, submission) == []


def test_a_failed_trial_is_a_seed_that_is_missing(definition: Definition) -> None:
    made = whole()
    made["records"][0] |= {
        "state": "failed",
        "scores": [],
        "error": {"type": "E", "message": "it broke", "traceback": ""},
    }
    assert any("seed 0" in one for one in refusals(definition, Submission.model_validate(made)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("track =", "trakc =", "trakc: Extra inputs are not permitted"),
        ('title = "Invented"\n', "", "title: Field required"),
        ("size = 64", "size = 128", "size: got 128; it must be one of sizes"),
        ("seeds = [0, 1]", "seeds = [0, 0]", "seeds: got [0, 0]; each seed once"),
        ('["bfs", "dijkstra"]', '["bfs", "bfs"]', "bfs stands in more than one place"),
        ("count = 4", "count = 4\ncount_of = { dfs = 3 }", "test.count_of: dfs is in no category of this board"),
        ("count = 4", "count = 0", "test.count: Input should be greater than or equal to 1"),
        ('name = "invented"\ntitle', 'name = "../up"\ntitle', "name: String should match pattern"),
        ('name = "invented"\ntitle', 'name = "other"\ntitle', "name is 'other', but its folder is 'invented'"),
        ("[test]", "[test", "cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_board_is_refused_with_the_place(
    tmp_path: Path, definition: Definition, old: str, new: str, says: str
) -> None:
    file = tmp_path / "invented" / "board.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        read_definition(file)
    assert says in str(caught.value)


def test_unknown_boards_are_named_and_a_folder_without_boards_says_so(tmp_path: Path) -> None:
    make_boards(tmp_path / "boards", methods=2)
    with pytest.raises(UnknownName, match="board 'inveted' is not known. Did you mean 'invented'"):
        find_boards(["inveted"], tmp_path / "boards")
    with pytest.raises(BoardError, match="no such folder of boards"):
        find_boards(folder=tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BoardError, match="there is no board in it"):
        find_boards(folder=tmp_path / "empty")


def test_a_submission_comes_back_as_it_was(tmp_path: Path) -> None:
    submission = Submission.model_validate(whole())
    submission.write(tmp_path / "team.json")
    again = read_submission(tmp_path / "team.json")
    assert again == submission
    assert again.to_json() == submission.to_json()
    assert len((tmp_path / "team.json").read_text().splitlines()) == len(
        json.dumps({key: value for key, value in whole().items() if key != "records"}, indent=1).splitlines()
    ) - 1 + 2 + len(whole()["records"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: made.update(state="verified"), "its state is verified, but the last verification says claimed"),
        (lambda made: made.update(schema=2), "schema: Input should be 1"),
        (lambda made: made.update(name="../../etc/passwd"), "name: String should match pattern"),
        (lambda made: made.update(records=[]), "records: List should have at least 1 item"),
        (lambda made: made["records"][1].pop("scores"), "records.1.scores: Field required"),
        (lambda made: made["records"][0]["scores"][0].update(value="1"), "records.0.scores.0.value: Input should"),
        (lambda made: made.update(extra=1), "extra: Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_a_malformed_submission_is_refused_with_the_field(
    tmp_path: Path, change: Callable[[Content], None], says: str
) -> None:
    made = whole()
    change(made)
    (tmp_path / "team.json").write_text(json.dumps(made))
    with pytest.raises(BoardError) as caught:
        read_submission(tmp_path / "team.json")
    assert says in str(caught.value)


def test_records_of_earlier_schemas_are_read(tmp_path: Path) -> None:
    made = whole()
    for record in made["records"]:
        record["schema"] = 2
        del record["memory"]
    (tmp_path / "team.json").write_text(json.dumps(made))
    assert read_submission(tmp_path / "team.json").records[0].schema_version == 3


def test_a_damaged_file_among_results_is_named_and_the_others_stand(tmp_path: Path) -> None:
    make_boards(tmp_path, methods=3, per_submission=1)
    results = tmp_path / "invented" / "results"
    (results / "broken.json").write_text("{")
    (results / "moved.json").write_text((results / "team-0.json").read_text())
    (folder,) = find_boards(folder=tmp_path)
    board = load_board(folder).board
    assert len(board.rows) == 3
    assert any("broken.json: the file: Invalid JSON" in one for one in board.refused)
    assert any("its name is 'team-0'; the file says 'moved'" in one for one in board.refused)
