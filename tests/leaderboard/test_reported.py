"""Published numbers: each with its source, beside ours and never among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from leaderboard.made_board import make_boards
from leaderboard.test_pages import read
from made_records import record

from nar_bench.errors import BoardError
from nar_bench.leaderboard.board import make_board
from nar_bench.leaderboard.build import build_run
from nar_bench.leaderboard.definition import find_boards
from nar_bench.leaderboard.derived import boards_of
from nar_bench.leaderboard.load import load_board
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.leaderboard.pages import algorithm_page, board_page
from nar_bench.leaderboard.reported import Reported, read_reported, shipped_reported
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.results.store import Store

MADE_UP = Reported(
    "algorithm", "nar-bench/bfs", "A <b> model", "score", "own", 64, "12.30", "0.4", "of three", "X 1999",
    "otherwise", "Table 7"
)  # fmt: skip
HEADER = "kind,name,model,metric,point,size,percent,spread,spread_is,paper,protocol,source\n"


def test_a_number_is_shown_with_all_that_belongs_to_it_and_no_markup() -> None:
    (board,) = boards_of([record(1)], [MADE_UP])
    text = to_markdown(board)
    for part in ("A &lt;b&gt; model", "0.1230 ± 0.0040", "of three", "X 1999", "otherwise", "Table 7", "never ranked"):
        assert part in text
    (shown,) = algorithm_page(board, "bfs")["reported"]
    assert (shown["model"], shown["score"], shown["value"]) == ("A <b> model", "0.1230 ± 0.0040", pytest.approx(0.123))


def test_it_is_no_row_no_rank_and_in_no_average(tmp_path: Path) -> None:
    (folder,) = find_boards(folder=make_boards(tmp_path, methods=4))
    loaded = load_board(folder)
    best = Reported("algorithm", "nar-bench/bfs", "Best", "score", "own", 64, "100", "", "", "X", "otherwise", "Y")
    entries = [row.entry for row in loaded.board.rows]
    with_it, without = make_board(folder.definition, entries, [best]), make_board(folder.definition, entries)
    assert with_it.rows == without.rows
    assert with_it.groups == without.groups
    assert board_page(with_it)["rows"] == board_page(without)["rows"]


def test_only_the_algorithm_itself_is_given_it() -> None:
    theirs = {
        "name": "bfs",
        "id": "other/bfs",
        "version": 1,
        "distribution": "other",
        "distribution_version": "1",
        "source_hash": "0" * 16,
    }
    (board,) = boards_of([record(1, algorithms=[theirs])], [MADE_UP])
    assert board.reported == ()
    (board,) = boards_of([record(1), record(2, "dfs")], [MADE_UP])
    assert [len(algorithm_page(board, name)["reported"]) for name in ("bfs", "dfs")] == [1, 0]


def test_a_folder_has_the_numbers_that_are_shipped(tmp_path: Path) -> None:
    Store(tmp_path).write(record(1))
    build_run(Store(tmp_path), tmp_path / "board")
    assert "0.9973 ± 0.0004" in (tmp_path / "board" / "board.md").read_text()
    _, data = read(tmp_path / "board" / "algorithms" / "bfs.html")
    assert "0.9973 ± 0.0004" in json.dumps(data["reported"], ensure_ascii=False)


def test_the_shipped_numbers_are_of_our_algorithms_and_each_stands_once() -> None:
    numbers = shipped_reported(["clrs30", "salsa"])
    known = {entry.id for entry in registry().entries(Kind.ALGORITHM)}
    assert {one.name for one in numbers if one.kind == "algorithm"} <= known
    keys = [(one.kind, one.name, one.model, one.metric, one.point, one.size, one.paper) for one in numbers]
    assert len(set(keys)) == len(keys)
    assert all("arXiv" in one.source or "AAAI" in one.source for one in numbers)
    categories = find_boards(["clrs30"])[0].definition.categories
    assert {one.name for one in numbers if one.kind == "category"} == set(categories)


def test_the_two_averages_of_triplet_gmpnn_are_the_published_ones() -> None:
    """Ibarz et al. 2022 print 75.98 over the thirty and 74.14 over the eight; both follow from numbers beside them."""
    numbers = [
        one for one in shipped_reported(["clrs30"]) if (one.model, one.paper) == ("Triplet-GMPNN", "Ibarz et al. 2022")
    ]
    by_kind = {
        kind: [float(one.percent) for one in numbers if one.kind == kind] for kind in {one.kind for one in numbers}
    }
    assert (len(by_kind["algorithm"]), len(by_kind["category"])) == (30, 8)
    assert sum(by_kind["algorithm"]) / 30 == pytest.approx(by_kind["mean over algorithms"][0], abs=0.005)
    assert sum(by_kind["category"]) / 8 == pytest.approx(by_kind["mean over categories"][0], abs=0.005)
    definition = find_boards(["clrs30"])[0].definition
    single = {one.algorithm: float(one.percent) for one in numbers if one.kind == "algorithm"}
    printed = {one.name: float(one.percent) for one in numbers if one.kind == "category"}
    for category, names in definition.categories.items():
        assert sum(single[name] for name in names) / len(names) == pytest.approx(printed[category], abs=0.01)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("algorithm,a/b,M,score,own,64,12,,,P,Q", "line 2: it does not have 12 values"),
        ("algorithm,a/b,M,score,own,64,12,,,P,Q,S,T", "line 2: it does not have 12 values"),
        ("algorithm,a/b,M,score,own,64,twelve,,,P,Q,S", "line 2: could not convert string to float: 'twelve'"),
        ("algorithm,a/b,M,score,own,64,120,,,P,Q,S", "line 2: a percentage is needed"),
        ("algorithm,a/b,M,score,own,n,12,,,P,Q,S", "line 2: invalid literal for int"),
        ("algorithm,a/b,M,score,own,64,12,,,P,Q,", "line 2: 'source' is empty; every number needs one"),
        ("algorithm,,M,score,own,64,12,,,P,Q,S", "line 2: 'name' is empty; every number needs one"),
        ("rumour,a/b,M,score,own,64,12,,,P,Q,S", "line 2: kind is 'rumour'; it must be one of algorithm"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "reported.csv"
    file.write_text(f"{HEADER}{line}\n")
    with pytest.raises(BoardError, match=says):
        list(read_reported(file))


def test_other_columns_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "reported.csv"
    file.write_text("algorithm,score\nbfs,1\n")
    with pytest.raises(BoardError, match="they must be kind, name, model"):
        list(read_reported(file))
    with pytest.raises(BoardError, match="cannot be read"):
        list(read_reported(tmp_path / "nowhere.csv"))
