"""Boards: what is ranked, what stands apart, and that no mean is taken over what happens to be there."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from leaderboard.made_board import make_boards, make_definition, record_of
from made_records import record, together

from nar_bench.leaderboard.board import FLAGGED, INCOMPLETE, RANKED, REFUTED, Board, make_board
from nar_bench.leaderboard.definition import Definition, find_boards
from nar_bench.leaderboard.derived import boards_of
from nar_bench.leaderboard.entries import entries_of_lines
from nar_bench.leaderboard.load import load_board
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.leaderboard.pages import board_page
from nar_bench.results.record import Record
from nar_bench.results.summary import summarise
from nar_bench.statistics.mean_difference import on_these_algorithms
from nar_bench.statistics.size_curve import n90
from nar_bench.statistics.solve_rate import wilson

ALGORITHMS = {"Graphs": ["bfs", "dijkstra", "mst_prim"], "Sorting": ["insertion_sort"]}
NAMES = [name for names in ALGORITHMS.values() for name in names]


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    return make_definition(tmp_path, ALGORITHMS, [0, 1, 2])


def method(name: str, skill: float, start: int = 0, seeds: tuple[int, ...] = (0, 1, 2)) -> list[dict[str, Any]]:
    rng = random.Random(start)
    return [
        record_of(start + 10 * i + seed, name, algorithm, seed, skill, rng)
        for i, algorithm in enumerate(NAMES)
        for seed in seeds
    ]


def board_of(definition: Definition, records: list[dict[str, Any]], state: str = "claimed") -> Board:
    made = [Record.model_validate(one) for one in records]
    return make_board(definition, entries_of_lines(summarise(made), made, "own", "team", state))


def test_the_better_method_is_ranked_first_with_the_statistics_of_nar_bench_rank(definition: Definition) -> None:
    good, poor = method("good", 0.9), method("poor", 0.5, 1000)
    board = board_of(definition, [*poor, *good])
    assert [(row.entry.method, row.standing) for row in board.rows] == [
        ("good (hints)", RANKED),
        ("poor (hints)", RANKED),
    ]
    first, second = board.rows
    assert first.rank is not None
    assert second.rank is not None
    assert (first.rank.low, first.rank.high, second.rank.low, second.rank.high) == (1, 1, 2, 2)
    assert len(board.groups) == 2
    values = {
        name: [
            s["value"]
            for r in good
            for s in r["scores"]
            if (s["algorithm"], s["size"], s["metric"]) == (name, 64, "score")
        ]
        for name in NAMES
    }
    expected = on_these_algorithms(values)
    assert first.mean
    assert (first.mean.value, first.mean.low) == pytest.approx((expected.value, expected.low))
    assert first.averages["4 algorithms"] == pytest.approx(fmean(fmean(of) for of in values.values()))
    graphs = fmean(fmean(values[name]) for name in ALGORITHMS["Graphs"])
    assert first.averages["2 categories"] == pytest.approx((graphs + fmean(values["insertion_sort"])) / 2)
    all_values = [one for of in values.values() for one in of]
    assert first.solved == wilson(sum(one >= 0.99 for one in all_values), len(all_values))
    assert first.reach == n90(first.curve, 16)
    assert first.curve[64][1] == pytest.approx(fmean(of[1] for of in values.values()))


def test_two_averages_order_methods_differently_and_the_board_says_which_it_ranks(definition: Definition) -> None:
    wide = method("wide", 0.8)
    deep = [
        record_of(2000 + 10 * i + seed, "deep", name, seed, 0.98 if name == "insertion_sort" else 0.7, random.Random(i))
        for i, name in enumerate(NAMES)
        for seed in (0, 1, 2)
    ]
    by_algorithm = board_of(definition, [*wide, *deep])
    by_category = board_of(definition.model_copy(update={"pooling": "categories"}), [*wide, *deep])
    assert [row.entry.method for row in by_algorithm.rows] == ["wide (hints)", "deep (hints)"]
    assert [row.entry.method for row in by_category.rows] == ["deep (hints)", "wide (hints)"]
    assert "the mean over 4 algorithms" in to_markdown(by_algorithm)
    assert "the mean over 2 categories" in to_markdown(by_category)


def drop_a_seed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in records if (one["algorithms"][0]["name"], one["seed"]) != ("dijkstra", 2)]


def drop_an_algorithm(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in records if one["algorithms"][0]["name"] != "dijkstra"]


def drop_a_size(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **one,
            "scores": [
                s for s in one["scores"] if not (one["seed"] == 2 and s["algorithm"] == "dijkstra" and s["size"] == 32)
            ],
        }
        for one in records
    ]


@pytest.mark.parametrize("lack", [drop_a_seed, drop_an_algorithm, drop_a_size])
def test_an_incomplete_method_stands_apart_and_has_no_mean_however_good_its_cells_are(
    definition: Definition, lack: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    board = board_of(definition, [*lack(method("lacking", 1.0)), *method("whole", 0.5, 1000)])
    whole, lacking = board.rows
    assert (whole.entry.method, whole.standing) == ("whole (hints)", RANKED)
    assert (lacking.standing, lacking.rank, lacking.mean, lacking.averages, lacking.curve) == (
        INCOMPLETE,
        None,
        None,
        {},
        {},
    )
    assert set(lacking.means.values()) == {None}
    assert "it lacks dijkstra seed" in lacking.why[0]
    assert whole.rank is not None
    assert whole.rank.high == 1, "what is not ranked takes no rank"
    assert "it lacks dijkstra seed" in to_markdown(board)


def test_seeds_that_the_board_does_not_ask_for_change_nothing(definition: Definition) -> None:
    plain = board_of(definition, method("mine", 0.8))
    lucky = [record_of(5000 + i, "mine", name, 9, 1.0, random.Random(i)) for i, name in enumerate(NAMES)]
    more = board_of(definition, [*method("mine", 0.8), *lucky])
    assert more.rows[0].mean == plain.rows[0].mean
    assert more.rows[0].entry.tracks["bfs"].seeds == (0, 1, 2, 9)


@pytest.mark.parametrize(
    ("metric", "value", "says"),
    [
        ("exact_match", 0.999, "exact match 0.999 is above the score"),
        ("validity", 0.0, "is above validity 0.000"),
        ("score", 1.7, "score is 1.700, which is no share"),
        ("chance_corrected", 0.999, "the score above chance is 0.9990; score and chance make"),
    ],
)
def test_impossible_numbers_are_flagged_and_not_ranked(
    definition: Definition, metric: str, value: float, says: str
) -> None:
    records = method("odd", 0.9)
    score = next(s for s in records[4]["scores"] if (s["metric"], s["size"]) == (metric, 32))
    score["value"] = value
    board = board_of(definition, [*records, *method("even", 0.5, 1000)])
    even, odd = board.rows
    assert (odd.standing, odd.rank) == (FLAGGED, None)
    assert any(says in why for why in odd.why)
    assert even.rank
    assert even.rank.high == 1
    assert any(says in why for row in board_page(board)["rows"] for why in row["why"])


def test_possible_numbers_are_not_flagged(definition: Definition) -> None:
    assert all(row.standing == RANKED for row in board_of(definition, method("mine", 0.9)).rows)


def test_a_refuted_submission_stands_with_its_findings_and_is_not_ranked(definition: Definition) -> None:
    board = board_of(definition, method("mine", 0.9), state="refuted")
    assert (board.rows[0].standing, board.rows[0].rank) == (REFUTED, None)


def test_chance_and_oracle_stand_on_every_board_empty_ones_too(definition: Definition) -> None:
    for board in (board_of(definition, method("mine", 0.9)), make_board(definition, [])):
        text = to_markdown(board)
        assert "chance | " in text
        assert "| oracle | 1.000" in text
    filled = board_of(definition, method("mine", 0.9))
    assert filled.chance["bfs"] == {16: 0.05, 32: 0.05, 64: 0.05}
    assert filled.chance_means == pytest.approx({"4 algorithms": 0.05, "2 categories": 0.05})


def test_methods_of_one_name_in_two_submissions_stay_apart(definition: Definition) -> None:
    made = [Record.model_validate(one) for one in method("same", 0.8)]
    entries = [
        entry for team in ("a", "b") for entry in entries_of_lines(summarise(made), made, "own", team, "claimed")
    ]
    board = make_board(definition, entries)
    assert sorted(row.entry.submission for row in board.rows) == ["a", "b"]
    assert len({row.entry.key for row in board.rows}) == 2
    assert len(board.groups) == 1, "equal methods are not told apart"


def test_another_version_of_the_suite_is_refused_and_never_mixes(tmp_path: Path) -> None:
    make_boards(tmp_path, methods=2)
    file = next((tmp_path / "invented" / "results").glob("*.json"))
    file.write_text(
        file.read_text().replace(
            '"suite": {"name": "invented", "version": 1}', '"suite": {"name": "invented", "version": 2}', 1
        )
    )
    (folder,) = find_boards(folder=tmp_path)
    board = load_board(folder).board
    assert any(
        "it is of invented 2; this board is of invented 1, and versions never mix" in one for one in board.refused
    )
    assert all(row.entry.submission != file.stem for row in board.rows)


def test_a_folder_with_two_versions_makes_two_boards() -> None:
    newer = record(2, suite={"name": "invented", "version": 2})
    boards = boards_of([record(1), newer])
    assert [(one.definition.suite.version, len(one.rows)) for one in boards] == [(1, 1), (2, 1)]


def test_a_board_of_a_folder_ranks_what_most_of_its_methods_have() -> None:
    records = [record(10 * i + seed, "bfs", name, seed) for i, name in enumerate("ab") for seed in (0, 1)]
    records += [record(100, "bfs", "b", 2), record(101, "dijkstra", "a", 0), record(102, "dijkstra", "b", 0)]
    (board,) = boards_of(records)
    assert (board.definition.seeds, board.definition.size, board.definition.algorithms) == (
        [0],
        64,
        ["bfs", "dijkstra"],
    )
    assert [row.standing for row in board.rows] == [RANKED, RANKED]


def test_algorithms_with_errors_are_ranked_by_exact_match_in_a_folder() -> None:
    made = record(1)
    added = [made.scores[0].model_copy(update={"metric": "score/y"})]
    (board,) = boards_of([made.model_copy(update={"scores": [*made.scores, *added]})])
    assert board.definition.metric == "exact_match"


def test_trials_of_several_algorithms_make_a_board_with_shared_seeds() -> None:
    made = [together(seed + 1, "bfs", "dfs", processor="mpnn", seed=seed) for seed in (0, 1, 2)]
    (board,) = boards_of(made)
    assert board.definition.together
    (row,) = board.rows
    assert row.standing == RANKED
    assert row.mean
    assert row.mean.reason.startswith("all 3 seeds are equal"), "one number for each seed, not one for each network"
    assert len(row.entry.records) == 3
